"""Views that come from a library: what we know of them is their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.frameworks.django import rest
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.frameworks.django.targets import GENERIC, SIGNED_IN, Target, standing
from vibeaudit.survey.frameworks.django.urls import Pattern

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def foreign(project: Project, pattern: Pattern, path: str, settings: Settings, target: Target) -> Route:
    """A view that comes from a library, or a lambda: what we know of it is its name."""
    call = pattern.module.call_at(target.node)
    name = python.dotted(target.node).removesuffix(".as_view")
    known = next((g for g in GENERIC if g[0].search(name.rsplit(".", 1)[-1])), None)
    methods: tuple[str, ...] = known[1] if known else ("ANY",)
    if "obtain_auth_token" in name or "obtain_jwt_token" in name:
        known, methods = GENERIC[7], ("POST",)
    node = target.node if target.node.type == "lambda" else None
    guards = (*standing(settings, target.names), *target.guards)
    if SIGNED_IN.match(last := name.rsplit(".", 1)[-1]):
        guards += (Guard("authentication", "decorator", last, pattern.module.file.locate(pattern.node)),)
    if rest.TOKENS.match(last):
        guards += settings.throttles
    if call is not None and "permission_classes" in call.keywords:
        guards += rest.of_classes(project, pattern.module, call.keywords["permission_classes"], methods)
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, pattern.module, pattern.node, None, None, node, guards, name or "lambda",
            effects=frozenset(known[2]) if known else frozenset(),
        ),
    )  # fmt: skip


def sign_in(project: Project, pattern: Pattern, path: str, settings: Settings) -> Route:
    """The sign-in among the urls of a library."""
    return entries.route(
        project,
        entries.Entry(
            "django", ("GET", "POST"), path, pattern.module, pattern.node, None,
            guards=standing(settings, ()), handler_name="LoginView", effects=frozenset(("sets-session",)),
        ),
    )  # fmt: skip
