"""Flask, Quart and Sanic: apps, nested blueprints, function and class views, RESTful resources, the admin panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.frameworks.flask import panel, views
from vibeaudit.survey.frameworks.flask.scopes import scopes_of
from vibeaudit.survey.frameworks.flask.standing import read

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"flask|Blueprint|quart|sanic|@\w+\.(route|get|post|put|patch|delete)\(|add_url_rule|add_resource", re.IGNORECASE
)


def routes(project: Project) -> Iterator[Route]:
    """Each view's routes."""
    modules = tuple(project.hinted(_HINT, "python"))
    scopes = scopes_of(project, modules)
    if not scopes.found:
        return
    read(project, modules, scopes)
    for module in modules:
        yield from views.of_module(project, module, scopes)
        yield from panel.of_module(project, module, scopes)
