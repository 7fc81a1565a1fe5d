"""Django and Django REST framework: urlpatterns, views, their decorators, mixins, permission and throttle classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.frameworks.django.settings import Settings, settings_of
from vibeaudit.survey.frameworks.django.urls import Pattern, roots, walk
from vibeaudit.survey.frameworks.django.views import of_pattern

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"urlpatterns|DefaultRouter|SimpleRouter|NinjaAPI")
_MAX_ROUTES = 20_000


def routes(project: Project) -> Iterator[Route]:
    """The routes of each urls module that no other includes, and of those that it includes."""
    modules = tuple(m for m in project.hinted(_HINT, "python") if b"urlpatterns" in m.file.data)
    settings = settings_of(project)
    seen: set[tuple[str, str, int, tuple[str, ...]]] = set()
    for module in roots(project, modules):
        for pattern in walk(project, module):
            yield from _new(project, pattern, settings.near(module.path), seen)


def _new(
    project: Project, pattern: Pattern, settings: Settings, seen: set[tuple[str, str, int, tuple[str, ...]]]
) -> Iterator[Route]:
    for route in of_pattern(project, pattern, settings):
        key = (route.path, str(route.location.path), route.location.line, route.methods)
        if key not in seen and len(seen) < _MAX_ROUTES:
            seen.add(key)
            yield route
