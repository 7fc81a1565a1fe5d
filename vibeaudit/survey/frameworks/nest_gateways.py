"""Gateways of NestJS: a class that clients reach over a socket. Guards of HTTP controllers do not stand before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Klass, Module, text_of
from vibeaudit.survey.guards import nest as nest_guards
from vibeaudit.survey.javascript import nest_parameters

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"@WebSocketGateway\b")
_ADAPTER = re.compile(rb"extends\s+(?:\w*IoAdapter|WsAdapter|RedisIoAdapter)\b")
_CHECKS = re.compile(r"\bverify\w*\(|\bauthenticate\w*\(|allowRequest|\.use\(")
# what the connection of a client passes through first
_FIRST = frozenset(("handleConnection", "afterInit"))


def routes(project: Project) -> Iterator[Route]:
    """One a gateway, at its class; its events are what it does."""
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        for klass in module.classes:
            decorator = next((d for d in klass.decorators if "WebSocketGateway" in text_of(d)[:40]), None)
            if decorator is not None:
                yield _of_gateway(project, module, klass, decorator)


def _of_gateway(project: Project, module: Module, klass: Klass, decorator: Node) -> Route:
    methods = [f for f in module.functions if f.owner == klass.name]
    events = [f for f in methods if any("SubscribeMessage" in text_of(d)[:40] for d in f.decorators)]
    parameters = {p for f in events for p in _sent(project, module, f)}
    return entries.route(
        project,
        entries.Entry(
            "nest-gateway",
            ("SOCKET",),
            f"/socket ({klass.name})",
            module,
            decorator,
            None,
            module,
            klass.node,
            tuple(_guards(project, module, klass, methods, events)),
            klass.name,
            tuple(sorted(parameters, key=lambda p: (p.source, p.name, p.type))),
        ),
    )


def _sent(project: Project, module: Module, function: Function) -> Iterator[Parameter]:
    """What a client sends with an event."""
    yield from nest_parameters.of_method(project, module, function)
    for param in function.params:
        if "Socket" not in param.type and param.name.isidentifier():
            yield Parameter(param.name, "body")


def _guards(
    project: Project, module: Module, klass: Klass, methods: list[Function], events: list[Function]
) -> Iterator[Guard]:
    yield from nest_guards.of_decorators(project, module, klass.decorators)
    own = [nest_guards.of_decorators(project, module, f.decorators) for f in events]
    if own and all(any(g.kind == "authentication" for g in guards) for guards in own):
        yield from own[0]
    for function in methods:
        if function.name in _FIRST:
            yield from guarding.in_function(project, module, function).guards
            if re.search(r"\.disconnect\(|\bnext\(\s*new\b|\bthrow\b", text_of(function.body)) and _CHECKS.search(
                text_of(function.body)
            ):
                yield Guard("authentication", "call", function.name, module.file.locate(function.node))
    for adapter in project.hinted(_ADAPTER, *javascript.LANGUAGES):
        if _CHECKS.search(adapter.file.text):
            yield Guard("authentication", "middleware", "adapter", module.file.locate(klass.node))
