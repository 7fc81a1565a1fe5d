"""aiohttp: route tables, `add_routes`, `router.add_*`, class views, sub-applications, middlewares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import definition, lineage
from vibeaudit.survey.code import Call, Function, Module
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.standing import Standing, limited

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

Key = tuple[str, str]
_HINT = re.compile(rb"\baiohttp\b")
_SUBJECT = re.compile(r"\brequest\.(?:path|rel_url|match_info\.route|raw_path)\b")
_VERBS = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH = 4


@dataclass
class _App:
    standing: list[Standing] = field(default_factory=list)
    parents: list[tuple[Key, str]] = field(default_factory=list)


def routes(project: Project) -> Iterator[Route]:
    """Each route of each application and route table."""
    modules = tuple(m for m in project.hinted(_HINT, "python") if b"web" in m.file.data)
    apps = _apps(project, modules)
    for module in modules:
        for function in module.functions:
            for number, decorator in enumerate(function.decorators):
                call = module.call_at(decorator)
                if call and _is_table(project, module, call):
                    own = python_guards.of_decorators(project, module, function.decorators[number + 1 :])
                    for path, standing in _places(
                        apps, _holder_key(project, module, call), _path(project, module, call)
                    ):
                        yield _built(
                            project, module, call.node, _methods(call), path, function, module, (*standing, *own)
                        )
        for klass in module.classes:
            for decorator in klass.decorators:
                call = module.call_at(decorator)
                if call and call.last == "view" and call.args:
                    yield from _view(project, module, klass.name, call, apps, _holder_key(project, module, call))
        for call in module.calls:
            yield from _by_call(project, module, call, apps)


def _apps(project: Project, modules: tuple[Module, ...]) -> dict[Key, _App]:
    apps: dict[Key, _App] = {}
    for module in modules:
        for assign in module.assigns:
            call = module.call_at(assign.value)
            if call and call.name in ("web.Application", "aiohttp.web.Application", "Application") and assign.targets:
                app = apps.setdefault((module.path, assign.targets[0]), _App())
                app.standing += _middlewares(project, module, call.keywords.get("middlewares"))
    for module in modules:
        for call in module.calls:
            key = _key(project, module, call.name.rpartition(".")[0])
            if call.name.endswith("middlewares.append") and call.args:
                key = _key(project, module, call.name.removesuffix(".middlewares.append"))
                if key in apps:
                    apps[key].standing += _middleware(project, module, call.args[0])
            elif call.last == "add_subapp" and len(call.args) > 1:
                child = _key(project, module, python.dotted(call.args[1]))
                if child in apps and key:
                    apps[child].parents.append((key, constant(project, module, call.args[0]).rstrip("/")))
    return apps


def _key(project: Project, module: Module, name: str) -> Key | None:
    name = name.removesuffix(".router")
    if name in module.values:
        return (module.path, name)
    found = project.meaning(module, name) if name else None
    return (found.module.path, found.name) if found else None


def _holder_key(project: Project, module: Module, call: Call) -> Key | None:
    return _key(project, module, call.name.rpartition(".")[0])


def _middlewares(project: Project, module: Module, node: Node | None) -> Iterator[Standing]:
    for child in node.named_children if node is not None and node.type in ("list", "tuple") else ():
        yield from _middleware(project, module, child)


def _middleware(project: Project, module: Module, node: Node) -> Iterator[Standing]:
    found = project.meaning(module, python.dotted(node))
    if found and found.function:
        inside = guarding.in_function(project, found.module, found.function).guards
        guards = tuple(replace(g, how="middleware") for g in inside if g.kind != "validation")
        yield limited(found.module, found.function.body, guards, _SUBJECT)
    else:
        yield Standing(guarding.of_expression(project, module, node, "middleware"))


def _is_table(project: Project, module: Module, call: Call) -> bool:
    """`@routes.get("/x")` of a RouteTableDef."""
    holder, _, verb = call.name.rpartition(".")
    if verb not in (*_VERBS, "route") or not call.args:
        return False
    found = project.meaning(module, holder)
    made = found.module.call_at(found.value) if found and found.value is not None else None
    return made is not None and made.last == "RouteTableDef"


def _path(project: Project, module: Module, call: Call) -> str:
    return constant(project, module, call.args[1 if call.last in ("route", "add_route") else 0])


def _methods(call: Call) -> tuple[str, ...]:
    verb = call.last.removeprefix("add_")
    if verb in _VERBS:
        return (verb.upper(),)
    said = python.string_of(call.args[0]) if call.args else ""
    return (said.upper(),) if said and said != "*" else ("ANY",)


def _places(apps: dict[Key, _App], key: Key | None, path: str, depth: int = 0) -> list[tuple[str, tuple[Guard, ...]]]:
    """The path, with what stands before it. Tables and lists of routes belong to the only app, if there is one."""
    app = apps.get(key) if key else None
    if app is None:
        roots = [a for a in apps.values() if not a.parents]
        app = roots[0] if len(roots) == 1 and not depth else _App()
    own = tuple(g for s in app.standing for g in s.over(path))
    if not app.parents or depth > _MAX_DEPTH:
        return [(path or "/", own)]
    return [
        (above, (*standing, *own))
        for parent, prefix in app.parents[:4]
        for above, standing in _places(apps, parent, prefix + path, depth + 1)
    ]


def _by_call(project: Project, module: Module, call: Call, apps: dict[Key, _App]) -> Iterator[Route]:
    """`app.router.add_get("/x", f)`, and `web.get("/x", f)` in a list."""
    holder, _, verb = call.name.rpartition(".")
    added = verb.startswith("add_") and verb[4:] in (*_VERBS, "route", "view")
    listed = verb in (*_VERBS, "route", "view") and holder in ("web", "aiohttp.web")
    last = 2 if verb in ("route", "add_route") else 1
    if not (added or listed) or len(call.args) <= last:
        return
    key = _holder_key(project, module, call) if added else _listed_in(project, module, call)
    name = python.dotted(call.args[last])
    if verb in ("view", "add_view") or lineage(project, module, name):
        yield from _view(project, module, name, call, apps, key)
        return
    found = project.meaning(module, name)
    if found and found.function:
        own = python_guards.of_decorators(project, found.module, found.function.decorators)
        for path, standing in _places(apps, key, _path(project, module, call)):
            yield _built(
                project, module, call.node, _methods(call), path, found.function, found.module, (*standing, *own)
            )


def _listed_in(project: Project, module: Module, call: Call) -> Key | None:
    """The app of `app.add_routes([web.get(...)])`."""
    above = call.node.parent
    while above is not None and above.type != "call":
        above = above.parent
    outer = module.call_at(above) if above is not None else None
    return _holder_key(project, module, outer) if outer and outer.last == "add_routes" else None


def _view(
    project: Project, module: Module, name: str, call: Call, apps: dict[Key, _App], key: Key | None
) -> Iterator[Route]:
    owner = lineage(project, module, name)
    for verb in _VERBS:
        if owner and (method := owner.method(verb)):
            home, function = method
            own = python_guards.of_decorators(project, home, function.decorators)
            for path, standing in _places(apps, key, _path(project, module, call)):
                at = definition(function.node)
                yield _built(project, home, at, (verb.upper(),), path, function, home, (*standing, *own))


def _built(
    project: Project, module: Module, node: Node, methods: tuple[str, ...], path: str, function: Function, home: Module,
    guards: tuple[Guard, ...],
) -> Route:  # fmt: skip
    name = f"{function.owner}.{function.name}" if function.owner else function.name
    entry = entries.Entry("aiohttp", methods, path, module, node, function, home, guards=guards, handler_name=name)
    return entries.route(project, entry)
