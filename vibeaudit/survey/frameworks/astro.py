"""Astro: the endpoints among its pages, behind `onRequest` of the middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import javascript
from vibeaudit.survey.exports import handlers
from vibeaudit.survey.gatekeeper import Gatekeeper

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_ENDPOINT = re.compile(r"(?:^|/)src/pages/(?P<path>.+)\.[jt]s$")
_MIDDLEWARE = re.compile(r"(?:^|/)src/middleware(?:/index)?\.[jt]s$")
_HINT = re.compile(rb"export\s+(?:const|async\s+function|function)\s+(?:GET|POST|PUT|PATCH|DELETE|ALL)\b")
_METHODS = {m: m for m in ("GET", "POST", "PUT", "PATCH", "DELETE")} | {"ALL": "ANY"}


def routes(project: Project) -> Iterator[Route]:
    """The exported methods of endpoints."""
    if not any(f.path.name.startswith("astro.config.") for f in project.snapshot.files):
        return
    files = (str(f.path) for f in project.sources(*javascript.LANGUAGES))
    found = next((m for p in files if _MIDDLEWARE.search(p) and (m := project.module(p))), None)
    keeper = Gatekeeper.read(project, found, ("onRequest",)) if found is not None else Gatekeeper()
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        if place := _ENDPOINT.search(module.path):
            path = re.sub(r"\[(?:\.\.\.)?(\w+)\]", r":\1", re.sub(r"(^|/)index$", "", place["path"]))
            url = "/" + path
            yield from handlers(project, module, "astro", _METHODS, url, keeper.guards(url))
