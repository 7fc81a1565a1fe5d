"""Express, and the routers shaped like it: Hono, Fastify, Koa-router, Polka."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.made_guards import made
from vibeaudit.survey.router_chains import (
    HOOKS,
    Chains,
    inline_plugins,
    innermost,
    is_plugin,
    koa_mount,
    making_call,
    open_plugin,
)
from vibeaudit.survey.script_values import function_of, returned

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"express|router\b|hono|fastify|koa|polka|: ?Express|restify|\bapp\.(?:get|post|put|patch|delete|use|route)\(",
    re.IGNORECASE,
)
_MAKERS = {
    "express": "express",
    "express.Router": "express",
    "Router": "express",
    "express.default": "express",
    "Koa": "koa",
    "Hono": "hono",
    "OpenAPIHono": "hono",
    "fastify": "fastify",
    "Fastify": "fastify",
    "KoaRouter": "koa",
    "polka": "express",
    "restify.createServer": "express",
    "createServer": "",
}
_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "options", "head", "del"))
_HOLDERS = frozenset(("app", "router", "server", "fastify", "api", "instance", "routes", "r", "expressApp"))

Key = tuple[str, str]  # (file, variable) of an app or router


@dataclass
class _Event:
    """`use` or a route, at a byte offset of its file."""

    at: int
    methods: tuple[str, ...]  # empty for `use`
    path: str
    args: tuple[Node, ...]
    call: Call


@dataclass
class _Router:
    module: Module
    framework: str
    events: list[_Event] = field(default_factory=list)
    mounted: bool = False
    prefix: str = ""


def routes(project: Project) -> Iterator[Route]:
    """The routes of every app and router, with the middleware that comes before them."""
    routers: dict[Key, _Router] = {}
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        _collect(module, routers)
    children: dict[tuple[Key, int], list[tuple[Key, int]]] = defaultdict(list)
    for key, router in routers.items():
        for number, event in enumerate(router.events):
            if not event.methods:
                for index, arg in enumerate(event.args):
                    target = _router_of(project, router.module, arg, event, routers)
                    if target and target != key:
                        routers[target].mounted = True
                        children[(key, number)].append((target, index))
    _registrations(project, routers, children)
    for key in sorted(routers):
        if not routers[key].mounted:
            yield from _walk(project, routers, children, key, "", (), frozenset())


def _collect(module: Module, routers: dict[Key, _Router]) -> None:
    makers: dict[str, str] = {}
    chains = Chains()
    for assign in module.assigns:
        value = javascript.unwrap(assign.value)
        call = making_call(module, value)
        if len(assign.targets) == 1 and call is not None:
            chains.add(module, assign.targets[0], call, value)
        if call and len(assign.targets) == 1 and (made := _called_at_once(call)):
            makers[assign.targets[0]] = made
        if call and len(assign.targets) == 1 and call.name in _MAKERS and _MAKERS[call.name]:
            makers[assign.targets[0]] = _maker(module, call)
        elif call and call.node.type == "new_expression" and call.name == "Router":
            makers[assign.targets[0]] = "koa"
    for function in module.functions:
        for param in function.params:
            if param.name in _HOLDERS and param.name not in makers:
                makers[param.name] = "fastify" if "fastify" in (param.name + param.type).lower() else "express"
    makers.pop("", None)
    inside = inline_plugins(module, makers)
    makers |= dict.fromkeys(inside.values(), "fastify")
    for call in module.calls:
        if event := _event(module, call, makers, chains):
            holder, found = event
            holder = innermost(inside, holder, call.node.start_byte)
            key = (module.path, holder)
            routers.setdefault(key, _Router(module, makers[holder])).events.append(found)
    for call in module.calls:
        for holder, found in _tabled(module, call, makers):
            routers.setdefault((module.path, holder), _Router(module, makers[holder])).events.append(found)
    for name in makers:
        if (module.path, name) not in routers and name in module.values:
            routers[(module.path, name)] = _Router(module, makers[name])
    for (path, name), router in routers.items():
        router.events.sort(key=lambda e: e.at)
        if path == module.path:
            router.prefix = chains.prefixes.get(name, "")


def _tabled(module: Module, call: Call, makers: dict[str, str]) -> Iterator[tuple[str, _Event]]:
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
            yield holder, _Event(call.node.start_byte, (), javascript.string_of(place), (router,), call)


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
    return _MAKERS[call.name]


def _event(module: Module, call: Call, makers: dict[str, str], chains: Chains) -> tuple[str, _Event] | None:
    holder, _, verb = call.name.rpartition(".")
    function = call.node.child_by_field_name("function")
    last = function.child_by_field_name("property") if function is not None else None
    if (named := chains.holder_of(call.node)) and last is not None:
        holder, verb = named, text_of(last)
    at = last.start_byte if last is not None else call.node.start_byte
    if verb in _VERBS and (m := re.fullmatch(r"(\w+)\.route(?:\.\w+)*", holder)) and m[1] in makers:
        path = _chained_path(call)
        return (m[1], _Event(at, _methods(verb), path, call.args, call)) if path is not None else None
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
        return holder, _Event(at, _methods(verb), path or _loose_path(call.args[0]), call.args[1:], call)
    if verb == "on" and makers[holder] == "hono" and len(call.args) > 2:
        methods = tuple(m.upper() for m in re.findall(r"\w+", text_of(call.args[0])))
        return holder, _Event(at, methods or ("ANY",), javascript.string_of(call.args[1]), call.args[2:], call)
    if verb in ("use", "register", "route", "addHook", "preHandler"):
        if verb == "use" and (mounted := koa_mount(module, call)):
            return holder, _Event(at, (), mounted[0], (mounted[1],), call)
        if verb == "route" and call.args[0].type == "object":
            return _fastify_route(holder, call, at)
        if verb == "register":
            return holder, _Event(at, (), _prefix_option(call), call.args[:1], call)
        if verb == "addHook":
            return (holder, _Event(0, (), "", call.args[1:], call)) if path in HOOKS else None
        return holder, _Event(at, (), path if literal else "", call.args[1:] if literal else call.args, call)
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


def _fastify_route(holder: str, call: Call, at: int) -> tuple[str, _Event] | None:
    method, url, handler = (javascript.property_of(call.args[0], n) for n in ("method", "url", "handler"))
    if url is None or handler is None:
        return None
    methods = re.findall(r"[A-Z]+", text_of(method)) or ["ANY"]
    hooks = [
        h
        for n in ("preHandler", "onRequest", "preValidation")
        if (h := javascript.property_of(call.args[0], n)) is not None
    ]
    return holder, _Event(at, tuple(methods), javascript.string_of(url), (*hooks, handler), call)


def _router_of(project: Project, module: Module, arg: Node, event: _Event, routers: dict[Key, _Router]) -> Key | None:
    """The router that an argument of `use` stands for."""
    arg = javascript.unwrap(arg)
    call = module.call_at(arg)
    if (inline := module.function_at(arg)) and inline.params:
        key = (module.path, f"{inline.params[0].name}@{inline.node.start_byte}")
        return key if key in routers else None
    if call and (made := _returned_router(project, module, arg, routers)):
        return made
    if spec := javascript.required(arg):
        from vibeaudit.survey.code import Import

        found = project._imported(module, Import(spec, "*"), 0)
    else:
        name = call.name if call else javascript.dotted(arg)
        if (module.path, name) in routers:
            return (module.path, name)
        found = project.meaning(module, name) if name else None
        if found is None and name.endswith(".routes") and (holder := _object(arg)) is not None:  # koa
            return _router_of(project, module, holder, event, routers)
    if found is None:
        return None
    if (found.module.path, found.name) in routers:
        return (found.module.path, found.name)
    if found.function is not None:  # a plug-in or a factory: the router made inside it, or its parameter
        span = range(found.function.node.start_byte, found.function.node.end_byte)
        for key, router in routers.items():
            if key[0] == found.module.path and any(e.at in span for e in router.events):
                return key
    if found.value is not None:
        inner = found.module.call_at(found.value)
        if inner and inner.args and is_plugin(inner):  # `export default fp(async (fastify) => ...)`
            return _router_of(project, found.module, inner.args[0], event, routers)
        name = javascript.dotted(found.value)
        if (found.module.path, name) in routers:
            return (found.module.path, name)
        if inner and inner.name in _MAKERS:
            return next((k for k in sorted(routers) if k[0] == found.module.path), None)
    return None


def _returned_router(project: Project, module: Module, call: Node, routers: dict[Key, _Router]) -> Key | None:
    """`require('./routes')(passport)`: the router that the app's own function gives back."""
    for value in returned(project, module, call):
        for path, name in routers if value.node is not None else ():
            made = value.module.values.get(name) if path == value.module.path else None
            if made is not None and value.node is not None and javascript.unwrap(made).id == value.node.id:
                return (path, name)
    return None


def _object(node: Node) -> Node | None:
    """`router` of `router.routes()`."""
    function = node.child_by_field_name("function")
    return function.child_by_field_name("object") if function is not None else None


def _registrations(
    project: Project, routers: dict[Key, _Router], children: dict[tuple[Key, int], list[tuple[Key, int]]]
) -> None:
    """`registerRoutes(app)`: the function's parameter is the app, from here on."""
    for key in sorted(routers):
        module = routers[key].module
        for call in module.calls:
            for index, arg in enumerate(call.args):
                if arg.type != "identifier" or text_of(arg) != key[1] or call.name.split(".")[0] == key[1]:
                    continue
                called = project.function_called(module, call)
                spec_call = javascript.required(call.node.child_by_field_name("function") or call.node)
                if called is None and spec_call:
                    from vibeaudit.survey.code import Import

                    found = project._imported(module, Import(spec_call, "*"), 0)
                    called = (found.module, found.function) if found and found.function else None
                if called is None or index >= len(called[1].params):
                    continue
                target = (called[0].path, called[1].params[index].name)
                if target in routers and target != key and not routers[target].mounted:
                    routers[target].mounted = True
                    routers[key].events.append(_Event(call.node.start_byte, (), "", (), call))
                    routers[key].events.sort(key=lambda e: e.at)
                    _shift(routers[key], key, call.node.start_byte, children)
                    number = next(
                        n
                        for n, e in enumerate(routers[key].events)
                        if e.at == call.node.start_byte and e.call is call and not e.args
                    )
                    children[(key, number)].append((target, -1))


def _shift(router: _Router, key: Key, at: int, children: dict[tuple[Key, int], list[tuple[Key, int]]]) -> None:
    """Event numbers after a new event grow by one."""
    place = next(n for n, e in enumerate(router.events) if e.at == at and not e.args)
    for number in range(len(router.events) - 1, place, -1):
        if (key, number - 1) in children:
            children[(key, number)] = children.pop((key, number - 1))


def _walk(
    project: Project,
    routers: dict[Key, _Router],
    children: dict[tuple[Key, int], list[tuple[Key, int]]],
    key: Key,
    prefix: str,
    inherited: tuple[Guard, ...],
    seen: frozenset[Key],
) -> Iterator[Route]:
    if key in seen or len(seen) > 20:
        return
    router, standing = routers[key], [("", g) for g in inherited]
    prefix = _join(prefix, router.prefix) if router.prefix else prefix
    for number, event in enumerate(router.events):
        here = _join(prefix, event.path)
        mounts = children.get((key, number), [])
        if event.methods:
            applying = tuple(g for p, g in standing if not p or _below(here, p))
            yield _route(project, router, event, here, applying)
            continue
        mount_args = {index for _, index in mounts}
        if event.call.last == "register":  # a plug-in is no guard, but its hooks may be
            mount_args.add(0)
            standing += [("", g) for target, _ in mounts for g in _hooks(project, routers[target])]
        own = tuple(
            g
            for i, a in enumerate(event.args)
            if i not in mount_args
            for g in guarding.of_expression(project, router.module, a, "middleware")
        )
        for target, _ in mounts:
            applying = tuple(g for p, g in standing if not p or _below(here, p))
            yield from _walk(project, routers, children, target, here, (*applying, *own), seen | {key})
        if not mounts or not event.path:
            standing += (
                [(here if event.path and event.path not in ("*", "/*") else "", g) for g in own] if not mounts else []
            )


def _hooks(project: Project, router: _Router) -> list[Guard]:
    """The guards that a plug-in puts before the routes of whoever registers it, when it is not closed in itself."""
    if not open_plugin(router.module):
        return []
    hooked = [e for e in router.events if e.call.last == "addHook"]
    return [g for e in hooked for a in e.args for g in guarding.of_expression(project, router.module, a, "middleware")]


def _below(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/*")
    return path == prefix or path.startswith(prefix + "/") or not prefix


def _join(prefix: str, path: str) -> str:
    joined = "/".join(p.strip("/") for p in (prefix, path) if p.strip("/"))
    return "/" + joined


def _route(project: Project, router: _Router, event: _Event, path: str, standing: tuple[Guard, ...]) -> Route:
    handler: Function | None = None
    home = router.module
    own: list[Guard] = []
    node = javascript.unwrap(event.args[-1]) if event.args else event.call.node
    for arg in event.args[:-1]:
        if arg.type == "object":  # fastify: { preHandler: [auth] }
            own += [
                g
                for n in ("preHandler", "onRequest", "preValidation")
                if (h := javascript.property_of(arg, n)) is not None
                for g in guarding.of_expression(project, home, h, "middleware")
            ]
        else:
            own += guarding.of_expression(project, home, arg, "middleware")
    home, handler, name = _handler(project, router.module, node)
    if handler is None or handler.node.id != node.id:
        own += _wrapped(project, router.module, node)
    return entries.route(
        project,
        entries.Entry(
            router.framework,
            event.methods,
            path,
            router.module,
            _start(event),
            handler,
            home,
            None if handler else node,
            (*standing, *own),
            name,
            public="" if router.mounted or not entries.login_in_folder(router.module, path) else "login",
        ),
    )


def _start(event: _Event) -> Node:
    """The line of the verb: `.post(` in a chain, else the call."""
    function = event.call.node.child_by_field_name("function")
    prop = function.child_by_field_name("property") if function is not None else None
    if prop is not None and prop.start_point.row != event.call.node.start_point.row:
        return prop
    return event.call.node


def _handler(project: Project, module: Module, node: Node, depth: int = 0) -> tuple[Module, Function | None, str]:
    """The function that a handler expression stands for, looked for inside wrappers such as asyncHandler(f)."""
    if depth > 12:
        return module, None, ""
    if function := module.function_at(node):
        return module, function, function.name
    if node.type == "array" and node.named_children:
        return _handler(project, module, node.named_children[-1], depth + 1)
    if node.type == "call_expression" and (bound := function_of(project, module, node)):
        return (*bound, javascript.dotted(node).removesuffix(".bind"))
    call = module.call_at(node)
    if call is not None:
        for arg in reversed(call.args):
            home, function, name = _handler(project, module, javascript.unwrap(arg), depth + 1)
            if function:
                return home, function, name
        return module, None, call.name
    name = javascript.dotted(node)
    if reached := function_of(project, module, node):
        return (*reached, name)
    found = project.meaning(module, name) if name else None
    if found and found.function:
        return found.module, found.function, name
    if found and found.value is not None and found.value is not node and found.module.call_at(found.value):
        return (*_handler(project, found.module, found.value, depth + 1)[:2], name)
    return module, None, name


def _wrapped(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    """The guards of a wrapper around the handler, and of the members of an array of handlers."""
    if node.type == "array":
        return tuple(
            g for c in node.named_children[:-1] for g in guarding.of_expression(project, module, c, "middleware")
        )
    call = module.call_at(node)
    if call is None or not call.args:
        return ()
    if (given := made(project, module, node, "middleware", around_handler=True)) is not None:
        return given
    return guarding.of_expression(project, module, node, "middleware")
