"""One route: its handler, looked for inside wrappers, and the guards beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.asked_fields import validated
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.frameworks.express.autohooks import of_folders
from vibeaudit.survey.frameworks.express.routers import Event, Router
from vibeaudit.survey.frameworks.express.strategies import marked
from vibeaudit.survey.guards.made import made
from vibeaudit.survey.javascript.values import function_of, returned, value_of
from vibeaudit.survey.public_reasons import login_in_folder

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def route_of(project: Project, router: Router, event: Event, path: str, standing: tuple[Guard, ...]) -> Route:
    """The route of an event, behind the guards that stand before it."""
    handler: Function | None = None
    home = router.module
    own: list[Guard] = list(of_folders(project, home)) if router.framework == "fastify" else []
    node = javascript.unwrap(event.args[-1]) if event.args else event.call.node
    for arg in event.args[:-1]:
        if arg.type == "object":  # fastify: { preHandler: [auth] }
            own += [
                g
                for n in ("preHandler", "onRequest", "preValidation")
                if (h := javascript.property_of(arg, n)) is not None
                for g in guarding.of_expression(project, home, h, "middleware")
            ]
            own += _limited(home, arg)
        else:
            own += marked(project, home, arg, guarding.of_expression(project, home, arg, "middleware"))
    home, handler, name = handler_of(project, router.module, node)
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
            personal=frozenset() if "GET" in event.methods else validated(project, router.module, event.args[:-1]),
            public="" if router.mounted or not login_in_folder(router.module, path) else "login",
        ),
    )


def _limited(home: Module, options: Node) -> tuple[Guard, ...]:
    """`{ config: { rateLimit: { max: 5 } } }`, as @fastify/rate-limit reads it."""
    config = javascript.property_of(options, "config")
    limit = javascript.property_of(config, "rateLimit") if config is not None and config.type == "object" else None
    off = limit is None or javascript.unwrap(limit).type == "false"
    return () if limit is None or off else (Guard("rate-limit", "option", "rateLimit", home.file.locate(limit)),)


def _start(event: Event) -> Node:
    """The line of the verb: `.post(` in a chain, else the call."""
    function = event.call.node.child_by_field_name("function")
    prop = function.child_by_field_name("property") if function is not None else None
    if prop is not None and prop.start_point.row != event.call.node.start_point.row:
        return prop
    return event.call.node


def handler_of(project: Project, module: Module, node: Node, depth: int = 0) -> tuple[Module, Function | None, str]:
    """The function that a handler expression stands for, looked for inside wrappers such as asyncHandler(f)."""
    if depth > 12:
        return module, None, ""
    if function := module.function_at(node):
        return module, function, function.name
    if node.type == "array" and node.named_children:
        return handler_of(project, module, node.named_children[-1], depth + 1)
    if node.type == "call_expression" and (bound := function_of(project, module, node)):
        return (*bound, javascript.dotted(node).removesuffix(".bind"))
    call = module.call_at(node)
    if call is not None:
        for arg in reversed(call.args):
            home, function, name = handler_of(project, module, javascript.unwrap(arg), depth + 1)
            if function:
                return home, function, name
        return _from_factory(project, module, node, depth) or (module, None, call.name)
    name = javascript.dotted(node)
    if reached := function_of(project, module, node):
        return (*reached, name)
    found = project.meaning(module, name) if name else None
    if found and found.function:
        return found.module, found.function, name
    if found and found.value is not None and found.value is not node and found.module.call_at(found.value):
        return (*handler_of(project, found.module, found.value, depth + 1)[:2], name)
    value = value_of(project, module, node)  # `create = catchAsync(async (req, res) => ...)`, a field of a controller
    if value.node is not None and value.kind == "call_expression" and value.node.id != node.id:
        return (*handler_of(project, value.module, value.node, depth + 1)[:2], name)
    return module, None, name


def _from_factory(project: Project, module: Module, node: Node, depth: int) -> tuple[Module, Function, str] | None:
    """What `createOne(Model)` gives back, when that is a handler: `(req, res) => ...`, in a wrapper or not."""
    for given in returned(project, module, node):
        if given.node is None:
            continue
        call = given.module.call_at(given.node)
        for inner in (*reversed(call.args),) if call is not None else (given.node,):
            home, function, _ = handler_of(project, given.module, javascript.unwrap(inner), depth + 1)
            if function is not None and len(function.params) > 1:
                return home, function, javascript.dotted(node)
    return None


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
