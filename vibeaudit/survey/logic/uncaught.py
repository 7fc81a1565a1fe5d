"""Async handlers of Express 4 whose promise nobody looks at: when it is rejected, Node.js ends the process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\basync\b[^\n]{0,80}\b_?req(?:uest)?\b")
# Express 5 hands what an async handler throws to its error handler
_OLD = re.compile(rb"\"express\"\s*:\s*\"[~^>=v\s]*[1-4](?:\.|\")")
# somebody catches for all: a package, a wrapper of the app's own, or the process itself
_CAUGHT = re.compile(
    rb"(?i)express-async-|async_?handler|catch_?async|wrap_?async|async_?wrap|async_?error|catch_?err|try_?catch"
    rb"|['\"](?:unhandledRejection|uncaughtException)['\"]"
)
_SAID = re.compile(r"\breq(?:uest)?\.(?:body|params|query|file|files)\b")
_TAKEN = re.compile(
    r"(?:\b(\w+)|\{([^{}=]{1,400})\})\s*(?::[^=\n]{1,80})?=\s*req(?:uest)?\.(?:body|params|query|files?)\b"
)
_REGISTERS = frozenset("get post put patch delete all use route".split())


def uncaught(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The first such handler of an app that awaits something which what the caller sends can make fail."""
    if "uncaught" in project.memory or not _ends_process(project):
        return
    for function in module.functions:
        if _handles(module, function) and (call := _fails(module, function)) is not None:
            project.memory["uncaught"] = function.key
            yield "ends the process when it fails", call.node, function.name
            return


def _ends_process(project: Project) -> bool:
    return project.manifests_say(_OLD) and not project.says(_CAUGHT, "javascript", "typescript", "json")


def _handles(module: Module, function: Function) -> bool:
    """An async function of a request and a response that is handed to a router, or kept under a name to be."""
    names = [p.name.lstrip("_") for p in function.params[:2]]
    if len(names) < 2 or names[0] not in ("req", "request") or names[1] not in ("res", "response"):
        return False
    if not text_of(function.node).lstrip("(").startswith(("async", "export async", "export default async")):
        return False
    around = function.node.parent
    if around is None or around.type != "arguments" or around.parent is None:
        return True
    call = module.call_at(around.parent)
    return call is not None and call.last in _REGISTERS


def _fails(module: Module, function: Function) -> Call | None:
    """The first call that is awaited outside of `try`, is given what the caller sends, and has no `.catch()`."""
    taken = {
        name.split(":")[-1].strip()
        for one, several in _TAKEN.findall(module.code_in(function.body))
        for name in (one, *several.split(","))
        if name.strip()
    }
    for call in module.calls_in(function.body):
        outer = call.node.parent
        if outer is None or outer.type != "await_expression" or ".catch(" in text_of(call.node):
            continue
        given = " ".join(map(text_of, call.args))
        if (_SAID.search(given) or taken & set(re.findall(r"\w+", given))) and not _tried(call.node, function.body):
            return call
    return None


def _tried(node: Node, body: Node) -> bool:
    above = node.parent
    while above is not None and above.id != body.id:
        if above.type == "try_statement" and node.start_byte < _block_end(above):
            return True
        above = above.parent
    return False


def _block_end(statement: Node) -> int:
    block = statement.child_by_field_name("body")
    return block.end_byte if block is not None else statement.end_byte
