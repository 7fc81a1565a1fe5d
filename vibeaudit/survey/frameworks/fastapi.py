"""FastAPI: path operations, APIRouter prefixes, dependencies at every level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, Param, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"fastapi|FastAPI|APIRouter|include_router|@\w*(router|app|api)\w*\.(get|post|put|patch|delete)\(")
_VERBS = {v: (v.upper(),) for v in ("get", "post", "put", "patch", "delete", "head", "options")} | {
    "websocket": ("WEBSOCKET",)
}
Key = tuple[str, str]


@dataclass
class _Router:
    module: Module
    prefix: str = ""
    guards: tuple[Guard, ...] = ()
    parents: list[tuple[Key, str, tuple[Guard, ...]]] = field(default_factory=list)
    operations: list[tuple[Function, Call, str]] = field(default_factory=list)


def routes(project: Project) -> Iterator[Route]:
    """Each path operation, once for every place that its router is included."""
    routers: dict[Key, _Router] = {}
    modules = tuple(project.hinted(_HINT, "python"))
    for module in modules:
        _makers(project, module, routers)
    for module in modules:
        _includes(project, module, routers)
        _operations(project, module, routers)
    for key in sorted(routers):
        places = _places(routers, key, frozenset())
        for function, call, path in routers[key].operations:
            for prefix, standing in places:
                yield _route(project, routers[key].module, function, call, prefix + path, standing)


def _makers(project: Project, module: Module, routers: dict[Key, _Router]) -> None:
    for assign in module.assigns:
        call = module.call_at(assign.value)
        if call is None or not (call.last == "FastAPI" or call.last.endswith("APIRouter")) or not assign.targets:
            continue
        router = _Router(module, python.string_of(call.keywords.get("prefix")), _listed(project, module, call))
        routers[(module.path, assign.targets[0])] = router
    for function in module.functions:
        for decorator in function.decorators:
            call = module.call_at(decorator)
            if call and call.last == "middleware" and (key := (module.path, call.name.rpartition(".")[0])) in routers:
                found = tuple(
                    replace(g, how="middleware") for g in guarding.in_function(project, module, function).guards
                )
                routers[key].guards += _whole(module, function, found)


def _whole(module: Module, function: Function, found: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """A middleware that looks at the path guards some routes only; we cannot tell which, so none."""
    return (
        ()
        if re.search(r"url\.path|startswith\(", text_of(function.body))
        and not re.search(r"not in|in \w*PUBLIC|exempt|skip", text_of(function.body), re.IGNORECASE)
        else found
    )


def _listed(project: Project, module: Module, call: Call) -> tuple[Guard, ...]:
    """The guards of a `dependencies=[...]` argument."""
    value = call.keywords.get("dependencies")
    if value is None:
        return ()
    return tuple(g for c in value.named_children for g in _dependency(project, module, c, 0))


def _dependency(project: Project, module: Module, node: Node, depth: int) -> tuple[Guard, ...]:
    """The guards of `Depends(f)`, `Security(f, scopes=[...])`, followed through f's own dependencies."""
    call = module.call_at(node)
    if depth > 6:
        return ()
    if call is None:  # an alias: `admin_only = Depends(require_admin)`
        found = project.meaning(module, python.dotted(node)) if python.dotted(node) else None
        if found and found.value is not None and found.value is not node and not found.function:
            return _dependency(project, found.module, found.value, depth + 1)
        return ()
    if call.last not in ("Depends", "Security") or not call.args:
        return ()
    target = call.args[0]
    guards = list(guarding.of_expression(project, module, target, "dependency"))
    if call.last == "Security":
        guards.append(Guard("authentication", "dependency", text_of(target)[:60], module.file.locate(node)))
    inner = module.call_at(target)
    name = inner.name if inner else python.dotted(target)
    found = project.meaning(module, name) if name else None
    if found and found.function:
        for param in found.function.params:
            guards += [replace(g, name=name) for g in _param(project, found.module, param, depth + 1)]
    return tuple(replace(g, how="dependency", location=module.file.locate(node)) for g in guards)


def _param(project: Project, module: Module, param: Param, depth: int = 0) -> tuple[Guard, ...]:
    """The guards of a parameter: `x = Depends(f)`, `x: Annotated[T, Depends(f)]`, or an alias of the latter."""
    if param.default is not None and (module.call_at(param.default) or param.default.type == "identifier"):
        return _dependency(project, module, param.default, depth)
    return _annotated(project, module, param.type_node, depth) if param.type_node is not None else ()


def _annotated(project: Project, module: Module, node: Node, depth: int) -> tuple[Guard, ...]:
    if depth > 6:
        return ()
    depends = [c for c in module.calls_in(node) if c.last in ("Depends", "Security")]
    if depends:
        return tuple(g for c in depends for g in _dependency(project, module, c.node, depth + 1))
    name = text_of(node)
    if re.fullmatch(r"[A-Za-z_][\w.]*", name):
        found = project.meaning(module, name)
        if (
            found
            and found.value is not None
            and found.function is None
            and found.value.type in ("subscript", "call", "generic_type")
        ):
            return _annotated(project, found.module, found.value, depth + 1)
    return ()


def _of_class(project: Project, module: Module, name: str, depth: int) -> tuple[Guard, ...]:
    """The dependencies that a controller class, or a class above it, declares as attributes."""
    klass = module.by_class.get(name)
    if klass is None or depth > 5:
        found = project.meaning(module, name) if depth <= 5 else None
        if found is None or found.value is None or found.name not in found.module.by_class or found.module is module:
            return ()
        return _of_class(project, found.module, found.name, depth + 1)
    guards: list[Guard] = []
    for assign in module.assigns_in(klass.node):
        if module.call_at(assign.value):
            guards += _dependency(project, module, assign.value, 0)
    for base in klass.bases:
        guards += _of_class(project, module, base.split("[")[0], depth + 1)
    return tuple(guards)


def _includes(project: Project, module: Module, routers: dict[Key, _Router]) -> None:
    for call in module.calls:
        holder, _, verb = call.name.rpartition(".")
        if verb not in ("include_router", "mount") or not call.args:
            continue
        target = _key(
            project,
            module,
            python.dotted(call.args[0 if verb == "include_router" else 1])
            if len(call.args) > (verb == "mount")
            else "",
            routers,
        )
        parent = _key(project, module, holder, routers)
        if target is None:
            continue
        prefix = python.string_of(call.keywords.get("prefix")) or (
            python.string_of(call.args[0]) if verb == "mount" else ""
        )
        if not prefix and (value := call.keywords.get("prefix")) is not None:
            prefix = _constant(project, module, value)
        if parent is None:  # an app made inside a function
            routers.setdefault((module.path, holder), _Router(module))
            parent = (module.path, holder)
        routers[target].parents.append((parent, prefix, _listed(project, module, call)))


def _constant(project: Project, module: Module, node: Node) -> str:
    """The value of `settings.API_V1_STR`, where a class of this app gives it as a literal."""
    if node.type == "string":  # an f-string around a constant
        return re.sub(r"\{[^}]*\}", "", python.string_of(node)) or ""
    name = python.dotted(node).rsplit(".", 1)[-1]
    found = project.meaning(module, python.dotted(node))
    if found and found.value is not None and python.string_of(found.value):
        return python.string_of(found.value)
    holder = project.meaning(module, python.dotted(node).split(".")[0])
    if holder and name in holder.module.values:
        return python.string_of(holder.module.values[name])
    return ""


def _key(project: Project, module: Module, name: str, routers: dict[Key, _Router]) -> Key | None:
    if (module.path, name) in routers:
        return (module.path, name)
    found = project.meaning(module, name) if name else None
    key = (found.module.path, found.name) if found else None
    return key if key in routers else None


def _operations(project: Project, module: Module, routers: dict[Key, _Router]) -> None:
    for function in module.functions:
        for decorator in function.decorators:
            call = module.call_at(decorator)
            if call is None:
                continue
            holder, _, verb = call.name.rpartition(".")
            key = _key(project, module, holder, routers)
            if key is None or (verb not in _VERBS and verb != "api_route"):
                continue
            path = python.string_of(call.args[0]) if call.args else python.string_of(call.keywords.get("path"))
            routers[key].operations.append((function, call, path))


def _places(routers: dict[Key, _Router], key: Key, seen: frozenset[Key]) -> list[tuple[str, tuple[Guard, ...]]]:
    """The prefixes and standing guards of a router, one for each way that it is included."""
    router = routers[key]
    if key in seen or not router.parents:
        return [(router.prefix, router.guards)]
    found: dict[str, tuple[Guard, ...]] = {}
    for parent, prefix, guards in router.parents:
        for above, standing in _places(routers, parent, seen | {key}):
            found.setdefault(above + prefix + router.prefix, (*standing, *guards, *router.guards))
    return sorted(found.items())[:4]


def _route(
    project: Project, module: Module, function: Function, call: Call, path: str, standing: tuple[Guard, ...]
) -> Route:
    verb = call.name.rpartition(".")[2]
    home = project.module(function.path) or module
    methods = _VERBS.get(verb) or tuple(re.findall(r"[A-Z]+", text_of(call.keywords.get("methods")))) or ("GET",)
    own = [*_listed(project, home, call)]
    for param in function.params:
        own += _param(project, home, param)
    if function.owner:
        own += _of_class(project, home, function.owner, 0)
    for decorator in function.decorators:
        if decorator.id != call.node.id:
            own += guarding.of_expression(project, home, decorator, "decorator")
    return entries.route(
        project,
        entries.Entry(
            "fastapi", methods, path or "/", home, call.node, function, home, None, (*standing, *own), signature=True
        ),
    )
