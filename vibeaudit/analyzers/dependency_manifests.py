"""Careless ways of asking for packages, read from manifests and lockfiles alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from vibeaudit.analyzers.dependency_bundled import bundled
from vibeaudit.analyzers.dependency_indexes import index_over_http, open_second_index, plain_http_in_lock
from vibeaudit.analyzers.found import found
from vibeaudit.model import Finding, Location, Package, Rule, Snapshot
from vibeaudit.survey.manifests import Declared, from_url
from vibeaudit.survey.packages import LOCKFILES, Readings, governed_by, pinned

_NAME = "dependencies"
_COMMIT = re.compile(r"[#@/][0-9a-f]{7,64}(?:[#&/.]|$)|[#&](?:sha256|sha512|commit)=[0-9a-f]{7,}|/[0-9a-f]{40}\b")
_FLOATING = re.compile(r"^(?:\*|x|X|latest|next|beta|alpha|canary|dev|nightly|>=?\s*0(?:\.0)*)?$")
_MANAGERS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "yarn.lock": "yarn",
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "poetry.lock": "poetry",
    "uv.lock": "uv",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
}
_TEST_FOLDERS = frozenset(("test", "tests", "__tests__", "fixtures", "__fixtures__", "testdata", "test-data"))
Check = Callable[[Rule, Snapshot, Readings, tuple[Package, ...]], Iterator[Finding]]


def in_test_data(path: PurePosixPath) -> bool:
    """Whether a manifest lies below a folder of tests, so that the running app does not install it."""
    return not _TEST_FOLDERS.isdisjoint(path.parent.parts)


def from_moving_url(rule: Rule, snapshot: Snapshot, readings: Readings, _: tuple[Package, ...]) -> Iterator[Finding]:
    """A dependency from a git or web address that names no commit or hash, or that travels unencrypted."""
    held = {path: frozenset(x.name for x in reading.locked) for path, reading in readings.items()}
    for path, one in _declared(readings):
        if not from_url(one.spec):
            continue
        plain = re.match(r"^(?:git\+)?http://", one.spec)
        locked = any(one.name in held[lock] for lock in governed_by(path, readings, one.ecosystem))
        if plain or not (_COMMIT.search(one.spec.split("?")[0]) or locked):
            yield from _at(rule, snapshot, path, one.line, {"package": one.name, "url": one.spec}, one.name)


def any_version(rule: Rule, snapshot: Snapshot, readings: Readings, _: tuple[Package, ...]) -> Iterator[Finding]:
    """npm: a tag or `*`. PyPI: `*` or `>=0` without a lockfile; a bare name is the whole file's matter."""
    for path, one in _declared(readings):
        if from_url(one.spec) or not _FLOATING.match(one.spec.strip()):
            continue
        if one.ecosystem == "PyPI" and (not one.spec or governed_by(path, readings, "PyPI")):
            continue
        facts = {"package": one.name, "spec": one.spec or "*"}
        yield from _at(rule, snapshot, path, one.line, facts, f"{one.name} {one.spec}")


def without_lockfile(rule: Rule, snapshot: Snapshot, readings: Readings, _: tuple[Package, ...]) -> Iterator[Finding]:
    """A manifest with ranges and no lockfile that governs it."""
    for path, reading in readings.items():
        loose = [d for d in reading.declared if not pinned(d.ecosystem, d.spec) and not from_url(d.spec)]
        if (
            not loose
            or PurePosixPath(path).name in LOCKFILES
            or any(part.startswith(".") for part in PurePosixPath(path).parts[:-1])  # a tool's own folder: not deployed
            or _has_lock(path, loose[0].ecosystem, snapshot, readings)
        ):
            continue
        if PurePosixPath(path).name.startswith("setup.") or all(d.dev for d in loose):
            continue  # a library's own file, or tools only
        facts = {"manifest": path, "count": str(len(loose)), "package": loose[0].name}
        first = min((d.line for d in loose if d.line and not d.dev), default=0)
        yield from _at(rule, snapshot, path, first, facts, "no lockfile")


def rival_lockfiles(rule: Rule, snapshot: Snapshot, readings: Readings, _: tuple[Package, ...]) -> Iterator[Finding]:
    """Lockfiles of two package managers in one folder. The one that `packageManager` names counts, else the first."""
    folders: dict[tuple[PurePosixPath, str], dict[str, str]] = {}
    for path in sorted([*(f.path for f in snapshot.files), *(PurePosixPath(o.what) for o in snapshot.left_out)]):
        if manager := _MANAGERS.get(path.name):
            folders.setdefault((path.parent, LOCKFILES[path.name]), {}).setdefault(manager, path.name)
    for (folder, _kind), locks in sorted(folders.items()):
        named = _named_manager(snapshot, folder)
        kept = named if named in locks else next(m for m in _MANAGERS.values() if m in locks)
        for manager, name in sorted(locks.items()):
            if manager != kept:
                # a binary lockfile has no lines: the finding then stands at the other one
                here, other = (name, locks[kept]) if snapshot.file(folder / name) else (locks[kept], name)
                related = (Location(folder / other, note="the other lockfile"),)
                facts = {"lockfile": name, "other": locks[kept]}
                line = _first_line(snapshot, str(folder / here))
                yield from _at(rule, snapshot, str(folder / here), line, facts, name, related)


CHECKS: dict[str, Check] = {
    "from-moving-url": from_moving_url,
    "any-version": any_version,
    "without-lockfile": without_lockfile,
    "rival-lockfiles": rival_lockfiles,
    "open-second-index": open_second_index,
    "index-over-http": index_over_http,
    "plain-http-in-lock": plain_http_in_lock,
    "bundled": bundled,
}


def _declared(readings: Readings) -> Iterator[tuple[str, Declared]]:
    return ((path, one) for path, reading in readings.items() for one in reading.declared)


def _has_lock(path: str, ecosystem: str, snapshot: Snapshot, readings: Readings) -> bool:
    """Whether something pins what this manifest leaves open: a lockfile, bun's binary one, or (Python) a fully
    pinned requirements file beside it."""
    folder = PurePosixPath(path).parent
    if governed_by(path, readings, ecosystem):
        return True
    unread = {one.what for one in snapshot.left_out}  # binary or too large, but there
    if any(
        str(above / name) in unread
        for above in (folder, *folder.parents)
        for name in LOCKFILES
        if LOCKFILES[name] == ecosystem
    ):
        return True
    if PurePosixPath(path).suffix == ".in":
        return f"{path[:-3]}.txt" in readings
    beside = [
        r.declared
        for other, r in readings.items()
        if other != path and other.endswith(".txt") and PurePosixPath(other).parent == folder
    ]
    return any(d and all(pinned("PyPI", x.spec) or from_url(x.spec) for x in d) for d in beside)


def _named_manager(snapshot: Snapshot, folder: PurePosixPath) -> str:
    file = snapshot.file(folder / "package.json")
    match = re.search(r'"packageManager"\s*:\s*"(\w+)@', file.text) if file else None
    return match[1] if match else ""


def _first_line(snapshot: Snapshot, path: str) -> int:
    file = snapshot.file(path)
    lines = file.lines[:50] if file else []
    return next((n for n, line in enumerate(lines, 1) if line.strip()), 1)


def _at(
    rule: Rule,
    snapshot: Snapshot,
    path: str,
    line: int,
    facts: dict[str, str],
    anchor: str,
    related: tuple[Location, ...] = (),
) -> Iterator[Finding]:
    file = snapshot.file(path)
    if file and not in_test_data(file.path):
        at = Location(PurePosixPath(path), line)
        yield found(rule, _NAME, file, at, facts={"manifest": path, **facts}, anchor=anchor, related=related)
