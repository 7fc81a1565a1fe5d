"""FastAPI: path operations, routers and where they are included, dependencies at every level, middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.frameworks.fastapi import made, operations
from vibeaudit.survey.frameworks.fastapi.routers import routers_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"fastapi|FastAPI|APIRouter|include_router|@\w*(router|app|api)\w*\.(get|post|put|patch|delete|api_route|websocket)\("
)


def routes(project: Project) -> Iterator[Route]:
    """Each path operation, once for every place that its router is included."""
    modules = tuple(project.hinted(_HINT, "python"))
    routers = routers_of(project, modules)
    for module in modules:
        yield from operations.of_module(project, module, routers)
        yield from made.of_module(project, module, routers)
