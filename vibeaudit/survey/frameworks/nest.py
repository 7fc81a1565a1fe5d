"""NestJS: controllers, with the guards of their methods, their classes, the app and its middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.dto_passwords import password_in_body
from vibeaudit.survey.code import Call, Function, Klass, Module, text_of
from vibeaudit.survey.guards import nest as nest_guards
from vibeaudit.survey.javascript import nest_parameters
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"@Controller\b")
_VERBS = {
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE", "All": "ANY", "Head": "HEAD",
    "Options": "OPTIONS", "Sse": "GET",
}  # fmt: skip
_ROLE = re.compile(r"""(?:\w+\.|['"])(?P<role>\w+)""")
_ORDINARY = frozenset("user users customer client member buyer shopper guest".split())
_PEOPLE = frozenset("user users account accounts customers members".split())
_REGISTERS = re.compile(rb"@Post\(\s*['\"`](?:[\w/-]*/)?/?(?:register|registration|sign-?up)\b", re.IGNORECASE)
_READS = re.compile(r"(?i)[.'\"_:](?:read|view|list|get|find)(?:_\w+)?\b")
_OPENED = re.compile(
    r"^@?(?:Is)?(?:Public\w*|SkipAuth\w*|NoAuth\w*|AllowAnonymous|Anonymous|Unprotected|AllowUnauth\w*)\b"
)


def routes(project: Project) -> Iterator[Route]:
    """The methods of controllers."""
    shared: nest_guards.Shared | None = None
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        for klass in module.classes:
            if (controller := _decorator(module, klass.decorators, "Controller")) is not None:
                shared = shared or nest_guards.Shared.of(project)
                yield from _of_controller(project, module, klass, controller, shared)


def _decorator(module: Module, decorators: tuple[Node, ...], name: str) -> Node | None:
    return next((d for d in decorators if re.fullmatch(r"(?:\w+\.)?" + name, _name(module, d))), None)


def _name(module: Module, decorator: Node) -> str:
    call = module.call_at(decorator)
    return call.name if call is not None else javascript.dotted(decorator)


def _of_controller(
    project: Project, module: Module, klass: Klass, controller: Node, shared: nest_guards.Shared
) -> Iterator[Route]:
    base = _paths(project, module, module.call_at(controller))
    for function in module.functions:
        if function.owner != klass.name or not klass.node.start_byte <= function.node.start_byte < klass.node.end_byte:
            continue
        for decorator in function.decorators:
            if method := _VERBS.get(_name(module, decorator)):
                for path in _paths(project, module, module.call_at(decorator)):
                    whole = "/" + "/".join(p.strip("/") for p in (shared.prefix, base[0], path) if p.strip("/"))
                    guards = _guards(project, module, klass, function, shared, method, whole)
                    parameters = nest_parameters.of_method(project, module, function)
                    yield _route(project, module, function, decorator, method, whole, guards, parameters, klass)


def _route(
    project: Project,
    module: Module,
    function: Function,
    decorator: Node,
    method: str,
    path: str,
    guards: tuple[Guard, ...],
    parameters: tuple[Parameter, ...],
    klass: Klass,
) -> Route:
    handler = f"{klass.name}.{function.name}"
    said = entries.Entry(
        "nest", (method,), path, module, decorator, function, module, None, guards, handler, parameters
    )
    route = entries.route(project, said)
    return replace(route, public_reason="login") if _is_sign_up(project, module, function, route) else route


def _is_sign_up(project: Project, module: Module, function: Function, route: Route) -> bool:
    """`POST /users` with a body that holds a password, in an app that has no other way to open an account."""
    last = route.path.rstrip("/").rsplit("/", 1)[-1]
    if route.methods != ("POST",) or last not in _PEOPLE or route.public_reason or route.has("authentication"):
        return False
    return not project.says(_REGISTERS, *javascript.LANGUAGES) and password_in_body(project, module, function.node)


def _paths(project: Project, module: Module, call: Call | None) -> list[str]:
    """The paths of `@Get('x')`, `@Get(['x', 'y'])`, `@Controller({ path: 'x' })`; one empty path for none."""
    if call is None or not call.args:
        return [""]
    found = value_of(project, module, call.args[0])
    node = found.node
    if node is not None and node.type == "object":
        node = javascript.property_of(node, "path")
    if node is not None and node.type == "array":
        return [javascript.string_of(c) for c in node.named_children] or [""]
    return [javascript.string_of(node)]


def _for_everybody(decorator: str) -> bool:
    """`@Roles(Role.User)`: the role that whoever registers is given is no right that few have."""
    named = [m["role"].lower().removeprefix("role_") for m in _ROLE.finditer(decorator.partition("(")[2])]
    return any(n in _ORDINARY for n in named)


def _from_elsewhere(project: Project, module: Module, klass: Klass, function: Function) -> bool:
    """Whether a guard of a package stands before a method: it may well read the roles."""
    uses = (module.call_at(d) for d in (*klass.decorators, *function.decorators))
    guards = [a for use in uses if use is not None and use.last == "UseGuards" for a in use.args]
    return any(value_of(project, module, g).kind != "class" and not text_of(g).startswith("AuthGuard") for g in guards)


def _guards(
    project: Project,
    module: Module,
    klass: Klass,
    function: Function,
    shared: nest_guards.Shared,
    method: str,
    path: str,
) -> tuple[Guard, ...]:
    own = nest_guards.of_decorators(project, module, function.decorators)
    above = nest_guards.of_decorators(project, module, klass.decorators)
    standing = (*shared.guards, *above)
    if any(_OPENED.match(_name(module, d)) for d in (*function.decorators, *klass.decorators)):
        standing = tuple(
            g for g in standing if g.kind.removeprefix("named-") not in ("authentication", "authorization")
        )
    decorators = (*function.decorators, *klass.decorators)
    roles = [d for d in decorators if nest_guards.names_roles(_name(module, d))]
    named = bool(roles) or any(nest_guards.sets_roles(project, module, d) for d in decorators)
    opened = any(_OPENED.match(_name(module, d)) for d in function.decorators)
    own, standing = (nest_guards.settled(gs, named=named) for gs in (own, standing))
    reads = method == "GET" and all(_READS.search(text_of(r)) for r in roles)
    if opened or reads:  # whoever may call it, roles of the class or not; a right to read says little
        roles = [r for r in roles if not opened and "authorization" in {g.kind for g in (*standing, *own)}]
    asked = {g.kind for g in (*standing, *own)}
    if roles:
        read = shared.checks_roles or "authorization" in asked or _from_elsewhere(project, module, klass, function)
        kind = "authorization" if read else "unread-role"
        if not read and "authentication" not in asked and method not in ("GET", "HEAD"):
            return (*standing, *own, *shared.middleware(klass.name, method, path))  # nobody is even asked who it is
        own = (*own, Guard(kind, "decorator", text_of(roles[0])[:60], module.file.locate(roles[0])))
    if roles and _for_everybody(text_of(roles[0])):
        own, standing = (
            tuple(replace(g, kind="authentication") if g.kind == "authorization" else g for g in kept)
            for kept in (tuple(g for g in own if g.kind != "unread-role"), standing)
        )
    return (*standing, *own, *shared.middleware(klass.name, method, path))
