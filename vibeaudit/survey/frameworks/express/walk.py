"""From the outermost routers inwards: the path of every route and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import guards as guarding
from vibeaudit.survey.frameworks.express.chains import open_plugin
from vibeaudit.survey.frameworks.express.handlers import route_of
from vibeaudit.survey.frameworks.express.routers import Key, Router

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def walk(
    project: Project,
    routers: dict[Key, Router],
    children: dict[tuple[Key, int], list[tuple[Key, int]]],
    key: Key,
    prefix: str,
    inherited: tuple[Guard, ...],
    seen: frozenset[Key],
) -> Iterator[Route]:
    """The routes of a router and of those mounted at it; `children` by event: the router, and which argument it was."""
    if key in seen or len(seen) > 20:
        return
    router, standing = routers[key], [("", g) for g in inherited]
    prefix = _join(prefix, router.prefix) if router.prefix else prefix
    for number, event in enumerate(router.events):
        here = _join(prefix, event.path)
        mounts = children.get((key, number), [])
        if event.methods:
            applying = tuple(g for p, g in standing if not p or _below(here, p))
            yield route_of(project, router, event, here, applying)
            continue
        mount_args = {index for _, index in mounts}
        if event.call.last == "register":  # a plug-in is no guard, but its hooks may be
            mount_args.add(0)
            standing += [("", g) for target, _ in mounts for g in _hooks(project, routers[target])]
        own = tuple(
            g
            for i, a in enumerate(event.args)
            if i not in mount_args
            for g in guarding.of_expression(project, router.module, a, "middleware")
        )
        for target, _ in mounts:
            applying = tuple(g for p, g in standing if not p or _below(here, p))
            yield from walk(project, routers, children, target, here, (*applying, *own), seen | {key})
        if not mounts or not event.path:
            standing += (
                [(here if event.path and event.path not in ("*", "/*") else "", g) for g in own] if not mounts else []
            )


def _hooks(project: Project, router: Router) -> list[Guard]:
    """The guards that a plug-in puts before the routes of whoever registers it, when it is not closed in itself."""
    if not open_plugin(router.module):
        return []
    hooked = [e for e in router.events if e.call.last == "addHook"]
    return [g for e in hooked for a in e.args for g in guarding.of_expression(project, router.module, a, "middleware")]


def _below(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/*")
    return path == prefix or path.startswith(prefix + "/") or not prefix


def _join(prefix: str, path: str) -> str:
    joined = "/".join(p.strip("/") for p in (prefix, path) if p.strip("/"))
    return "/" + joined
