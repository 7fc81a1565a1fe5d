"""Tornado: lists of (pattern, handler), methods of handlers, `@authenticated`, `prepare`, XSRF cookies."""

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
from vibeaudit.survey.code import Module
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"tornado|RequestHandler|WebSocketHandler")
_HANDLER = re.compile(r"^(RequestHandler|WebSocketHandler|HTTPHandler)$")
_VERBS = ("get", "post", "put", "patch", "delete", "on_message")


def routes(project: Project) -> Iterator[Route]:
    """Each method of each handler, at every pattern that names it."""
    modules = tuple(project.hinted(_HINT, "python"))
    csrf = tuple(g for m in modules for g in _xsrf(m))
    seen: set[tuple[str, str, str]] = set()
    for module in modules:
        for pattern, handler in _pairs(module):
            owner = lineage(project, module, python.dotted(handler))
            if owner is None or not owner.inherits(_HANDLER):
                continue
            path = _path(constant(project, module, pattern))
            if (owner.home.path, owner.name, path) not in seen:
                seen.add((owner.home.path, owner.name, path))
                yield from _of_handler(project, owner, path, csrf)


def _pairs(module: Module) -> Iterator[tuple[Node, Node]]:
    """`(r"/x", Handler)`, `url(r"/x", Handler)`, `Rule(PathMatches(r"/x"), Handler)`."""
    for call in module.calls:
        if call.last in ("url", "URLSpec", "Rule") and len(call.args) > 1:
            inner = module.call_at(call.args[0])
            yield (inner.args[0] if inner and inner.args else call.args[0]), call.args[1]
        for argument in (*call.args, *call.keywords.values()):
            yield from _in_list(argument)
    for assign in module.assigns:
        yield from _in_list(assign.value)


def _in_list(node: Node) -> Iterator[tuple[Node, Node]]:
    for child in node.named_children if node.type == "list" else ():
        parts = child.named_children if child.type == "tuple" else []
        if len(parts) > 1 and parts[0].type in ("string", "concatenated_string", "binary_operator"):
            yield parts[0], parts[1]


def _path(pattern: str) -> str:
    """`/note/(?P<id>[0-9]+)$` -> `/note/{id}`."""
    number = 0

    def named(m: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return "{" + (m[1] or f"arg{number}") + "}"

    return re.sub(r"\((?:\?P<(\w+)>)?[^()]*\)", named, pattern).rstrip("$").rstrip("?") or "/"


def _xsrf(module: Module) -> Iterator[Guard]:
    for m in re.finditer(rb"xsrf_cookies['\"]?\s*[=:]\s*True", module.file.data):
        yield Guard("csrf", "middleware", "xsrf_cookies", module.file.at(m.start(), m.end()))


def _of_handler(project: Project, owner: Lineage, path: str, csrf: tuple[Guard, ...]) -> Iterator[Route]:
    standing = csrf
    if owner.method("check_xsrf_cookie"):
        standing = ()  # the app decides for itself, mostly not to ask
    for name in ("prepare", "open"):
        if found := owner.method(name):
            own = (
                *guarding.in_function(project, *found).stopping,
                *python_guards.of_decorators(project, found[0], found[1].decorators),
            )
            standing += tuple(replace(g, how="call", name=name) for g in own)
    on_class = tuple(
        g for m, k in owner.classes for d in k.decorators for g in python_guards.of_decorator(project, m, d)
    )
    for verb in _VERBS:
        if method := owner.method(verb):
            home, function = method
            own = python_guards.of_decorators(project, home, function.decorators)
            methods = ("WEBSOCKET",) if verb == "on_message" else (verb.upper(),)
            yield entries.route(
                project,
                entries.Entry(
                    "tornado", methods, path, home, definition(function.node), function, home,
                    guards=(*standing, *on_class, *own), handler_name=f"{owner.name}.{verb}",
                ),
            )  # fmt: skip
