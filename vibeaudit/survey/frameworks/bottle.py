"""Bottle: the default app and others, decorators, callbacks, mounts, `auth_basic`, hooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\bbottle\b|Bottle\(")
_VERBS = ("get", "post", "put", "patch", "delete")


def routes(project: Project) -> Iterator[Route]:
    """Each route of the default app and of the apps that are made."""
    modules = [m for m in project.hinted(_HINT, "python") if _uses(m)]
    mounted = dict(place for m in modules for place in _mounts(project, m))
    for module in modules:
        standing = _hooks(project, module)
        for function in module.functions:
            for number, decorator in enumerate(function.decorators):
                call = module.call_at(decorator)
                if call is not None and _registers(project, module, call):
                    own = python_guards.of_decorators(project, module, function.decorators[number + 1 :])
                    prefix = _prefix(project, module, call, mounted)
                    yield from _built(project, module, call, function, module, (*standing, *own), prefix)
        for call in module.calls:
            yield from _by_callback(project, module, call, standing, mounted)


def _uses(module: Module) -> bool:
    return any(i.spec.split(".")[0] == "bottle" for i in module.imports.values()) or b"Bottle(" in module.file.data


def _app(project: Project, module: Module, name: str) -> tuple[str, str] | None:
    """The app that a name stands for: (file, name). ("", "") is the default one."""
    if name in ("", "bottle"):
        return ("", "")
    found = project.meaning(module, name)
    made = found.module.call_at(found.value) if found and found.value is not None else None
    if found and made and made.last in ("Bottle", "default_app", "app"):
        return (found.module.path, found.name)
    return None


def _registers(project: Project, module: Module, call: Call) -> bool:
    holder, _, verb = call.name.rpartition(".")
    if verb not in (*_VERBS, "route") or not call.args:
        return False
    if not holder:
        return verb in module.imports and module.imports[verb].spec.startswith("bottle")
    return _app(project, module, holder) is not None


def _mounts(project: Project, module: Module) -> Iterator[tuple[tuple[str, str], str]]:
    for call in module.calls:
        if call.last == "mount" and len(call.args) > 1 and (key := _app(project, module, python.dotted(call.args[1]))):
            yield key, constant(project, module, call.args[0]).rstrip("/")


def _prefix(project: Project, module: Module, call: Call, mounted: dict[tuple[str, str], str]) -> str:
    key = _app(project, module, call.name.rpartition(".")[0])
    return mounted.get(key, "") if key else ""


def _hooks(project: Project, module: Module) -> tuple[Guard, ...]:
    """What `@hook('before_request')` asks before each route."""
    guards: list[Guard] = []
    for function in module.functions:
        for decorator in function.decorators:
            call = module.call_at(decorator)
            if call and call.last == "hook" and call.args and python.string_of(call.args[0]) == "before_request":
                guards += guarding.in_function(project, module, function).stopping
    return tuple(replace(g, how="middleware") for g in guards)


def _by_callback(
    project: Project, module: Module, call: Call, standing: tuple[Guard, ...], mounted: dict[tuple[str, str], str]
) -> Iterator[Route]:
    """`app.route('/x', 'POST', f)` and `app.route('/x', callback=f)`."""
    view = call.keywords.get("callback") or (call.args[2] if len(call.args) > 2 else None)
    if view is None or not _registers(project, module, call):
        return
    found = project.meaning(module, python.dotted(view))
    if found and found.function:
        own = python_guards.of_decorators(project, found.module, found.function.decorators)
        prefix = _prefix(project, module, call, mounted)
        yield from _built(project, module, call, found.function, found.module, (*standing, *own), prefix)


def _built(
    project: Project, module: Module, call: Call, function: Function, home: Module, guards: tuple[Guard, ...],
    prefix: str,
) -> Iterator[Route]:  # fmt: skip
    said = call.keywords.get("apply")
    if said is not None:
        guards = (*guards, *python_guards.of_decorator(project, module, said))
    rules = call.args[0].named_children if call.args[0].type in ("list", "tuple") else [call.args[0]]
    for rule in rules:
        path = prefix + constant(project, module, rule)
        yield entries.route(
            project,
            entries.Entry("bottle", _methods(call), path, module, call.node, function, home, guards=guards),
        )


def _methods(call: Call) -> tuple[str, ...]:
    if call.last in _VERBS:
        return (call.last.upper(),)
    node: Node | None = call.keywords.get("method") or (call.args[1] if len(call.args) > 1 else None)
    return tuple(m.upper() for m in re.findall(r"['\"]([A-Za-z]+)['\"]", text_of(node))) or ("GET",)
