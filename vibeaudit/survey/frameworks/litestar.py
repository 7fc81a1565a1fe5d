"""Litestar: decorated handlers, controllers, routers, `guards=[...]` at every level, its JWT and session backends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.standing import Standing

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\b(?:litestar|starlite)\b")
_HANDLERS = ("get", "post", "put", "patch", "delete", "route", "websocket", "websocket_listener")
_AUTH = re.compile(r"^(?:JWTAuth|JWTCookieAuth|OAuth2PasswordBearerAuth|SessionAuth)$")
_MAX_DEPTH = 5


@dataclass(frozen=True)
class _Place:
    prefix: str
    guards: tuple[Guard, ...]


def routes(project: Project) -> Iterator[Route]:
    """Each handler; those of controllers below their controller's path, all below the routers that list them."""
    modules = tuple(project.hinted(_HINT, "python"))
    standing = tuple(s for m in modules for s in _of_backends(m))
    listings = tuple((m, c) for m in modules for c in m.calls if c.last in ("Router", "Litestar", "Starlite"))
    for module in modules:
        for function in module.functions:
            for decorator in function.decorators:
                call = module.call_at(decorator)
                if call and _is_handler(module, call):
                    yield from _handler(project, module, function, call, listings, standing)


def _is_handler(module: Module, call: Call) -> bool:
    entry = module.imports.get(call.name.split(".")[0])
    return call.last in _HANDLERS and entry is not None and entry.spec.split(".")[0] in ("litestar", "starlite")


def _of_backends(module: Module) -> Iterator[Standing]:
    """`JWTAuth[User](..., exclude=["/login"])`, once it is installed."""
    for call in module.calls:
        if _AUTH.match(call.name.split(".[]")[0].rsplit(".", 1)[-1]):
            out = re.findall(r"['\"](/?[^'\"]+)['\"]", text_of(call.keywords.get("exclude")))
            guard = Guard("authentication", "middleware", call.name.split(".")[0], module.file.locate(call.node))
            below = tuple(p if p.startswith("/") else f"/{p}" for p in out)
            yield Standing((guard,), but_below=tuple(p for p in below if p != "/"))


def _listed(project: Project, module: Module, node: Node | None) -> tuple[Guard, ...]:
    if node is None:
        return ()
    if node.type == "identifier":
        found = project.meaning(module, text_of(node))
        if found and found.value is not None and found.value.type in ("list", "tuple"):
            module, node = found.module, found.value
    return guarding.of_expression(project, module, node, "dependency") if node.named_children else ()


def _handler(
    project: Project, module: Module, function: Function, call: Call, listings: tuple[tuple[Module, Call], ...],
    standing: tuple[Standing, ...],
) -> Iterator[Route]:  # fmt: skip
    own = _listed(project, module, call.keywords.get("guards"))
    said = constant(project, module, call.args[0] if call.args else call.keywords.get("path"))
    target, prefix = function.name, ""
    if function.owner and (klass := module.by_class.get(function.owner)):
        target = function.owner
        for assign in module.assigns_in(klass.node):
            if "path" in assign.targets:
                prefix = constant(project, module, assign.value)
            elif "guards" in assign.targets:
                own = (*_listed(project, module, assign.value), *own)
    exempt = "exclude_from_auth=True" in text_of(call.node).replace(" ", "")
    for place in _places(project, module.path, target, listings, 0) or [_Place("", ())]:
        path = re.sub(r"//+", "/", f"/{place.prefix}/{prefix}/{said}").rstrip("/") or "/"
        over = () if exempt else tuple(g for s in standing for g in s.over(path))
        entry = entries.Entry(
            "litestar", _methods(call), path, module, call.node, function, module,
            guards=(*over, *place.guards, *own), signature=True, given=_given(function),
            handler_name=f"{function.owner}.{function.name}" if function.owner else function.name,
        )  # fmt: skip
        yield entries.route(project, entry)


def _places(
    project: Project, path: str, name: str, listings: tuple[tuple[Module, Call], ...], depth: int
) -> list[_Place]:
    """Where a handler, a controller or a router is listed."""
    found: list[_Place] = []
    for module, call in listings if depth < _MAX_DEPTH else ():
        node = call.keywords.get("route_handlers")
        if node is None or not any(_is(project, module, child, path, name) for child in node.named_children):
            continue
        prefix = constant(project, module, call.keywords.get("path") or (call.args[0] if call.args else None))
        own = _listed(project, module, call.keywords.get("guards"))
        held = [t for a in module.assigns if a.value.start_byte == call.node.start_byte for t in a.targets]
        above = [p for t in held for p in _places(project, module.path, t, listings, depth + 1)] or [_Place("", ())]
        found += [_Place(f"{p.prefix}/{prefix}", (*p.guards, *own)) for p in above]
    return found[:4]


def _is(project: Project, module: Module, node: Node, path: str, name: str) -> bool:
    said = python.dotted(node)
    if said.rsplit(".", 1)[-1] != name:
        return False
    if module.path == path:
        return True
    found = project.meaning(module, said)
    return found is None or found.module.path == path


def _given(function: Function) -> frozenset[str]:
    """What Litestar fills in by name, and what is injected: everything that has no plain type but `data`."""
    return frozenset(p.name for p in function.params if p.name in ("socket", "state", "scope", "headers", "cookies"))


def _methods(call: Call) -> tuple[str, ...]:
    if call.last.startswith("websocket"):
        return ("WEBSOCKET",)
    named = tuple(re.findall(r"\b(GET|POST|PUT|PATCH|DELETE)\b", text_of(call.keywords.get("http_method"))))
    return named or (call.last.upper(),)
