"""The guards that FastAPI's dependencies are: functions, classes, instances, security schemes, and chains of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Call, Function, Module, Param, text_of
from vibeaudit.survey.guards.trades import ROLE_OF_MANY, of_many

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAX_DEPTH = 6
_DEPENDS = ("Depends", "Security", "Inject")
# a scheme takes the credentials from the request; whether they are good is for whoever reads them
_SCHEME = re.compile(
    r"(^|\.)(OAuth2\w*|HTTPBearer|HTTPBasic|HTTPDigest|APIKey(?:Header|Cookie|Query)|OpenIdConnect|SecurityBase)$"
)
_FORM = re.compile(r"\bOAuth2PasswordRequestForm(?:Strict)?\b")  # a name and a password, which nobody has looked at yet
_OPTIONAL = re.compile(r"auto_error\s*=\s*False|optional\s*=\s*True")


def listed(project: Project, module: Module, call: Call) -> tuple[Guard, ...]:
    """The guards of a `dependencies=[...]` argument."""
    value = call.keywords.get("dependencies")
    if value is not None and value.type == "identifier":
        found = project.meaning(module, text_of(value))
        if found and found.value is not None:
            module, value = found.module, found.value
    return tuple(g for c in value.named_children for g in of_node(project, module, c, 0)) if value is not None else ()


def of_function(project: Project, module: Module, function: Function, depth: int = 0) -> tuple[Guard, ...]:
    """The guards of a function's parameters. Credentials that it takes and never looks at stop nobody."""
    guards: list[Guard] = []
    for param in function.params:
        for guard in _of_param(project, module, param, depth):
            if guard.name.rpartition(".")[2] == "AuthJWT":  # a helper that asks for the token when it is told to
                asks = re.search(
                    rf"\b{re.escape(param.name)}\.(?:fresh_)?jwt_(?:refresh_token_)?required\(", text_of(function.body)
                )
                guards += [replace(guard, how="dependency")] if asks else []
            elif guard.how != "scheme":
                guards.append(guard)
            elif re.search(rf"\b{re.escape(param.name)}\b", text_of(function.body)):
                guards.append(replace(guard, how="dependency"))
    return tuple(guards)


def _of_param(project: Project, module: Module, param: Param, depth: int) -> Iterator[Guard]:
    """`x = Depends(f)`, `x: Annotated[T, Depends(f)]`, an alias of the latter, `x: Class = Depends()`."""
    if _FORM.search(" ".join(text_of(n) for n in (param.type_node, param.default) if n is not None)):
        return
    if param.default is not None and (call := module.call_at(param.default)) and call.last in _DEPENDS:
        if not call.args and "dependency" not in call.keywords and param.type_node is not None:
            kind = param.type_node.named_children[0] if param.type_node.type == "type" else param.type_node
            yield from _of_target(project, module, kind, param.default, depth)
        else:
            yield from of_node(project, module, param.default, depth)
    elif param.default is not None and param.default.type in ("identifier", "attribute"):
        yield from of_node(project, module, param.default, depth)
    elif param.type_node is not None:
        yield from _annotated(project, module, param.type_node, depth)


def _annotated(project: Project, module: Module, node: Node, depth: int) -> Iterator[Guard]:
    if depth > _MAX_DEPTH:
        return
    depends = [c for c in module.calls_in(node) if c.last in _DEPENDS]
    for call in depends:
        yield from of_node(project, module, call.node, depth + 1)
    name = text_of(node)
    if not depends and re.fullmatch(r"[A-Za-z_][\w.]*", name):
        found = project.meaning(module, name)
        held = found.value if found and found.function is None else None
        if found and held is not None and held.type in ("subscript", "call", "generic_type"):
            yield from _annotated(project, found.module, held, depth + 1)


def of_node(project: Project, module: Module, node: Node, depth: int) -> tuple[Guard, ...]:
    """The guards of `Depends(f)`, `Security(f, scopes=[...])` or a name that holds one."""
    call = module.call_at(node)
    if depth > _MAX_DEPTH:
        return ()
    if call is None:  # an alias: `admin_only = Depends(require_admin)`
        found = project.meaning(module, python.dotted(node)) if python.dotted(node) else None
        if found and found.value is not None and found.value is not node and not found.function:
            return of_node(project, found.module, found.value, depth + 1)
        return ()
    target = (*call.args, call.keywords.get("dependency"))[0]
    if call.last not in _DEPENDS or target is None:
        return ()
    guards = _of_target(project, module, target, node, depth)
    if call.last == "Security" and re.search(r"['\"]", text_of(call.keywords.get("scopes"))):
        guards = (*guards, Guard("authorization", "dependency", text_of(target)[:60], module.file.locate(node)))
    return guards


def _of_target(project: Project, module: Module, target: Node, node: Node, depth: int) -> tuple[Guard, ...]:
    """The guards of what is depended on, named by it and placed at `node`."""
    inner = module.call_at(target)
    name = inner.name if inner else python.dotted(target)
    if not name or depth > _MAX_DEPTH:
        return ()
    guards = [*_called(project, module, target, name, inner, depth)]
    if of_many(target) and (role := next((g for g in guards if g.kind == "authorization"), None)):
        guards.append(replace(role, kind=ROLE_OF_MANY))
    at = module.file.locate(node)
    return tuple(replace(g, name=name, location=at, how=g.how if g.how == "scheme" else "dependency") for g in guards)


def _called(
    project: Project, module: Module, target: Node, name: str, inner: Call | None, depth: int
) -> tuple[Guard, ...]:  # fmt: skip
    if owner := lineage(project, module, name):
        return _of_class(project, owner, "__call__" if inner else "__init__", depth)
    found = project.meaning(module, name)
    if found and found.function:
        own = guarding.of_expression(project, module, target, "dependency")
        return (*own, *of_function(project, found.module, found.function, depth + 1))
    at = module.file.locate(target)
    made = found.module.call_at(found.value) if found and found.value is not None else inner
    if made is not None:
        home = found.module if found else module
        if (owner := lineage(project, home, made.name)) is not None:
            return _of_class(project, owner, "__call__", depth)
        if _SCHEME.search(made.name):
            optional = _OPTIONAL.search(text_of(made.node))
            return () if optional else (Guard("authentication", "scheme", name, at),)
        if made.last == "current_user":  # fastapi-users
            kinds = (
                ("authentication", "authorization") if "superuser=True" in text_of(made.node) else ("authentication",)
            )
            return (
                () if _OPTIONAL.search(text_of(made.node)) else tuple(Guard(k, "dependency", name, at) for k in kinds)
            )
    return guarding.of_expression(project, module, target, "dependency")


def _of_class(project: Project, owner: Lineage, entered: str, depth: int) -> tuple[Guard, ...]:
    """A class that is depended on runs `__init__`, an instance of it `__call__`."""
    method = owner.method(entered)
    if method is None:
        if entered == "__call__" and owner.inherits(_SCHEME):
            return (Guard("authentication", "scheme", owner.name, owner.home.file.locate(owner.klass.node)),)
        return ()
    home, function = method
    guards = guarding.in_function(project, home, function).stopping
    return (*guards, *of_function(project, home, function, depth + 1))


def filled(project: Project, module: Module, function: Function) -> frozenset[str]:
    """The parameters that a dependency fills and not the caller."""
    found = set()
    for param in function.params:
        said = module.calls_in(param.default) if param.default is not None else []
        if param.type_node is not None:
            said += module.calls_in(param.type_node)
            meaning = project.meaning(module, param.type) if re.fullmatch(r"[A-Za-z_][\w.]*", param.type) else None
            if meaning and meaning.value is not None and meaning.value.type != "class_definition":
                said += meaning.module.calls_in(meaning.value)
        if any(call.last in _DEPENDS for call in said):
            found.add(param.name)
    return frozenset(found)


def of_controller(project: Project, module: Module, name: str) -> tuple[Guard, ...]:
    """The dependencies that a controller class, or a class above it, declares as attributes."""
    owner = lineage(project, module, name)
    guards: list[Guard] = []
    for home, klass in owner.classes if owner else ():
        for assign in home.assigns_in(klass.node):
            if home.call_at(assign.value):
                guards += of_node(project, home, assign.value, 0)
    return tuple(replace(g, how="dependency") for g in guards)
