"""What refuses a caller in NestJS: guard classes, by what they do first, their decorators, pipes and middleware."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.members import member
from vibeaudit.survey.javascript.values import returned, value_of
from vibeaudit.survey.words import kinds_by_name, words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_GLOBAL = re.compile(rb"APP_GUARD|APP_PIPE|useGlobalGuards|useGlobalPipes|setGlobalPrefix|\.forRoutes\(")
_ROLES = re.compile(r"^(?:\w*Roles?|Has\w*Permissions?|\w*Permissions?|\w*Policies|Scopes|Admin\w*)$")
# `this.reflector.getAllAndOverride(ROLES_KEY, ...)`: what `@Roles('admin')` left at the method
_READS_ROLES = re.compile(r"\b\w*[rR]eflector\.get\w*(?:<[^()]*>)?\(\s*(?P<key>[\w.'\"]+)")
_ROLES_OF = re.compile(
    r"\b(?:const|let|var)\s+(?P<name>\w+)\s*(?::[^=;]+)?=\s*(?:\w+\.)*\w*[rR]eflector\s*\.get\w*(?:<[^()]*>)?\("
    r"\s*[\w.'\"]*(?i:role|permission|polic|scope|right|abilit)"
)
_LETS_UNNAMED = (
    r"\bif\s*\(\s*(?:!\s*{name}\b|{name}\s*===?\s*(?:undefined|null)\b|{name}(?:\?)?\.length\s*(?:===?\s*0|<\s*1))"
    r"[^{{}};]*\)\s*\{{?\s*return\s+true\b|\breturn\s+!\s*{name}\s*\|\|"
)
_NAMED = "named-"
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class _Applied:
    """A middleware and what it is applied to: (method, path) pairs and names of controllers."""

    guards: tuple[Guard, ...]
    places: tuple[tuple[str, str], ...]
    controllers: frozenset[str]
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """What holds for every controller of the app."""

    guards: tuple[Guard, ...] = ()
    prefix: str = ""
    checks_roles: bool = False
    applied: tuple[_Applied, ...] = ()

    @classmethod
    def of(cls, project: Project) -> Shared:
        """What the app's modules and its start-up say."""
        found: list[Guard] = []
        applied: list[_Applied] = []
        prefix = ""
        for module in project.hinted(_GLOBAL, *javascript.LANGUAGES):
            for call in module.calls:
                if call.last == "useGlobalGuards":
                    found += [g for a in call.args for g in of_guard(project, module, a, "global")]
                elif call.last == "useGlobalPipes":
                    found += _validation(module, call.args, "global")
                elif call.last == "setGlobalPrefix" and call.args:
                    prefix = javascript.string_of(call.args[0])
                elif call.last == "forRoutes":
                    applied += _applied(project, module, call)
            found += _provided(project, module)
        roles = any(g.kind.removeprefix(_NAMED) == "authorization" for g in found)
        return cls(tuple(found), prefix, roles, tuple(applied))

    def middleware(self, controller: str, method: str, path: str) -> tuple[Guard, ...]:
        """The guards of the middleware that a route passes."""
        inner = path.removeprefix("/" + self.prefix.strip("/")) if self.prefix else path
        return tuple(
            g
            for a in self.applied
            if (controller in a.controllers or _covered(a.places, method, inner))
            and not _covered(a.left_out, method, inner)
            for g in a.guards
        )


def _covered(places: tuple[tuple[str, str], ...], method: str, path: str) -> bool:
    """Whether a `forRoutes` place covers a route. `:slug` stands for one part, `*` for the rest."""
    for wanted, pattern in places:
        shape = re.sub(r":\w+", "[^/]+", re.escape(pattern.strip("/")).replace(r"\*", ".*").replace(r"\:", ":"))
        if wanted in ("", method) and re.fullmatch(shape, path.strip("/")):
            return True
    return False


def of_decorators(project: Project, module: Module, decorators: tuple[Node, ...]) -> tuple[Guard, ...]:
    """The guards that the decorators of a class or a method put up."""
    found: list[Guard] = []
    for decorator in decorators:
        call = module.call_at(decorator)
        if call is None:
            continue
        if call.last == "UseGuards":
            found += [g for a in call.args for g in of_guard(project, module, a, "decorator")]
        elif call.last == "UsePipes":
            found += _validation(module, call.args, "decorator")
        elif call.last == "UseInterceptors" or call.name in ("Controller", "Get", "Post"):
            continue
        else:
            found += _composed(project, module, call)
    return tuple(found)


def _composed(project: Project, module: Module, call: Call) -> Iterator[Guard]:
    """`@Auth(Role.Admin)`, made with `applyDecorators(UseGuards(...))` in this app."""
    for value in returned(project, module, call.node):
        made = value.module.call_at(value.node) if value.node is not None else None
        uses = [value.module.call_at(a) for a in made.args] if made and made.last == "applyDecorators" else []
        named = any(u is not None and (names_roles(u.name) or _sets_roles(u)) for u in uses)
        for use in uses:
            if use is not None and use.last == "UseGuards":
                found = [g for a in use.args for g in of_guard(project, value.module, a, "decorator")]
                yield from settled(found, named=True) if named else found
            elif use is not None and names_roles(use.name) and call.args:
                yield Guard("authorization", "decorator", call.name, module.file.locate(call.node))


def sets_roles(project: Project, module: Module, decorator: Node) -> bool:
    """Whether a decorator says which roles may call, by its name or by what it leaves at the method."""
    call = module.call_at(decorator)
    if call is None:
        return False
    made = (v.module.call_at(v.node) for v in returned(project, module, call.node) if v.node is not None)
    inner = [i for c in made if c is not None for i in (c, *filter(None, map(module.call_at, c.args)))]
    return names_roles(call.name) or any(_sets_roles(c) for c in inner)


def _sets_roles(call: Call) -> bool:
    """`SetMetadata(ROLES_KEY, roles)`."""
    key = text_of(call.args[0]).strip("'\"`").rsplit(".", 1)[-1] if call.args else ""
    return call.last == "SetMetadata" and bool(words(key) & _ROLE_WORDS)


def names_roles(name: str) -> bool:
    """Whether a decorator says which roles may call."""
    return _ROLES.match(name) is not None


def of_guard(project: Project, module: Module, node: Node, how: str, depth: int = 0) -> tuple[Guard, ...]:
    """The guards that a guard class, an instance of one, or `AuthGuard('jwt')` stands for."""
    at = module.file.locate(node)
    found = value_of(project, module, node)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is not None and call.node.type == "new_expression" and depth < _MAX_DEPTH:
        made = call.node.child_by_field_name("constructor")
        return of_guard(project, found.module, made, how, depth + 1) if made is not None else ()
    name = call.name if call is not None else javascript.dotted(node)
    kinds = _of_class(project, found, name, depth) if found.kind == "class" else _by_name(name, call)
    if found.kind == "class":
        kinds = _of_the_named(project, found, kinds)
    return tuple(Guard(kind, how, name, at) for kind in kinds)


def _of_the_named(project: Project, found: Value, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """`named-authorization` for a guard that lets everybody through where no decorator names a role."""
    method = member(project, found, "canActivate")
    if method is None or method.function is None:
        return kinds
    text = method.module.code_in(method.function.body)
    asked = _ROLES_OF.search(text)
    open_door = re.search(_LETS_UNNAMED.format(name=asked["name"]), text) if asked is not None else None
    if open_door is None:
        return kinds
    known = re.search(r"\b(?:throw|return\s+false|super\.canActivate)\b", text[: open_door.start()])
    return tuple(k if k == "authentication" and known else f"{_NAMED}{k}" for k in kinds)


def settled(guards: Iterable[Guard], *, named: bool) -> tuple[Guard, ...]:
    """The guards of a handler, for which a decorator names roles or does not. Who has a role is known."""
    kept: list[Guard] = []
    for guard in guards:
        if not guard.kind.startswith(_NAMED):
            kept.append(guard)
        elif named:
            kept += [replace(guard, kind=k) for k in dict.fromkeys(("authentication", guard.kind.removeprefix(_NAMED)))]
    return tuple(dict.fromkeys(kept))


def _by_name(name: str, call: Call | None) -> tuple[str, ...]:
    if name.endswith("AuthGuard"):
        strategy = javascript.string_of(call.args[0]) if call is not None and call.args else "jwt"
        return ("authentication",) if strategy != "local" else ()
    if "Throttler" in name:
        return ("rate-limit",)
    return kinds_by_name(name)


def _of_class(project: Project, found: Value, name: str, depth: int) -> tuple[str, ...]:
    """What `canActivate` or a middleware's `use` refuses; else what the class above it does."""
    assert found.node is not None
    method = member(project, found, "canActivate") or member(project, found, "use")
    kinds: set[str] = set()
    own = method is not None and method.node is not None and _inside(method.node, found.node)
    if method is not None and method.function is not None:
        reading = guarding.in_function(project, method.module, method.function)
        kinds = {g.kind for g in reading.stopping}
        text = method.module.code_in(method.function.body)
        if re.search(r"\breturn\b", text) and (reading.tells_who or reading.tells_role):
            kinds |= {"authentication"} if reading.tells_who else set()
            kinds |= {"authorization"} if reading.tells_role or words(name) & _ROLE_WORDS else set()
        if own and (asked := _READS_ROLES.search(text)) and words(f"{name} {asked['key']}") & _ROLE_WORDS:
            kinds |= {"authorization"}
        if not kinds and own and re.search(r"\b(?:throw|false)\b", text):
            kinds = set(kinds_by_name(name))
    if own and "super.canActivate" not in text_of(found.node):
        return tuple(sorted(kinds))
    heritage = next((c for c in found.node.named_children if c.type == "class_heritage"), None)
    base = re.search(r"extends\s+([\w.]*)(?:\(\s*['\"](\w[\w-]*)['\"])?", text_of(heritage))
    if base and base[1].endswith("AuthGuard"):
        kinds |= {"authentication"} if base[2] != "local" else set()
    elif base:
        kinds |= set(_by_name(base[1], None))
    return tuple(sorted(kinds))


_ROLE_WORDS = frozenset("admin role roles permission permissions owner scope scopes policy policies".split())


def _inside(inner: Node, outer: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _provided(project: Project, module: Module) -> list[Guard]:
    """`{ provide: APP_GUARD, useClass: RolesGuard }` in the providers of a module."""
    found: list[Guard] = []
    for call in module.calls:
        if call.last != "Module" or not call.args or call.args[0].type != "object":
            continue
        providers = javascript.property_of(call.args[0], "providers")
        for item in providers.named_children if providers is not None else ():
            kind = text_of(javascript.property_of(item, "provide")) if item.type == "object" else ""
            used = next(
                (
                    v
                    for n in ("useClass", "useExisting", "useValue")
                    if (v := javascript.property_of(item, n)) is not None
                ),
                None,
            )
            if kind == "APP_GUARD" and used is not None:
                found += of_guard(project, module, used, "global")
            elif kind == "APP_PIPE" and used is not None:
                found += _validation(module, (used,), "global")
    return found


def _validation(module: Module, args: tuple[Node, ...], how: str) -> list[Guard]:
    return [
        Guard("validation", how, text_of(a).split("(")[0].removeprefix("new ").strip(), module.file.locate(a))
        for a in args
        if ("Validation" in text_of(a)[:80] or "Zod" in text_of(a)[:80]) and not _LETS_MORE.match(text_of(a))
    ]


# the pipe of Nest takes fields away that nobody listed only when it is asked to
_LETS_MORE = re.compile(
    r"(?:new\s+)?ValidationPipe(?:\s*\(\s*\)|\s*\(\s*\{(?![^}]*(?:\bwhitelist\s*:\s*(?!false)|\.\.\.))[\s\S]*)?$"
)


def _applied(project: Project, module: Module, call: Call) -> Iterator[_Applied]:
    """`consumer.apply(AuthMiddleware).exclude(...).forRoutes({ path: 'notes', method: RequestMethod.POST })`."""
    left_out: tuple[tuple[str, str], ...] = ()
    node = call.node.child_by_field_name("function")
    for _ in range(6):
        below = node.child_by_field_name("object") if node is not None else None
        inner = module.call_at(below) if below is not None else None
        if inner is None:
            return
        if inner.last == "exclude":
            left_out = tuple(p for a in inner.args if (p := _place(a)))
        if inner.last == "apply":
            guards = tuple(g for a in inner.args for g in _of_middleware(project, module, a))
            places = tuple(p for a in call.args if (p := _place(a)))
            yield _Applied(guards, places, frozenset(text_of(a) for a in call.args if a.type == "identifier"), left_out)
            return
        node = inner.node.child_by_field_name("function")


def _of_middleware(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    found = of_guard(project, module, node, "middleware")
    return found or guarding.of_expression(project, module, node, "middleware")


def _place(node: Node) -> tuple[str, str] | None:
    if node.type == "object":
        path = javascript.string_of(javascript.property_of(node, "path"))
        method = text_of(javascript.property_of(node, "method")).rsplit(".", 1)[-1]
        return ("" if method == "ALL" else method, path)
    path = javascript.string_of(node)
    return ("", path) if path else None
