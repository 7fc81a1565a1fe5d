"""Starlette: lists of routes, mounts, endpoint classes, `@requires`, middleware of the app and of each route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import asgi, python
from vibeaudit.survey import entry as entries
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.standing import Standing

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"starlette")
_FASTAPI = re.compile(rb"\bfastapi\b|FastAPI\(")
_VERBS = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH = 6


@dataclass(frozen=True)
class _Above:
    """What a list of routes is below of."""

    prefix: str = ""
    standing: tuple[Standing, ...] = ()
    depth: int = 0


def routes(project: Project) -> Iterator[Route]:
    """The routes of each app, from its list on through the mounts."""
    for module in project.hinted(_HINT, "python"):
        for call in module.calls:
            if call.last == "Starlette":
                yield from _of_app(project, module, call)
        if not _FASTAPI.search(module.file.data):
            yield from _decorated(project, module)


def _of_app(project: Project, module: Module, call: Call) -> Iterator[Route]:
    above = _Above(standing=(*asgi.in_call(project, module, call), *_added(project, module, call)))
    listed = call.keywords.get("routes")
    if listed is not None:
        yield from _listed(project, module, listed, above)
    for name in _names(module, call):
        for other in module.calls:
            if other.name in (f"{name}.add_route", f"{name}.add_websocket_route", f"{name}.mount"):
                yield from _one(project, module, other, above)


def _added(project: Project, module: Module, call: Call) -> Iterator[Standing]:
    """`app.add_middleware(X)` after the app is made."""
    for name in _names(module, call):
        for other in module.calls:
            if other.name == f"{name}.add_middleware" and other.args:
                yield asgi.of_middleware(project, module, other.args[0])


def _names(module: Module, call: Call) -> list[str]:
    return [t for a in module.assigns if a.value.start_byte == call.node.start_byte for t in a.targets]


def _listed(project: Project, module: Module, node: Node, above: _Above) -> Iterator[Route]:
    """`[Route(...), Mount(...)]`, sums of such lists, and names that hold one."""
    if above.depth > _MAX_DEPTH:
        return
    below = _Above(above.prefix, above.standing, above.depth + 1)
    if node.type in ("list", "tuple", "binary_operator", "list_splat", "parenthesized_expression"):
        for child in node.named_children:
            yield from _listed(project, module, child, below)
        return
    call = module.call_at(node)
    if call is not None and call.last in ("Route", "WebSocketRoute", "Mount", "Host"):
        yield from _one(project, module, call, below)
        return
    found = project.meaning(module, python.dotted(node)) if node.type in ("identifier", "attribute") else None
    if found and found.value is not None and found.value is not node:
        yield from _listed(project, found.module, found.value, below)


def _one(project: Project, module: Module, call: Call, above: _Above) -> Iterator[Route]:
    path = above.prefix + constant(project, module, call.args[0] if call.args else call.keywords.get("path"))
    own = (*above.standing, *asgi.in_call(project, module, call))
    if call.last.lower() in ("mount", "host"):
        inner = (
            call.keywords.get("routes") or call.keywords.get("app") or (call.args[1] if len(call.args) > 1 else None)
        )
        app = _app_of(project, module, inner) if inner is not None else None
        if app is not None:  # an app inside an app
            home, made = app
            own = (*own, *asgi.in_call(project, home, made))
            module, inner = home, made.keywords.get("routes")
        if inner is not None:
            yield from _listed(project, module, inner, _Above(path.rstrip("/"), own, above.depth))
        return
    endpoint = call.args[1] if len(call.args) > 1 else call.keywords.get("endpoint")
    if endpoint is None:
        return
    methods = ("WEBSOCKET",) if "ebsocket" in call.last or "ebSocket" in call.last else _methods(call)
    yield from _endpoint(project, module, call.node, endpoint, path or "/", methods, own)


def _app_of(project: Project, module: Module, node: Node) -> tuple[Module, Call] | None:
    found = project.meaning(module, python.dotted(node)) if node.type == "identifier" else None
    home = found.module if found else module
    call = home.call_at(found.value if found and found.value is not None else node)
    return (home, call) if call and call.last in ("Starlette", "Router") else None


def _methods(call: Call) -> tuple[str, ...]:
    return tuple(re.findall(r"['\"]([A-Z]+)['\"]", text_of(call.keywords.get("methods")))) or ("GET",)


def _endpoint(
    project: Project, module: Module, node: Node, endpoint: Node, path: str, methods: tuple[str, ...],
    standing: tuple[Standing, ...],
) -> Iterator[Route]:  # fmt: skip
    guards: tuple[Guard, ...] = ()
    while (wrapped := module.call_at(endpoint)) and wrapped.args:  # `requires("authenticated")(view)`
        guards += _of_decorator(project, module, endpoint.child_by_field_name("function") or endpoint)
        endpoint = wrapped.args[0]
    name = python.dotted(endpoint)
    found = project.meaning(module, name)
    over = tuple(g for s in standing for g in s.over(path))
    if found and found.function:
        own = tuple(g for d in found.function.decorators for g in _of_decorator(project, found.module, d))
        yield _built(project, module, node, methods, path, found.function, found.module, (*over, *guards, *own))
    elif owner := lineage(project, module, name):
        yield from _of_class(project, module, node, owner, path, (*over, *guards))


def _of_class(
    project: Project, module: Module, node: Node, owner: Lineage, path: str, guards: tuple[Guard, ...]
) -> Iterator[Route]:
    """An HTTPEndpoint answers each method of its own; a WebSocketEndpoint what it receives."""
    on_class = tuple(g for home, k in owner.classes for d in k.decorators for g in _of_decorator(project, home, d))
    for verb in (*_VERBS, "on_receive"):
        if method := owner.method(verb):
            home, function = method
            own = tuple(g for d in function.decorators for g in _of_decorator(project, home, d))
            methods = ("WEBSOCKET",) if verb == "on_receive" else (verb.upper(),)
            at = function.node.child_by_field_name("definition") or function.node
            yield _built(project, home, at, methods, path, function, home, (*guards, *on_class, *own))


def _of_decorator(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    call = module.call_at(node)
    if call is not None and call.last == "requires":
        said = set(re.findall(r"['\"]([\w:.-]+)['\"]", text_of(call.args[0]) if call.args else ""))
        kinds = ("authentication", "authorization") if said - {"authenticated"} else ("authentication",)
        return tuple(Guard(kind, "decorator", "requires", module.file.locate(node)) for kind in kinds)
    return python_guards.of_decorator(project, module, node)


def _decorated(project: Project, module: Module) -> Iterator[Route]:
    """`@app.route("/x")`, of older versions."""
    for function in module.functions:
        for number, decorator in enumerate(function.decorators):
            call = module.call_at(decorator)
            if call is None or call.last not in ("route", "websocket_route") or not call.args:
                continue
            holder = module.values.get(call.name.rpartition(".")[0])
            made = module.call_at(holder) if holder is not None else None
            if made is None or made.last not in ("Starlette", "Router"):
                continue
            standing = (*asgi.in_call(project, module, made), *_added(project, module, made))
            path = constant(project, module, call.args[0])
            over = [g for s in standing for g in s.over(path)]
            over += [g for d in function.decorators[number + 1 :] for g in _of_decorator(project, module, d)]
            methods = ("WEBSOCKET",) if call.last == "websocket_route" else _methods(call)
            yield _built(project, module, call.node, methods, path, function, module, tuple(over))


def _built(
    project: Project, module: Module, node: Node, methods: tuple[str, ...], path: str, function: Function, home: Module,
    guards: tuple[Guard, ...],
) -> Route:  # fmt: skip
    return entries.route(
        project, entries.Entry("starlette", methods, path, module, node, function, home, guards=guards)
    )  # fmt: skip
