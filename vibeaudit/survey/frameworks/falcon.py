"""Falcon: `add_route` with resources and their responders, `@before` hooks, middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.standing import Standing, limited

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\bfalcon\b")
_SUBJECT = re.compile(r"\breq(?:uest)?\.(?:path|uri_template|relative_uri)\b")
_VERBS = ("get", "post", "put", "patch", "delete")


def routes(project: Project) -> Iterator[Route]:
    """Each responder, at the path that its resource is added at."""
    modules = tuple(project.hinted(_HINT, "python"))
    standing = tuple(s for m in modules for s in _middleware(project, m))
    for module in modules:
        for call in module.calls:
            if call.last == "add_route" and len(call.args) > 1 and (owner := _resource(project, module, call.args[1])):
                path = constant(project, module, call.args[0])
                yield from _of_resource(project, owner, path, python.string_of(call.keywords.get("suffix")), standing)


def _resource(project: Project, module: Module, node: Node) -> Lineage | None:
    """The class of `Notes()` or of a name that holds one."""
    call = module.call_at(node)
    if call is None:
        found = project.meaning(module, python.dotted(node))
        call = found.module.call_at(found.value) if found and found.value is not None else None
        module = found.module if found else module
    return lineage(project, module, call.name) if call else None


def _middleware(project: Project, module: Module) -> Iterator[Standing]:
    for call in module.calls:
        if call.last not in ("App", "API", "add_middleware"):
            continue
        given = call.keywords.get("middleware") or (
            call.args[0] if call.last == "add_middleware" and call.args else None
        )
        for node in (given.named_children if given.type in ("list", "tuple") else [given]) if given is not None else ():
            owner = _resource(project, module, node)
            for name in ("process_request", "process_resource"):
                if owner and (method := owner.method(name)):
                    found = guarding.in_function(project, *method).guards
                    guards = tuple(replace(g, how="middleware", name=owner.name) for g in found)
                    yield limited(method[0], method[1].body, guards, _SUBJECT)


def _of_resource(
    project: Project, owner: Lineage, path: str, suffix: str, standing: tuple[Standing, ...]
) -> Iterator[Route]:
    over = tuple(g for s in standing for g in s.over(path))
    on_class = tuple(g for m, k in owner.classes for d in k.decorators for g in _hook(project, m, d))
    for verb in _VERBS:
        name = f"on_{verb}_{suffix}" if suffix else f"on_{verb}"
        if method := owner.method(name):
            home, function = method
            own = tuple(g for d in function.decorators for g in _hook(project, home, d))
            yield entries.route(
                project,
                entries.Entry(
                    "falcon", (verb.upper(),), path, home, definition(function.node), function, home,
                    guards=(*over, *on_class, *own), handler_name=f"{owner.name}.{name}",
                ),
            )  # fmt: skip


def _hook(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    call: Call | None = module.call_at(node)
    if call is None or call.last != "before" or not call.args:
        return python_guards.of_decorator(project, module, node)
    guards = guarding.of_expression(project, module, call.args[0], "decorator")
    if re.search(r"admin|role|staff", text_of(call.node), re.IGNORECASE) and guards:
        return (*guards, replace(guards[0], kind="authorization"))
    return guards
