"""Next.js: the pages that the server renders with rows of the store. Their guards may stand in the page, in a layout
above it, or in the middleware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.exports import exported
from vibeaudit.survey.frameworks.nextjs import is_next, url_of
from vibeaudit.survey.gatekeeper import Gatekeeper

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_APP = re.compile(r"(?:^|/)app/(?P<path>(?:.*/)?)page\.[cm]?[jt]sx?$")
_PAGES = re.compile(r"(?:^|/)pages/(?!api/|_)(?P<path>.*)\.[cm]?[jt]sx?$")
_SERVED = ("getServerSideProps", "getInitialProps")
_IN_BROWSER = re.compile(rb"^\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*['\"]use client['\"]", re.DOTALL)
_SUFFIXES = (".tsx", ".jsx", ".ts", ".js")


def routes(project: Project) -> Iterator[Route]:
    """Each page that reads rows while it is rendered. What else it does is not looked at here."""
    if not is_next(project):
        return
    gatekeeper = Gatekeeper.of(project)
    for file in project.sources(*javascript.LANGUAGES):
        path = str(file.path)
        if _IN_BROWSER.match(file.data[:2000]):
            continue
        if found := _APP.search(path):
            yield from _page(project, path, "default", url_of(found["path"]), gatekeeper)
        elif (found := _PAGES.search(path)) and (name := next((n for n in _SERVED if file.holds(_of(n))), "")):
            yield from _page(project, path, name, url_of(found["path"]), gatekeeper)


def _of(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\b" + name.encode() + rb"\b")


def _page(project: Project, path: str, name: str, url: str, gatekeeper: Gatekeeper) -> Iterator[Route]:
    module = project.module(path)
    if module is None or name not in module.exports:
        return
    node, function, guards, home = exported(project, module, name)
    if function is None:
        return
    node = function.node if home is module else node
    standing = (*gatekeeper.guards(url), *_of_layouts(project, path), *guards)
    made = entries.route(
        project, entries.Entry("nextjs", ("PAGE",), url, module, node, function, home, None, standing, function.name)
    )
    if "reads-store" in made.effects:
        yield replace(made, effects=frozenset(("reads-store",)), personal_data=frozenset())


def _of_layouts(project: Project, path: str) -> Iterator[Guard]:
    """The guards of the layouts around a page: each is rendered with it, and may send the visitor away."""
    for folder in PurePosixPath(path).parents:
        for suffix in _SUFFIXES:
            module = project.module(str(folder / f"layout{suffix}"))
            if module is None or "default" not in module.exports:
                continue
            _, function, guards, home = exported(project, module, "default")
            yield from guards
            if function is not None:
                yield from guarding.in_function(project, home, function).guards
        if folder.name == "app":
            return
