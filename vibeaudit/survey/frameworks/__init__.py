"""One module a framework. Each has `routes(project) -> Iterator[Route]` and is found by being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import LeftOut, Route

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def names() -> tuple[str, ...]:
    """The frameworks that we know, by module name, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def routes(project: Project) -> Iterator[Route]:
    """The routes of every framework. A framework that crashes costs its own routes, and says so."""
    for name in names():
        module = importlib.import_module(f"{__name__}.{name}")
        try:
            yield from tuple(module.routes(project))
        except Exception as error:  # the audited code chose the input
            project.left_out.append(LeftOut(f"routes of {name}", f"{type(error).__name__}: {error}"[:200]))
