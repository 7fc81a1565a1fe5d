"""Which rows a handler reaches for, and what its query is bound to: the caller, an id the caller chose, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey.code import Module
from vibeaudit.survey.javascript import accesses as script_accesses
from vibeaudit.survey.python import accesses as python_accesses

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def accesses(project: Project, routes: tuple[Route, ...]) -> tuple[Access, ...]:
    """The rows that handlers pick by an id, and what binds them."""
    found: set[Access] = set()
    for route in routes:
        module = project.module(str(route.body.path)) if route.body else None
        if module is None or route.body is None:
            continue
        start, end = _span(module, route)
        root = module.file.tree.root_node if module.file.tree else None
        body = root.descendant_for_byte_range(start, max(start, end - 1)) if root is not None else None
        while body is not None and (body.start_byte > start or body.end_byte < end) and body.parent is not None:
            body = body.parent
        if body is not None and module.kind == "javascript":
            found.update(script_accesses.of_route(project, module, body, route))
        elif body is not None:
            found.update(python_accesses.of_route(project, module, body, route))
    return tuple(sorted(found, key=lambda a: (a.location, a.table, a.verb, a.bound, str(a.body))))


def _span(module: Module, route: Route) -> tuple[int, int]:
    body = route.body
    assert body is not None
    return module.file.offset(body.line) + body.column - 1, module.file.offset(body.end_line) + body.end_column - 1
