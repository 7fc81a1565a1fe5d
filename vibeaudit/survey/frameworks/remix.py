"""Remix and React Router: the loaders and actions of route files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import javascript
from vibeaudit.survey.exports import handlers

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_ROUTE = re.compile(r"(?:^|/)app/routes/(?P<path>.+?)(?:/(?:route|index))?\.[jt]sx?$")
_HINT = re.compile(rb"export\s+(?:const|async\s+function|function)\s+(?:loader|action)\b")


def routes(project: Project) -> Iterator[Route]:
    """A GET for each loader, a POST for each action."""
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        if found := _ROUTE.search(module.path):
            url = _url(found["path"])
            yield from handlers(project, module, "remix", {"loader": "GET", "action": "POST"}, url)


def _url(path: str) -> str:
    """`notes.$id_.edit` -> /notes/:id/edit; parts that begin with _ have no place in the address."""
    parts = [p for p in re.split(r"[./](?![^\[]*\])", path) if p and not p.startswith("_") and p != "index"]
    return "/" + "/".join(re.sub(r"^\$", ":", p.rstrip("_").strip("()")) or "*" for p in parts)
