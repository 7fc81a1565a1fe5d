"""Old browser libraries that lie in the repository as files, known by the line at their head.

First repaired releases: jQuery 3.5.0 (CVE-2020-11022), jQuery UI 1.13.2 (CVE-2022-31160), Bootstrap 3.4.1
and 4.3.1 (CVE-2019-8331), Lodash 4.17.21 (CVE-2021-23337), Handlebars 4.7.7 (CVE-2021-23369), Moment 2.29.4
(CVE-2022-31129); AngularJS gets no repairs any more since the end of 2021."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from vibeaudit.acquire.sieve import LIBRARY
from vibeaudit.analyzers.found import found
from vibeaudit.model import Finding, Location, Package, Rule, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.source.testing import is_test
from vibeaudit.survey.packages import Readings

_HEAD = 1500  # bytes
_PAGES = frozenset(
    (".html", ".htm", ".ejs", ".hbs", ".pug", ".njk", ".jinja", ".jinja2", ".j2", ".twig", ".vue", ".php")
)
_VERSION = r"v?(?P<version>\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)\b"
_BANNERS = {
    "jQuery UI": re.compile(rf"(?i)\bjQuery UI\b(?: -)?[ \t]{{0,3}}{_VERSION}"),
    "jQuery": re.compile(rf"(?i)\bjQuery(?: JavaScript Library)?[ \t]{{1,3}}{_VERSION}"),
    "Bootstrap": re.compile(rf"(?i)\bBootstrap[ \t]{{1,3}}{_VERSION}"),
    "Lodash": re.compile(rf"(?i)\blodash(?:\.com)?[ \t@]{{1,3}}{_VERSION}"),
    "Handlebars": re.compile(rf"(?i)\bhandlebars[ \t]{{1,3}}{_VERSION}"),
    "Moment.js": re.compile(rf"(?i)\bmoment(?:\.js)?\s{{1,5}}(?:(?://!|\*)?\s{{0,3}}version\s?:\s?)?{_VERSION}"),
    "AngularJS": re.compile(rf"(?i)\bAngularJS[ \t]{{1,3}}{_VERSION}"),
}
# `@requires jQuery 1.2.6 or later`: what a file wants, and not what it is
_ASKED = re.compile(
    r"(?i)\b(?:requires?|depends on|needs|based on|compatible|tested|works|plugin for|for)\b[^\n]{0,40}\Z"
)
# from this release on it is repaired, in each line of releases
_REPAIRED: dict[str, tuple[tuple[int, int, int], ...]] = {
    "jQuery": ((3, 5, 0),),
    "jQuery UI": ((1, 13, 2),),
    "Bootstrap": ((3, 4, 1), (4, 3, 1)),
    "Lodash": ((4, 17, 21),),
    "Handlebars": ((4, 7, 7),),
    "Moment.js": ((2, 29, 4),),
    "AngularJS": ((2, 0, 0),),
}


def bundled(rule: Rule, snapshot: Snapshot, _readings: Readings, _packages: tuple[Package, ...]) -> Iterator[Finding]:
    """One finding a file; of several copies of one release in a folder, those that a page loads."""
    copies: dict[tuple[str, str, PurePosixPath], list[tuple[SourceFile, int]]] = {}
    for path in sorted({*_scripts(snapshot)}):
        file = snapshot.file(path) or SourceFile(path, snapshot.root / path)
        known = _known(_head(file))
        if known is not None and _is_old(*known[1:]):
            line, name, version = known
            copies.setdefault((name, version, path.parent), []).append((file, line))
    for (name, version, _), files in copies.items():
        for file, line in _loaded(snapshot, files) if len(files) > 1 else files:
            facts = {"package": name, "version": version}
            yield found(rule, "dependencies", file, Location(file.path, line), facts=facts, anchor=f"{name} {version}")


def _loaded(snapshot: Snapshot, files: list[tuple[SourceFile, int]]) -> list[tuple[SourceFile, int]]:
    """The files that some page names; the first when none does."""
    pages = [f.text for f in snapshot.files if f.path.suffix.lower() in _PAGES]
    named = [(file, line) for file, line in files if any(re.search(_mention(file), text) for text in pages)]
    return named or files[:1]


def _mention(file: SourceFile) -> str:
    """How a page names a script: by the end of its path."""
    return rf"(?:^|[/\\\"'\s]){re.escape(file.path.name)}(?=[\"'?\s])"


def _scripts(snapshot: Snapshot) -> Iterator[PurePosixPath]:
    """The scripts that the app serves, those too that nobody reads because a program wrote them."""
    for file in snapshot.files:
        if file.path.suffix == ".js" and not is_test(str(file.path)):
            yield file.path
    for entry in snapshot.left_out:
        path = PurePosixPath(entry.what)
        if path.suffix == ".js" and entry.why in ("minified", LIBRARY) and not is_test(str(path)):
            yield path


def _head(file: SourceFile) -> str:
    if file.disk is not None and file.disk.is_symlink():
        return ""
    return file.head(_HEAD).decode("utf-8", "replace")


def _known(head: str) -> tuple[int, str, str] | None:
    """(line, library, version) of the first line that says so, at the very head of a file."""
    if not head.lstrip().startswith(("/*", "//", "!function", ";", "(function")):
        return None
    said = (
        (name, next((m for m in pattern.finditer(head) if not _ASKED.search(head[: m.start()])), None))
        for name, pattern in _BANNERS.items()
    )
    hits = [(m.start(), name, m["version"]) for name, m in said if m is not None]
    if not hits:
        return None
    at, name, version = min(hits)
    return head.count("\n", 0, at) + 1, name, version


def _is_old(name: str, version: str) -> bool:
    parts = (*(int(p) for p in version.split(".")), 0)[:3]
    lines = _REPAIRED[name]
    same = next((fixed for fixed in lines if fixed[0] == parts[0]), None)
    return parts < (same or lines[0])
