"""Builds a Route from what a framework's module found: guards joined, effects worked out, public reason given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Location, Parameter, Route
from vibeaudit.survey import asked_fields
from vibeaudit.survey import effects as doing
from vibeaudit.survey import guards as guarding
from vibeaudit.survey.classes import Lineage
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.javascript import parameters as script_parameters
from vibeaudit.survey.public_reasons import public_reason
from vibeaudit.survey.python import parameters as python_parameters

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a route is registered, and what runs. `handler` is None when it cannot be followed."""

    framework: str
    methods: tuple[str, ...]
    path: str
    module: Module
    node: Node  # the registration: the call, the decorator, the exported function
    handler: Function | None
    handler_module: Module | None = None
    handler_node: Node | None = None  # a handler that is no function of its own
    guards: tuple[Guard, ...] = ()
    handler_name: str = ""
    parameters: tuple[Parameter, ...] = ()  # those that the framework's module knows of
    effects: frozenset[str] = frozenset()  # those that the framework's own classes have
    signature: bool = False  # whether the handler's own parameters are read from the request
    given: frozenset[str] = frozenset()  # those of them that the framework fills in
    personal: frozenset[str] = frozenset()  # the kinds that the declared answer holds
    asked: frozenset[str] = frozenset()  # the kinds that the declared body holds
    public: str = ""  # why it may be open to everybody, when the framework's module knows
    by_header: bool = False  # whether callers are known by a header that no other site's page can send
    parser: Node | None = None  # where the values that are taken are declared, outside the handler


def route(project: Project, entry: Entry) -> Route:
    """The route of an entry."""
    home = entry.handler_module or entry.module
    body = entry.handler.node if entry.handler else entry.handler_node
    does, inside = doing.Doing(), guarding.Reading()
    if entry.handler is not None:
        does = doing.of_function(project, home, entry.handler)
        inside = guarding.in_function(project, home, entry.handler)
    elif body is not None:
        does, inside = doing.of_node(project, home, body), guarding.in_node(project, home, body)
    text = text_of(body) if body is not None else ""
    effects = does.effects | entry.effects
    forms = asked_fields.forms_in(project, home, entry.handler) if entry.handler and home.kind == "python" else []
    limits = asked_fields.limits_of(project, forms)
    guards = joined((*entry.guards, *inside.guards, *limits))
    reason = entry.public or public_reason(entry.path, entry.methods, guards, effects, text, entry.asked)
    reads = set(entry.methods) <= {"GET", "HEAD"} or (entry.methods == ("ANY",) and "POST" not in text)
    if reason == "login" and not reads:  # it asks who somebody is: that is no guard against strangers
        guards = joined((*entry.guards, *(g for g in inside.guards if g.kind not in _WHO), *limits))
    if reason == "login":
        guards = tuple(g for g in guards if g.how != "sign-in")
    return Route(
        framework=entry.framework,
        methods=entry.methods,
        path=entry.path or "/",
        handler=entry.handler_name or (entry.handler.name if entry.handler else ""),
        location=first_line(entry.module, entry.node),
        guards=guards,
        parameters=_parameters(entry, text, body),
        effects=effects,
        personal_data=does.personal | entry.personal | _asked(entry, forms),
        public_reason=reason,
        by_header=entry.by_header,
        body=home.file.locate(body) if body is not None else None,
    )


_WHO = frozenset(("authentication", "authorization"))
_SHOWS = frozenset(("GET", "ANY", "QUERY"))


def _asked(entry: Entry, forms: list[Lineage]) -> frozenset[str]:
    """What the forms of a route ask for; a page that shows an empty form holds none of it."""
    return frozenset() if set(entry.methods) & _SHOWS else asked_fields.kinds_of(forms) | entry.asked


def first_line(module: Module, node: Node) -> Location:
    """The location of a registration, cut to its first line."""
    end = module.file.data.find(b"\n", node.start_byte)
    end = node.end_byte if end == -1 else min(end, node.end_byte)
    return module.file.at(node.start_byte, max(node.start_byte, end))


def joined(guards: Iterable[Guard]) -> tuple[Guard, ...]:
    """Each guard once, in a fixed order."""
    seen = {(g.kind, g.name, str(g.location.path), g.location.line): g for g in guards}
    return tuple(seen[k] for k in sorted(seen))


_TYPES = r"(?:int|float|path|re|str|string|uuid|slug|ymd|ext|alpha|number)"
_PATH_PARAM = re.compile(
    rf"<(\w+):{_TYPES}(?::[^>]*)?>|"  # Bottle and Sanic put the name first
    r":(\w+)|\[\[?\.{0,3}(\w+)\]?\]|\{(\w+)(?::\w+)?\}|<(?:\w+:)?(\w+)>"
)


def _parameters(entry: Entry, text: str, body: Node | None) -> tuple[Parameter, ...]:
    found = {Parameter(next(g for g in m.groups() if g), "path") for m in _PATH_PARAM.finditer(entry.path)}
    found |= set(entry.parameters)
    if entry.module.kind == "python":
        found |= python_parameters.taken(text, text_of(entry.parser))
        if entry.signature and entry.handler:
            found |= python_parameters.declared(
                entry.handler, {p.name for p in found if p.source == "path"} | entry.given
            )
        typed = {(p.source, p.name) for p in found if p.type}
        found -= {p for p in found if not p.type and (p.source, p.name) in typed}
        return tuple(sorted(found, key=lambda p: (p.source, p.name, p.type)))
    if body is not None:
        found |= script_parameters.taken(entry.handler_module or entry.module, body).parameters
        on_path = {p.name for p in found if p.source == "path"}
        typed = {(p.source, p.name) for p in found if p.type}
        found -= {p for p in found if p.source != "path" and p.name in on_path}
        found -= {p for p in found if not p.type and (p.source, p.name) in typed}
    return tuple(sorted(found, key=lambda p: (p.source, p.name, p.type)))
