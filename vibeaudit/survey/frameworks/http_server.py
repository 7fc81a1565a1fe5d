"""Plain Python servers: handlers of http.server, and functions that speak WSGI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.path_branches import Asked, routes_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"HTTPRequestHandler|start_response")
_HANDLER = re.compile(r"HTTPRequestHandler$")
_OWN_PATH = re.compile(r"\bself\.path\b")
_WSGI_PATH = re.compile(r"PATH_INFO|\brequest\.path\b|\breq\.path\b")


def routes(project: Project) -> Iterator[Route]:
    """Each path that a handler tells apart."""
    for module in project.hinted(_HINT, "python"):
        for klass in module.classes:
            owner = lineage(project, module, klass.name)
            if owner is None or not owner.inherits(_HANDLER):
                continue
            for function in module.functions:
                if function.owner == klass.name and function.name.startswith("do_") and function.name[3:].isupper():
                    asked = Asked("http.server", _OWN_PATH, (function.name[3:],))
                    yield from routes_of(project, module, function, asked, f"{klass.name}.{function.name}")
        for function in module.functions:
            if _speaks_wsgi(module, function):
                yield from routes_of(project, module, function, Asked("wsgi", _WSGI_PATH, ("ANY",)), function.name)


def _speaks_wsgi(module: Module, function: Function) -> bool:
    """It takes the environment and answers; what hands both on is a middleware."""
    if {"environ", "start_response"} - {p.name for p in function.params}:
        return False
    answers = [c for c in module.calls_in(function.body) if c.name == "start_response"]
    return bool(answers)
