"""Nuxt and Nitro: the files of `server/api` and `server/routes`, behind those of `server/middleware`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import javascript
from vibeaudit.survey.exports import handlers
from vibeaudit.survey.gatekeeper import Gatekeeper

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_ROUTE = re.compile(
    r"(?:^|/)server/(?P<kind>api|routes)/(?P<path>.+?)(?:\.(?P<method>get|post|put|patch|delete))?\.[jt]s$"
)
_NAMED = re.compile(r"\[(?:\.\.\.)?(?P<name>\w+)\]")
_MIDDLEWARE = re.compile(r"(?:^|/)server/middleware/[^/]+\.[jt]s$")
_HANDLER = re.compile(rb"\b(?:define\w*(?:Event)?Handler|eventHandler|define\w*Handler)\b")


def routes(project: Project) -> Iterator[Route]:
    """The default export of each file."""
    keepers: list[Gatekeeper] | None = None
    for module in project.hinted(_HANDLER, *javascript.LANGUAGES):
        found = _ROUTE.search(module.path)
        if found is None:
            continue
        keepers = _keepers(project) if keepers is None else keepers
        path = re.sub(r"(^|/)index$", "", found["path"])
        prefix = "/api" if found["kind"] == "api" else ""
        url = (prefix + "/" + _NAMED.sub(r":\g<name>", path)).rstrip("/")
        standing: tuple[Guard, ...] = tuple(g for k in keepers for g in k.guards(url))
        method = (found["method"] or "any").upper()
        yield from handlers(project, module, "nuxt", {"default": method}, url, standing)


def _keepers(project: Project) -> list[Gatekeeper]:
    files = (str(f.path) for f in project.sources(*javascript.LANGUAGES))
    modules = (project.module(p) for p in files if _MIDDLEWARE.search(p))
    return [Gatekeeper.read(project, m, ("default",)) for m in modules if m is not None]
