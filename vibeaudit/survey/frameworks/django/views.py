"""Django's own views: what a pattern leads to, and the routes of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage
from vibeaudit.survey.code import Module
from vibeaudit.survey.development import REASON
from vibeaudit.survey.frameworks.django import rest
from vibeaudit.survey.frameworks.django.class_views import routes_of_class
from vibeaudit.survey.frameworks.django.function_views import routes_of_function
from vibeaudit.survey.frameworks.django.library_views import foreign, sign_in
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.frameworks.django.targets import Target, standing
from vibeaudit.survey.frameworks.django.urls import Pattern
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_WRAPPERS = re.compile(r"as_view$")
_FEED = re.compile(r"Feed$")


def of_pattern(project: Project, pattern: Pattern, settings: Settings) -> Iterator[Route]:
    """The routes of one line of an urls module."""
    if pattern.kind == "debug":
        inner = replace(pattern, kind="view")
        yield from (replace(r, public_reason=REASON) for r in of_pattern(project, inner, settings))
        return
    path = "/" + pattern.path.strip("/")
    if pattern.kind == "admin":
        yield _admin(project, pattern, path, settings)
        return
    if pattern.kind == "sign-in":
        yield sign_in(project, pattern, path, settings)
        return
    if pattern.kind == "viewset":
        yield from rest.of_viewset(project, pattern.module, pattern.view, pattern.node, path, settings)
        return
    target = _unwrapped(project, pattern.module, pattern.view)
    call = pattern.module.call_at(target.node)
    if call is not None and call.last == "as_view":
        yield from routes_of_class(project, pattern, call, path, settings, target)
        return
    found = project.meaning(pattern.module, python.dotted(target.node))
    if found and found.function:
        yield routes_of_function(project, found.module, found.function, path, settings, target)
    elif (made := _instance(project, pattern.module, target.node)) is not None:
        yield _feed(project, made, path, settings, target)
    elif (found and found.name in found.module.by_class) or target.node.type == "lambda":
        yield foreign(project, pattern, path, settings, target)
    elif (
        found
        and found.value is not None
        and found.value is not target.node
        and _WRAPPERS.search(_callee(found.module, found.value))
    ):
        inner = replace(pattern, module=found.module, view=found.value)  # `index = Index.as_view()`
        yield from of_pattern(project, inner, settings)
    else:
        yield foreign(project, pattern, path, settings, target)


def _callee(module: Module, node: Node) -> str:
    call = module.call_at(node)
    return call.name if call else ""


def _unwrapped(project: Project, module: Module, node: Node) -> Target:
    guards: list[Guard] = []
    names: list[str] = []
    for _ in range(6):
        node = python.unwrap(node)
        call = module.call_at(node)
        if call is None or call.last == "as_view" or not call.args:
            break
        function = call.node.child_by_field_name("function")
        decorator = function if function is not None and function.type == "call" else None
        guards += python_guards.of_decorator(project, module, decorator if decorator is not None else call.node)
        names.append(call.last)
        node = call.args[0]
    return Target(node, tuple(guards), tuple(names))


def _admin(project: Project, pattern: Pattern, path: str, settings: Settings) -> Route:
    at = pattern.module.file.locate(pattern.node)
    own = [Guard(kind, "call", "admin.site", at) for kind in ("authentication", "authorization")]
    return entries.route(
        project,
        entries.Entry(
            "django", ("ANY",), path, pattern.module, pattern.node, None,
            guards=(*own, *standing(settings, ())), handler_name="admin.site",
        ),
    )  # fmt: skip


def _instance(project: Project, module: Module, node: Node) -> Lineage | None:
    """The app's class of which a view is an object, when it is a feed: `NotesFeed()`."""
    call = module.call_at(node)
    found = lineage(project, module, call.name) if call is not None and call.name else None
    return found if found is not None and found.inherits(_FEED) else None


def _feed(project: Project, found: Lineage, path: str, settings: Settings, target: Target) -> Route:
    guards = (*standing(settings, target.names), *target.guards)
    node = found.klass.node
    return entries.route(
        project,
        entries.Entry(
            "django", ("GET",), path, found.home, definition(node), None, found.home, node, guards, found.name,
            effects=frozenset(("reads-store",)),
        ),
    )  # fmt: skip
