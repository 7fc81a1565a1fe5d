"""How apps and routers are made and put together in the frameworks beside Express: chains of calls and base paths in
Hono, prefixes and mounts in Koa, plug-ins and hooks in Fastify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

HOOKS = frozenset(("onRequest", "preParsing", "preValidation", "preHandler"))
_CHAINED = frozenset(("Hono", "OpenAPIHono", "Router", "KoaRouter", "Koa"))
_PLUGIN = frozenset(("fp", "fastifyPlugin", "plugin", "fastifyPlugin.default"))


def root_of(node: Node) -> Node:
    """`new Hono()` of `new Hono().basePath('/api').get(...)`."""
    for _ in range(200):
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        held = callee.child_by_field_name("object") if callee is not None else None
        if callee is None or held is None or callee.type != "member_expression":
            return node
        node = javascript.unwrap(held)
    return node


def making_call(module: Module, value: Node) -> Call | None:
    """The call that makes a router, whatever is chained to it; else the value's own call."""
    made = module.call_at(root_of(value))
    return made if made is not None and made.name in _CHAINED else module.call_at(value)


@dataclass
class Chains:
    """The names of routers whose routes are chained to their making, by the place of that, and their prefixes."""

    holders: dict[tuple[int, int], str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)

    def add(self, module: Module, name: str, made: Call, value: Node) -> None:
        """A name is given a value that begins with the call that makes a router."""
        if made.name not in _CHAINED:
            return
        if made.node.id != value.id:
            self.holders[(made.node.start_byte, made.node.end_byte)] = name
        prefixes = [javascript.string_of(javascript.property_of(a, "prefix")) for a in made.args if a.type == "object"]
        node = value
        while node.id != made.node.id:
            callee = node.child_by_field_name("function")
            call = module.call_at(node)
            if call is not None and text_of(callee).endswith(".basePath") and call.args:
                prefixes.append(javascript.string_of(call.args[0]))
            held = callee.child_by_field_name("object") if callee is not None else None
            if held is None:
                break
            node = javascript.unwrap(held)
        if prefix := "".join(p for p in prefixes if p):
            self.prefixes[name] = prefix

    def holder_of(self, node: Node) -> str:
        """The router that a call in a chain belongs to."""
        if not self.holders:
            return ""
        root = root_of(node)
        return self.holders.get((root.start_byte, root.end_byte), "") if root.id != node.id else ""


def koa_mount(module: Module, call: Call) -> tuple[str, Node] | None:
    """Path and target of `app.use(mount('/api', api))`."""
    inner = module.call_at(call.args[0]) if call.args else None
    if inner is None or inner.name != "mount" or not inner.args:
        return None
    path = javascript.string_of(inner.args[0]) if len(inner.args) > 1 else ""
    return path, inner.args[-1]


def is_plugin(call: Call) -> bool:
    """Whether a call makes a plug-in of Fastify that is not closed in itself."""
    return call.name in _PLUGIN


def open_plugin(module: Module) -> bool:
    return any(is_plugin(c) for c in module.calls)


def inline_plugins(module: Module, makers: Mapping[str, str]) -> dict[tuple[int, int, str], str]:
    """`app.register(async (instance) => ...)`: the names that routers have inside, by span and parameter. `instance`
    of two plug-ins in one file is not the same."""
    found: dict[tuple[int, int, str], str] = {}
    for call in module.calls:
        function = module.function_at(call.args[0]) if call.last == "register" and call.args else None
        if function is not None and function.params and function.params[0].name in makers:
            name, node = function.params[0].name, function.node
            found[(node.start_byte, node.end_byte, name)] = f"{name}@{node.start_byte}"
    return found


def innermost(inside: Mapping[tuple[int, int, str], str], holder: str, at: int) -> str:
    """The router that a name stands for at a place."""
    around = [(end - start, key) for (start, end, name), key in inside.items() if name == holder and start < at < end]
    return min(around)[1] if around else holder
