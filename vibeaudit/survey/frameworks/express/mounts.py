"""Which router is mounted at which: by `use`, by plug-ins, by functions that are handed the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.frameworks.express.chains import is_plugin
from vibeaudit.survey.frameworks.express.routers import MAKERS, Event, Key, Router
from vibeaudit.survey.javascript.values import returned, value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def router_of(project: Project, module: Module, arg: Node, event: Event, routers: dict[Key, Router]) -> Key | None:
    """The router that an argument of `use` stands for."""
    arg = javascript.unwrap(arg)
    call = module.call_at(arg)
    if (inline := module.function_at(arg)) and inline.params:
        key = (module.path, f"{inline.params[0].name}@{inline.node.start_byte}")
        return key if key in routers else None
    if call and (made := _returned_router(project, module, arg, routers)):
        return made
    if arg.type == "member_expression" and (held := _held_router(project, module, arg, routers)):
        return held
    if spec := javascript.required(arg):
        from vibeaudit.survey.code import Import

        found = project.imported(module, Import(spec, "*"), 0)
    else:
        name = call.name if call else javascript.dotted(arg)
        if (module.path, name) in routers:
            return (module.path, name)
        found = project.meaning(module, name) if name else None
        if found is None and name.endswith(".routes") and (holder := _object(arg)) is not None:  # koa
            return router_of(project, module, holder, event, routers)
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
            return router_of(project, found.module, inner.args[0], event, routers)
        name = javascript.dotted(found.value)
        if (found.module.path, name) in routers:
            return (found.module.path, name)
        if inner and inner.name in MAKERS:
            return next((k for k in sorted(routers) if k[0] == found.module.path), None)
    return None


def _returned_router(project: Project, module: Module, call: Node, routers: dict[Key, Router]) -> Key | None:
    """`require('./routes')(passport)`: the router that the app's own function gives back."""
    for value in returned(project, module, call):
        for path, name in routers if value.node is not None else ():
            made = value.module.values.get(name) if path == value.module.path else None
            if made is not None and value.node is not None and javascript.unwrap(made).id == value.node.id:
                return (path, name)
    return None


def _held_router(project: Project, module: Module, arg: Node, routers: dict[Key, Router]) -> Key | None:
    """`new Users().router`: the router that an object holds."""
    found = value_of(project, module, arg)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is None:
        return None
    at = (found.module.path, call.node.start_byte)
    return next((k for k, r in routers.items() if (k[0], r.made) == at), None)


def _object(node: Node) -> Node | None:
    """`router` of `router.routes()`."""
    function = node.child_by_field_name("function")
    return function.child_by_field_name("object") if function is not None else None


def registrations(
    project: Project, routers: dict[Key, Router], children: dict[tuple[Key, int], list[tuple[Key, int]]]
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

                    found = project.imported(module, Import(spec_call, "*"), 0)
                    called = (found.module, found.function) if found and found.function else None
                if called is None or index >= len(called[1].params):
                    continue
                target = (called[0].path, called[1].params[index].name)
                if target in routers and target != key and not routers[target].mounted:
                    routers[target].mounted = True
                    routers[key].events.append(Event(call.node.start_byte, (), "", (), call))
                    routers[key].events.sort(key=lambda e: e.at)
                    _shift(routers[key], key, call.node.start_byte, children)
                    number = next(
                        n
                        for n, e in enumerate(routers[key].events)
                        if e.at == call.node.start_byte and e.call is call and not e.args
                    )
                    children[(key, number)].append((target, -1))


def _shift(router: Router, key: Key, at: int, children: dict[tuple[Key, int], list[tuple[Key, int]]]) -> None:
    """Event numbers after a new event grow by one."""
    place = next(n for n, e in enumerate(router.events) if e.at == at and not e.args)
    for number in range(len(router.events) - 1, place, -1):
        if (key, number - 1) in children:
            children[(key, number)] = children.pop((key, number - 1))
