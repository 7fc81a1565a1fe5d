"""Express, and the routers shaped like it: Hono, Fastify, Koa-router, Polka."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import javascript
from vibeaudit.survey.frameworks.express.mounts import registrations, router_of
from vibeaudit.survey.frameworks.express.registered import collect
from vibeaudit.survey.frameworks.express.routers import Key, Router
from vibeaudit.survey.frameworks.express.walk import walk

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"express|router\b|hono|fastify|koa|polka|: ?Express|restify|\bapp\.(?:get|post|put|patch|delete|use|route)\(",
    re.IGNORECASE,
)


def routes(project: Project) -> Iterator[Route]:
    """The routes of every app and router, with the middleware that comes before them."""
    routers: dict[Key, Router] = {}
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        collect(module, routers)
    children: dict[tuple[Key, int], list[tuple[Key, int]]] = defaultdict(list)
    for key, router in routers.items():
        for number, event in enumerate(router.events):
            if not event.methods:
                for index, arg in enumerate(event.args):
                    target = router_of(project, router.module, arg, event, routers)
                    if target and target != key:
                        routers[target].mounted = True
                        children[(key, number)].append((target, index))
    registrations(project, routers, children)
    for key in sorted(routers):
        if not routers[key].mounted:
            yield from walk(project, routers, children, key, "", (), frozenset())
