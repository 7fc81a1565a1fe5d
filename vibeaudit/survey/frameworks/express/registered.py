"""What a file registers at its apps and routers, in the order of the file: middleware, routers, routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.frameworks.express.calls import event_of
from vibeaudit.survey.frameworks.express.chains import Chains, inline_plugins, innermost, making_call
from vibeaudit.survey.frameworks.express.routers import MAKERS, Event, Key, Router

if TYPE_CHECKING:
    from tree_sitter import Node

_HOLDERS = frozenset(("app", "router", "server", "fastify", "api", "instance", "routes", "r", "expressApp"))


def collect(module: Module, routers: dict[Key, Router]) -> None:
    """Adds the routers of a file, and what it registers at them."""
    makers: dict[str, str] = {}
    spots: dict[str, int] = {}
    chains = Chains()
    for target, value in (*_named(module), *_fields(module)):
        call = making_call(module, value)
        if call is None:
            continue
        chains.add(module, target, call, value)
        if made := _made(module, call):
            makers[target] = made
            spots.setdefault(target, call.node.start_byte)
    for function in module.functions:
        for param in function.params:
            if param.name in _HOLDERS and param.name not in makers:
                makers[param.name] = "fastify" if "fastify" in (param.name + param.type).lower() else "express"
    makers.pop("", None)
    inside = inline_plugins(module, makers)
    makers |= dict.fromkeys(inside.values(), "fastify")
    for call in module.calls:
        if event := event_of(module, call, makers, chains):
            holder, found = event
            holder = innermost(inside, holder, call.node.start_byte)
            key = (module.path, holder)
            routers.setdefault(key, Router(module, makers[holder])).events.append(found)
    for call in module.calls:
        for holder, found in _tabled(module, call, makers):
            routers.setdefault((module.path, holder), Router(module, makers[holder])).events.append(found)
    for name in makers:
        if (module.path, name) not in routers and name in module.values:
            routers[(module.path, name)] = Router(module, makers[name])
    for (path, name), router in routers.items():
        router.events.sort(key=lambda e: e.at)
        if path == module.path:
            router.prefix = chains.prefixes.get(name, "")
            router.made = spots.get(name, -1)


def _named(module: Module) -> Iterator[tuple[str, Node]]:
    """The names that are given a value, with it."""
    for assign in module.assigns:
        if len(assign.targets) == 1:
            yield assign.targets[0], javascript.unwrap(assign.value)


def _fields(module: Module) -> Iterator[tuple[str, Node]]:
    """`class Users { readonly router = Router(); }`: what `this.router` is."""
    for klass in module.classes:
        body = klass.node.child_by_field_name("body")
        for field in body.named_children if body is not None else ():
            value = field.child_by_field_name("value") if field.type in javascript.FIELDS else None
            if value is not None:
                yield f"this.{javascript.field_name(field)}", javascript.unwrap(value)


def _made(module: Module, call: Call) -> str:
    """The framework of the app or router that a call makes; empty for other calls."""
    if MAKERS.get(call.name):
        return _maker(module, call)
    return _called_at_once(call)


def _tabled(module: Module, call: Call, makers: dict[str, str]) -> Iterator[tuple[str, Event]]:
    """`[{ path: '/a', route: a }, ...].forEach((r) => router.use(r.path, r.route))`: one event a row."""
    holder, _, verb = call.name.rpartition(".")
    if verb != "use" or holder not in makers or len(call.args) != 2:
        return
    path, target = (javascript.dotted(a).split(".") for a in call.args)
    loop = next(
        (c for c in module.calls if c.last == "forEach" and c.node.start_byte < call.node.start_byte < c.node.end_byte),
        None,
    )
    if len(path) != 2 or len(target) != 2 or path[0] != target[0] or loop is None:
        return
    rows = module.values.get(loop.name.rpartition(".")[0])
    for row in rows.named_children if rows is not None and rows.type == "array" else ():
        place, router = javascript.property_of(row, path[1]), javascript.property_of(row, target[1])
        if place is not None and router is not None:
            yield holder, Event(call.node.start_byte, (), javascript.string_of(place), (router,), call)


def _called_at_once(call: Call) -> str:
    """The framework of `require('express')()`."""
    callee = call.node.child_by_field_name("function")
    spec = (
        javascript.required(callee)
        if callee is not None and callee.type in ("call_expression", "member_expression")
        else ""
    )
    return {"express": "express", "fastify": "fastify", "polka": "express", "restify": "express"}.get(spec, "")


def _maker(module: Module, call: Call) -> str:
    if call.name == "Router" and "Router" in module.imports and "koa" in module.imports["Router"].spec:
        return "koa"
    return MAKERS[call.name]
