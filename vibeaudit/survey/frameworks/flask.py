"""Flask (and Quart): routes, blueprints, decorators, before_request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"flask|Blueprint|quart|@\w+\.(route|get|post|put|patch|delete)\(", re.IGNORECASE)
_VERBS = ("get", "post", "put", "patch", "delete")
Key = tuple[str, str]


@dataclass
class _Scope:
    """An app or a blueprint. `standing` guards come from before_request."""

    module: Module
    is_app: bool
    prefix: str = ""
    standing: tuple[Guard, ...] = ()
    mounted: list[tuple[str, Key]] = field(default_factory=list)


def routes(project: Project) -> Iterator[Route]:
    """Each view function's routes."""
    scopes: dict[Key, _Scope] = {}
    modules = tuple(project.hinted(_HINT, "python"))
    for module in modules:
        _makers(module, scopes)
    for module in modules:
        _mounts(project, module, scopes)
        _before(project, module, scopes)
    app_wide = tuple(g for s in scopes.values() if s.is_app for g in s.standing)
    for module in modules:
        for function in module.functions:
            yield from _of_function(project, module, function, scopes, app_wide)
        yield from _rules(project, module, scopes, app_wide)


def _makers(module: Module, scopes: dict[Key, _Scope]) -> None:
    for assign in module.assigns:
        call = module.call_at(assign.value)
        if call and call.last in ("Flask", "Quart", "Blueprint", "APIBlueprint") and assign.targets:
            prefix = python.string_of(call.keywords.get("url_prefix"))
            scopes[(module.path, assign.targets[0])] = _Scope(module, call.last in ("Flask", "Quart"), prefix)
    for function in module.functions:  # `def register_routes(app):`
        for param in function.params:
            if param.name == "app" or param.type.endswith("Flask"):
                scopes.setdefault((module.path, param.name), _Scope(module, True))


def _mounts(project: Project, module: Module, scopes: dict[Key, _Scope]) -> None:
    for call in module.calls:
        if call.last != "register_blueprint" or not call.args:
            continue
        target = _key(project, module, python.dotted(call.args[0]), scopes)
        parent = _key(project, module, call.name.rpartition(".")[0], scopes) or (module.path, "")
        if target:
            prefix = call.keywords.get("url_prefix")
            scopes[target].mounted.append(
                (python.string_of(prefix) if prefix is not None else scopes[target].prefix, parent)
            )


def _before(project: Project, module: Module, scopes: dict[Key, _Scope]) -> None:
    for function in module.functions:
        for decorator in function.decorators:
            name = python.dotted(decorator)
            holder, _, verb = name.rpartition(".")
            if verb not in ("before_request", "before_app_request"):
                continue
            key = _key(project, module, holder, scopes)
            if key is None:
                continue
            found = guarding.in_function(project, module, function).guards
            scopes[key].standing += tuple(replace(g, how="middleware") for g in found)
    for call in module.calls:
        if (
            call.last == "before_request"
            and call.args
            and (key := _key(project, module, call.name.rpartition(".")[0], scopes))
        ):
            scopes[key].standing += guarding.of_expression(project, module, call.args[0], "middleware")


def _key(project: Project, module: Module, name: str, scopes: dict[Key, _Scope]) -> Key | None:
    if (module.path, name) in scopes:
        return (module.path, name)
    found = project.meaning(module, name) if name else None
    key = (found.module.path, found.name) if found else None
    return key if key in scopes else None


def _prefix(scopes: dict[Key, _Scope], key: Key, depth: int = 0) -> str:
    scope = scopes[key]
    if not scope.mounted or depth > 5:
        return scope.prefix
    prefix, parent = scope.mounted[0]
    above = _prefix(scopes, parent, depth + 1) if parent in scopes and not scopes[parent].is_app else ""
    return above + prefix


def _of_function(
    project: Project, module: Module, function: Function, scopes: dict[Key, _Scope], app_wide: tuple[Guard, ...]
) -> Iterator[Route]:
    others: list[Guard] = []
    for decorator in function.decorators:
        others += (
            guarding.of_expression(project, module, decorator, "decorator")
            if not _is_route(module.call_at(decorator))
            else ()
        )
    for decorator in function.decorators:
        call = module.call_at(decorator)
        if call is None or not _is_route(call):
            continue
        holder, _, verb = call.name.rpartition(".")
        key = _key(project, module, holder, scopes)
        if key is None:
            continue
        standing = () if scopes[key].is_app else scopes[key].standing
        path = _prefix(scopes, key) + (
            python.string_of(call.args[0]) if call.args else python.string_of(call.keywords.get("rule"))
        )
        yield entries.route(
            project,
            entries.Entry(
                "flask",
                _methods(verb, call),
                path,
                module,
                call.node,
                function,
                module,
                None,
                (*_exempt(function, app_wide), *standing, *others),
            ),
        )


def _exempt(function: Function, app_wide: tuple[Guard, ...]) -> tuple[Guard, ...]:
    return tuple(g for g in app_wide if g.kind in ("authentication", "authorization", "rate-limit", "csrf"))


def _is_route(call: Call | None) -> bool:
    return call is not None and (call.last == "route" or (call.last in _VERBS and bool(call.args)))


def _methods(verb: str, call: Call) -> tuple[str, ...]:
    if verb in _VERBS:
        return (verb.upper(),)
    named = tuple(m.upper() for m in re.findall(r"[A-Za-z]+", text_of(call.keywords.get("methods"))))
    return named or ("GET",)


def _rules(project: Project, module: Module, scopes: dict[Key, _Scope], app_wide: tuple[Guard, ...]) -> Iterator[Route]:
    """`app.add_url_rule('/x', view_func=f)` and Flask-RESTful's `api.add_resource(Cls, '/x')`."""
    for call in module.calls:
        if (
            call.last == "add_url_rule"
            and call.args
            and (key := _key(project, module, call.name.rpartition(".")[0], scopes))
        ):
            view = call.keywords.get("view_func") or (call.args[2] if len(call.args) > 2 else None)
            found = project.meaning(module, python.dotted(view)) if view is not None else None
            if found and found.function:
                guards = [
                    g
                    for d in found.function.decorators
                    for g in guarding.of_expression(project, found.module, d, "decorator")
                ]
                path = _prefix(scopes, key) + python.string_of(call.args[0])
                yield entries.route(
                    project,
                    entries.Entry(
                        "flask",
                        _methods("", call),
                        path,
                        module,
                        call.node,
                        found.function,
                        found.module,
                        None,
                        (*app_wide, *guards),
                    ),
                )
        elif call.last == "add_resource" and len(call.args) > 1:
            yield from _resource(project, module, call, app_wide)


def _resource(project: Project, module: Module, call: Call, app_wide: tuple[Guard, ...]) -> Iterator[Route]:
    name = python.dotted(call.args[0])
    found = project.meaning(module, name)
    home = found.module if found else module
    name = found.name if found else name
    klass = home.by_class.get(name)
    listed = (
        [a for a in home.assigns_in(klass.node) if "method_decorators" in a.targets or "decorators" in a.targets]
        if klass
        else []
    )
    shared = [g for a in listed for g in guarding.of_expression(project, home, a.value, "decorator")]
    for verb in _VERBS:
        function = home.by_name.get(f"{name}.{verb}")
        if function is None:
            continue
        guards = [g for d in function.decorators for g in guarding.of_expression(project, home, d, "decorator")]
        node = function.node
        yield entries.route(
            project,
            entries.Entry(
                "flask",
                (verb.upper(),),
                python.string_of(call.args[1]),
                home,
                node,
                function,
                home,
                None,
                (*app_wide, *shared, *guards),
            ),
        )
