"""Where packages are fetched from: a second index that anyone can publish to, or a connection in the clear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.analyzers.found import found
from vibeaudit.model import Finding, Location, Package, Rule, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.survey.packages import LOCKFILES, Readings

_NAME = "dependencies"
_SETTINGS = re.compile(
    r"(^|/)(pip\.(conf|ini)|\.npmrc|\.yarnrc(\.yml)?|bunfig\.toml|uv\.toml|pyproject\.toml|Pipfile)$"
)
_SCRIPTS = re.compile(
    r"(^|/)(Dockerfile[^/]*|Containerfile|Procfile|[^/]+\.sh|\.replit)$|^\.github/workflows/[^/]+\.ya?ml$"
)
_REQUIREMENTS = re.compile(r"requirements[^/]*\.(txt|in)$|(^|/)requirements/[^/]+\.txt$")
_LOOPBACK = re.compile(r"//(?:[^/@]*@)?(?:localhost|127\.|\[::1\]|0\.0\.0\.0|[\w-]+(?::\d+)?(?:/|\"|$))")

_SECOND = (
    re.compile(r"--extra-index-url[=\s]+[\"']?(?P<url>\S+)"),
    re.compile(r"^\s*extra-index-url\s*=\s*(?P<url>\S+)"),
    re.compile(r"\bPIP_EXTRA_INDEX_URL[=\s:]+[\"']?(?P<url>\S+)"),
    re.compile(r"^\s*index-strategy\s*=\s*[\"'](?P<url>unsafe-[\w-]+)"),
)
_CLEAR = (
    re.compile(r"(?:--(?:extra-)?index-url|--find-links|-i)[=\s]+[\"']?(?P<what>http://\S+)"),
    re.compile(r"^\s*(?:extra-)?index-url\s*=\s*(?P<what>http://\S+)"),
    re.compile(r"(?P<what>--trusted-host[=\s]+\S+)"),
    re.compile(r"^\s*(?P<what>trusted-host\s*=\s*\S+)"),
    re.compile(r"^\s*(?:@[\w-]+:)?registry(?:\s*+=|\s)\s*+[\"']?(?P<what>http://\S+)"),
    re.compile(r"npmRegistryServer:\s*[\"']?(?P<what>http://\S+)"),
    re.compile(r"(?P<what>\bstrict-ssl(?:\s*+=|\s)\s*+[\"']?false)"),
    re.compile(r"^\s*(?P<what>enableStrictSsl:\s*false)"),
    re.compile(r"^\s*(?P<what>(?:allow-insecure-host|verify_ssl)\s*=\s*(?:false|\[.+\]))"),
    re.compile(r"--registry[=\s]+[\"']?(?P<what>http://\S+)"),
)
_LOCKED_CLEAR = re.compile(r"(?:\"?resolved\"?:?|tarball:|url\s*=|file\s*=)\s*[\"']?(?P<url>http://\S+)")


def open_second_index(rule: Rule, snapshot: Snapshot, _: Readings, __: tuple[Package, ...]) -> Iterator[Finding]:
    """A second index beside the first one, where the higher version wins wherever it comes from. Hashes close
    the hole; indexes of wheels (`/whl/`) carry public packages only."""
    for file in _looked_at(snapshot):
        if "--hash=" in file.text:
            continue
        for number, line in _lines(file):
            for shape in _SECOND:
                match = shape.search(line)
                if match and "/whl" not in match["url"]:
                    yield _at(rule, file, number, {"url": match["url"].strip("\"'")})
                    break


def index_over_http(rule: Rule, snapshot: Snapshot, _: Readings, __: tuple[Package, ...]) -> Iterator[Finding]:
    """Packages fetched in the clear or without checking who answers. This machine and the project's own
    containers (names without a dot) do not count."""
    for file in _looked_at(snapshot):
        for number, line in _lines(file):
            for shape in _CLEAR:
                match = shape.search(line)
                if match and not _LOOPBACK.search(match["what"]) and "localhost" not in match["what"]:
                    yield _at(rule, file, number, {"setting": match["what"].strip("\"'")})
                    break


def plain_http_in_lock(rule: Rule, snapshot: Snapshot, _: Readings, __: tuple[Package, ...]) -> Iterator[Finding]:
    """A lockfile that fetches packages in the clear: one finding a file, at the first."""
    for file in snapshot.files:
        if file.path.name not in LOCKFILES or file.path.suffix == ".lockb" or "http://" not in file.text:
            continue
        hits = [
            (number, match["url"].strip("\"',"))
            for number, line in enumerate(file.lines, 1)
            if "http://" in line and (match := _LOCKED_CLEAR.search(line)) and not _LOOPBACK.search(match["url"])
        ]
        if hits:
            yield _at(rule, file, hits[0][0], {"url": hits[0][1], "count": str(len(hits))})


def _looked_at(snapshot: Snapshot) -> Iterator[SourceFile]:
    for file in snapshot.files:
        path = str(file.path)
        if _SETTINGS.search(path) or _SCRIPTS.search(path) or _REQUIREMENTS.search(path):
            yield file


def _lines(file: SourceFile) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.lines, 1):
        if not line.lstrip().startswith(("#", ";", "//")):
            yield number, line[:2000]


def _at(rule: Rule, file: SourceFile, line: int, facts: dict[str, str]) -> Finding:
    return found(rule, _NAME, file, Location(file.path, line), facts={"manifest": str(file.path), **facts})
