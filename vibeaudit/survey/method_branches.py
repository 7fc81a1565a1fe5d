"""A handler that looks at the method itself, as the API pages of Next.js do: each `case "DELETE":` of it is a route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.entry import Entry
from vibeaudit.survey.javascript import parameters as script_parameters

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

METHOD = re.compile(r"\bmethod\b\s*(?P<is>[!=]==?)\s*['\"](?P<name>[A-Z]+)['\"]|\bcase\s+['\"](?P<case>[A-Z]+)['\"]")
_ASKED = re.compile(r"\bmethod\b")
_NAMES = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE"))


@dataclass(frozen=True, slots=True)
class Part:
    """What a handler does for some methods: `start` is where that begins, `body` the code."""

    methods: tuple[str, ...]
    start: Node
    body: Node


def methods_of(text: str) -> tuple[str, ...]:
    """The methods that a handler tells apart, in alphabetical order."""
    return tuple(sorted({m["name"] or m["case"] for m in METHOD.finditer(text)} - {"OPTIONS", "HEAD"}))


def apart(project: Project, entry: Entry) -> Iterator[Entry]:
    """One entry for each part of a handler that tells several methods apart; else the entry itself."""
    home, function = entry.handler_module or entry.module, entry.handler
    parts = list(_parts(home, function)) if function is not None else []
    if function is None or len({m for p in parts for m in p.methods}) < 2:
        yield entry
        return
    whole = guarding.in_function(project, home, function).guards
    taken = script_parameters.taken(home, function.node).parameters
    for part in parts:
        said = set(re.findall(r"[\w-]+", text_of(part.body)))
        own = [g for g in whole if _stands_before(home, g, part, parts)]
        given: tuple[Parameter, ...] = tuple(p for p in taken if p.name in said or p.source == "path")
        called = _delegate(project, home, part)
        yield replace(
            entry, methods=part.methods, module=home, node=called.node if called else part.start, handler=called,
            handler_module=home, handler_node=None if called else part.body, guards=(*entry.guards, *own),
            parameters=(*entry.parameters, *given),
        )  # fmt: skip


def _parts(module: Module, function: Function) -> Iterator[Part]:
    if re.search(r"\bmethod\b\s*!==?\s*['\"]", text_of(function.body)):
        return  # what comes after it belongs to one method, and stands in no branch
    for branch in module.branches_in(function.body):
        found = list(METHOD.finditer(text_of(branch.condition)))
        named = tuple(dict.fromkeys(m["name"] for m in found if m["name"] in _NAMES))
        if named:
            yield Part(named, branch.node, branch.then)
    for node in _switches(function.body):
        waiting: list[str] = []
        body = node.child_by_field_name("body")
        for case in body.named_children if body is not None else ():
            name = javascript.string_of(case.child_by_field_name("value"))
            waiting += [name] if name in _NAMES else []
            if waiting and case.child_by_field_name("body") is not None:
                yield Part(tuple(waiting), case, case)
                waiting = []


def _switches(body: Node) -> Iterator[Node]:
    for child in body.named_children:
        if child.type == "switch_statement" and _ASKED.search(text_of(child.child_by_field_name("value"))):
            yield child
        elif child.type in ("try_statement", "statement_block", "if_statement", "else_clause"):
            yield from _switches(child)


def _stands_before(module: Module, guard: Guard, part: Part, parts: list[Part]) -> bool:
    """Whether a guard of the handler applies to a part: it stands in it, or before it and in no other."""
    if str(guard.location.path) != module.path:
        return False
    at, own = guard.location.line, module.file.locate(part.body)
    if own.line <= at <= own.end_line:
        return True
    others = (module.file.locate(p.body) for p in parts if p is not part)
    return at <= own.line and not any(o.line <= at <= o.end_line for o in others)


def _delegate(project: Project, module: Module, part: Part) -> Function | None:
    """`case "POST": return create(req, res)`: the function of the same file that does all the work."""
    calls = [c for c in module.calls_in(part.body) if c.args and re.fullmatch(r"_?req(?:uest)?", text_of(c.args[0]))]
    if len(calls) != 1 or len(text_of(part.body)) > 160:
        return None
    found = project.function_called(module, calls[0])
    return found[1] if found is not None and found[0] is module else None
