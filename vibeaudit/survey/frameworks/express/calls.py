"""What one call registers, by which of the frameworks' ways of saying it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.frameworks.express.chains import HOOKS, Chains, koa_mount
from vibeaudit.survey.frameworks.express.routers import Event

if TYPE_CHECKING:
    from tree_sitter import Node


_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "options", "head", "del"))


def event_of(module: Module, call: Call, makers: dict[str, str], chains: Chains) -> tuple[str, Event] | None:
    """What a call registers, and at which variable."""
    holder, _, verb = call.name.rpartition(".")
    function = call.node.child_by_field_name("function")
    last = function.child_by_field_name("property") if function is not None else None
    if (named := chains.holder_of(call.node)) and last is not None:
        holder, verb = named, text_of(last)
    at = last.start_byte if last is not None else call.node.start_byte
    if verb in _VERBS and (m := re.fullmatch(r"(\w+)\.route(?:\.\w+)*", holder)) and m[1] in makers:
        path = _chained_path(call)
        return (m[1], Event(at, _methods(verb), path, call.args, call)) if path is not None else None
    holder = (
        holder.split(".")[0] if re.fullmatch(r"\w+(\.(use|get|post|put|patch|delete|all))+", holder) else holder
    )  # hono chains
    if holder not in makers or not call.args:
        return None
    path = javascript.string_of(call.args[0])
    literal = call.args[0].type in ("string", "template_string", "regex", "array")
    if verb in _VERBS:
        if not literal or len(call.args) < 2:
            return None
        return holder, Event(at, _methods(verb), path or _loose_path(call.args[0]), call.args[1:], call)
    if verb == "on" and makers[holder] == "hono" and len(call.args) > 2:
        methods = tuple(m.upper() for m in re.findall(r"\w+", text_of(call.args[0])))
        return holder, Event(at, methods or ("ANY",), javascript.string_of(call.args[1]), call.args[2:], call)
    if verb in ("use", "register", "route", "addHook", "preHandler"):
        if verb == "use" and (mounted := koa_mount(module, call)):
            return holder, Event(at, (), mounted[0], (mounted[1],), call)
        if verb == "route" and call.args[0].type == "object":
            return _fastify_route(holder, call, at)
        if verb == "register":
            return holder, Event(at, (), _prefix_option(call), call.args[:1], call)
        if verb == "addHook":
            return (holder, Event(0, (), "", call.args[1:], call)) if path in HOOKS else None
        return holder, Event(at, (), path if literal else "", call.args[1:] if literal else call.args, call)
    return None


def _methods(verb: str) -> tuple[str, ...]:
    return ("ANY",) if verb == "all" else ("DELETE",) if verb == "del" else (verb.upper(),)


def _loose_path(node: Node) -> str:
    return next((javascript.string_of(c) for c in node.named_children if javascript.string_of(c)), text_of(node)[:60])


def _chained_path(call: Call) -> str | None:
    """The path of `router.route('/x').get(a).post(b)`."""
    node: Node | None = call.node
    for _ in range(12):
        function = node.child_by_field_name("function") if node is not None else None
        node = function.child_by_field_name("object") if function is not None else None
        if node is None or node.type != "call_expression":
            return None
        if javascript.dotted(node).endswith(".route"):
            arguments = node.child_by_field_name("arguments")
            first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
            path = javascript.string_of(first)
            if path or javascript.dotted(node).count(".") == 1:
                return path
    return None


def _prefix_option(call: Call) -> str:
    value = (
        javascript.property_of(call.args[1], "prefix") if len(call.args) > 1 and call.args[1].type == "object" else None
    )
    return javascript.string_of(value)


def _fastify_route(holder: str, call: Call, at: int) -> tuple[str, Event] | None:
    method, url, handler = (javascript.property_of(call.args[0], n) for n in ("method", "url", "handler"))
    if url is None or handler is None:
        return None
    methods = re.findall(r"[A-Z]+", text_of(method)) or ["ANY"]
    hooks = [
        h
        for n in ("preHandler", "onRequest", "preValidation")
        if (h := javascript.property_of(call.args[0], n)) is not None
    ]
    return holder, Event(at, tuple(methods), javascript.string_of(url), (*hooks, handler), call)
