"""Flask-Admin: every `add_view` is a page that lists and changes rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.frameworks.flask.scopes import Scopes

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_ROLE = re.compile(r"admin|staff|role|superuser|permission|is_super", re.IGNORECASE)


def of_module(project: Project, module: Module, scopes: Scopes) -> Iterator[Route]:
    """The pages that a module adds to an admin panel."""
    if b"flask_admin" not in module.file.data and b"ModelView" not in module.file.data:
        return
    for call in module.calls:
        inner = module.call_at(call.args[0]) if call.last == "add_view" and call.args else None
        if inner is not None:
            yield _page(project, module, call, inner, scopes)


def _page(project: Project, module: Module, call: Call, inner: Call, scopes: Scopes) -> Route:
    found = lineage(project, module, inner.name)
    shown = python.dotted(inner.args[0]) if inner.args else inner.name
    path = f"/admin/{shown.rsplit('.', 1)[-1].lower()}"
    standing = tuple(g for s in scopes.app_wide for g in s.over(path, shown))
    return entries.route(
        project,
        entries.Entry(
            "flask", ("GET", "POST"), path, module, call.node, None, guards=(*_asked(found), *standing),
            handler_name=inner.name, effects=frozenset({"reads-store", "writes-store"}),
        ),
    )  # fmt: skip


def _asked(found: Lineage | None) -> tuple[Guard, ...]:
    """What `is_accessible` asks, when the app wrote it."""
    method = found.method("is_accessible") if found else None
    if method is None:
        return ()
    home, function = method
    text, at = text_of(function.body), home.file.locate(function.node)
    if re.fullmatch(r"\s*return\s+True\s*", text):
        return ()
    kinds = ("authentication", "authorization") if _ROLE.search(text) else ("authentication",)
    return tuple(Guard(kind, "call", "is_accessible", at) for kind in kinds)
