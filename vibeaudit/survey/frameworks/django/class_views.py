"""Views that are classes: a route for each method, and what guards it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.frameworks.django import rest
from vibeaudit.survey.frameworks.django.forms import limits_of_view
from vibeaudit.survey.frameworks.django.library_views import foreign
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.frameworks.django.targets import GENERIC, SIGNED_IN, Target, standing
from vibeaudit.survey.frameworks.django.urls import Pattern
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.words import kinds_by_name

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

VERBS = ("get", "post", "put", "patch", "delete")


def routes_of_class(
    project: Project, pattern: Pattern, call: Call, path: str, settings: Settings, target: Target
) -> Iterator[Route]:
    function = call.node.child_by_field_name("function")
    owner = function.child_by_field_name("object") if function is not None else None
    found = lineage(project, pattern.module, python.dotted(owner))
    if found is None:
        yield foreign(project, pattern, path, settings, target)
        return
    if rest.is_rest(found):
        actions = _actions(call)
        yield from rest.of_view(project, found, path, settings, actions, target.guards)
        return
    made = False
    for verb in VERBS:
        if method := found.method(verb):
            made = True
            yield _method_route(project, found, method, (verb.upper(),), path, settings, target)
    if not made:
        yield _generic_route(project, found, path, settings, target)


def _actions(call: Call) -> dict[str, str]:
    """`as_view({'get': 'list'})` -> {action: METHOD}."""
    if not call.args or call.args[0].type != "dictionary":
        return {}
    pairs = re.findall(r"['\"](\w+)['\"]\s*:\s*['\"](\w+)['\"]", text_of(call.args[0]))
    return {action: verb.upper() for verb, action in pairs}


def _method_route(
    project: Project, found: Lineage, method: tuple[Module, Function], methods: tuple[str, ...], path: str,
    settings: Settings, target: Target,
) -> Route:  # fmt: skip
    home, function = method
    own = (
        *of_class(project, found, methods[0].lower(), settings, target),
        *python_guards.of_decorators(project, home, function.decorators),
        *target.guards,
    )
    return entries.route(
        project,
        entries.Entry("django", methods, path, home, definition(function.node), function, home, None, own, found.name),
    )


def _generic_route(project: Project, found: Lineage, path: str, settings: Settings, target: Target) -> Route:
    known = next((g for g in GENERIC if found.inherits(g[0])), None)
    methods = known[1] if known else ("ANY",)
    own = (*of_class(project, found, "post", settings, target), *target.guards)
    node = found.klass.node
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, found.home, definition(node), None, found.home, node, own, found.name,
            effects=frozenset(known[2]) if known else frozenset(),
        ),
    )  # fmt: skip


def of_class(
    project: Project, found: Lineage, method: str, settings: Settings, target: Target | None = None
) -> tuple[Guard, ...]:
    """The guards of a class-based view for one method: decorators, mixins, `dispatch`, the middleware."""
    names = list(target.names) if target else []
    own: list[Guard] = []
    for module, klass in found.classes:
        covering = [d for d in klass.decorators if python_guards.applies_to(module, d, method)]
        names += python_guards.names(module, covering)
        own += python_guards.of_decorators(project, module, covering)
    for name in ("dispatch", "setup", "initial"):
        if dispatch := found.method(name):
            home, function = dispatch
            names += python_guards.names(home, function.decorators)
            own += python_guards.of_decorators(project, home, function.decorators)
            own += guarding.in_function(project, home, function).guards
    own += (*_mixins(found), *limits_of_view(project, found), *rest.limits_of_tokens(found, settings))
    if found.inherits(SIGNED_IN):
        own.append(
            Guard(
                "authentication",
                "decorator",
                "PasswordChangeView",
                found.home.file.locate(definition(found.klass.node)),
            )
        )
    return (*own, *standing(settings, tuple(names)))


def _mixins(found: Lineage) -> Iterator[Guard]:
    at = found.home.file.locate(definition(found.klass.node))
    for base in found.foreign:
        last = base.rsplit(".", 1)[-1]
        if last == "UserPassesTestMixin":
            test = found.method("test_func")
            said = text_of(test[1].body) if test else ""
            yield Guard("authentication", "decorator", last, at)
            if not re.fullmatch(r"\s*return\s+(?:self\.)?request\.user\.is_authenticated\s*", said):
                yield Guard("authorization", "decorator", last, at)
        elif last in ("AccessMixin",):
            continue
        elif last.endswith(("Mixin", "RequiredMixin", "Required")):
            for kind in kinds_by_name(last):
                yield Guard(kind, "decorator", last, at)
