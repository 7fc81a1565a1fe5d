"""Which packages the app depends on, from its manifests and lockfiles."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from vibeaudit.model import LeftOut, Location, Package, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Locked, Reading, Unreadable, from_url

MAX_BYTES = 20_000_000
_READERS = {
    "package.json": "package_json",
    "package-lock.json": "package_lock",
    "npm-shrinkwrap.json": "package_lock",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "pyproject.toml": "pyproject",
    "poetry.lock": "python_lock",
    "uv.lock": "python_lock",
    "pdm.lock": "python_lock",
    "pylock.toml": "python_lock",
    "Pipfile": "pipenv",
    "Pipfile.lock": "pipenv",
    "setup.cfg": "setuptools",
    "setup.py": "setuptools",
    "environment.yml": "conda",
    "environment.yaml": "conda",
}
LOCKFILES: Mapping[str, str] = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "npm",
    "yarn.lock": "npm",
    "bun.lock": "npm",
    "bun.lockb": "npm",
    "poetry.lock": "PyPI",
    "uv.lock": "PyPI",
    "pdm.lock": "PyPI",
    "pylock.toml": "PyPI",
    "Pipfile.lock": "PyPI",
}
_OTHERS = {
    "go.mod": "Go",
    "Cargo.toml": "Rust",
    "Gemfile": "Ruby",
    "composer.json": "PHP",
    "pom.xml": "Java",
    "build.gradle": "Java",
    "build.gradle.kts": "Java",
    "pubspec.yaml": "Dart",
    "Podfile": "CocoaPods",
    "Package.swift": "Swift",
    "mix.exs": "Elixir",
    "packages.config": ".NET",
    "bun.lockb": "binary bun",
}
_REQUIREMENTS = re.compile(r"(^|.*[-_.])requirements([-_.].*)?\.(txt|in)$|^constraints.*\.txt$")
_PIN = re.compile(r"^===?\s*(?P<version>[^\s,*;]+)$")
_NPM_PIN = re.compile(r"^[=v]*\s*(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$")

Readings = Mapping[str, Reading]
_Index = Mapping[tuple[str, str], Locked]  # by name and version


def packages(snapshot: Snapshot) -> tuple[tuple[Package, ...], tuple[LeftOut, ...]]:
    """Every package that is declared or locked, each once a place, sorted; and what could not be read."""
    readings, left_out = read_all(snapshot)
    return combined(readings), left_out


def combined(readings: Readings) -> tuple[Package, ...]:
    """The packages that these files speak of together: what a manifest declares, in the version that its lockfile
    holds, and what else the lockfile holds."""
    indexes = {path: {(x.name, x.version): x for x in reversed(r.locked)} for path, r in readings.items()}
    found: set[Package] = set()
    for path, reading in readings.items():
        found.update(_of_manifest(path, reading, readings, indexes))
    claimed = {(p.locked_at.path, p.name, p.version) for p in found if p.locked_at}
    for path, reading in readings.items():
        tools = _for_development(path, readings) if reading.graph else frozenset()
        found.update(_of_lock(path, reading, claimed, tools))
    return tuple(sorted(found, key=_order))


def is_manifest(path: PurePosixPath) -> bool:
    return path.name in _READERS or _is_requirements(path)


def governed_by(path: str, readings: Readings, ecosystem: str) -> list[str]:
    """The lockfiles that hold the versions of a manifest: beside it, else above it as a workspace."""
    folder = PurePosixPath(path).parent
    for above in (folder, *folder.parents):
        locks = [
            str(above / name)
            for name, kind in LOCKFILES.items()
            if kind == ecosystem and str(above / name) in readings and name != "bun.lockb"
        ]
        if above == folder and locks:
            return locks
        member = folder.relative_to(above).as_posix() if above != folder else ""
        if locks and any(_is_member(member, above, lock, readings) for lock in locks):
            return locks
    return []


def _is_member(member: str, above: PurePosixPath, lock: str, readings: Readings) -> bool:
    if member in readings[lock].members:
        return True
    for name in ("package.json", "pyproject.toml"):
        if (manifest := readings.get(str(above / name))) and any(fnmatchcase(member, g) for g in manifest.members):
            return True
    return False


def read_all(snapshot: Snapshot) -> tuple[Readings, tuple[LeftOut, ...]]:
    """What each manifest and lockfile says, by path; and what could not be read."""
    readings: dict[str, Reading] = {}
    left_out: list[LeftOut] = []
    waiting = [file for file in snapshot.files if is_manifest(file.path)]
    while waiting:
        file = waiting.pop(0)
        if str(file.path) in readings:
            continue
        try:
            reading = _read(file)
        except Exception as error:  # the file is an attacker's: whatever it breaks costs this file alone
            why = str(error) if isinstance(error, Unreadable) else f"cannot be read ({type(error).__name__})"
            left_out.append(LeftOut(str(file.path), why))
            continue
        readings[str(file.path)] = reading
        left_out += reading.left_out
        for include in reading.includes:
            if target := _inside(snapshot, file.path.parent, include):
                waiting.append(target)
            else:
                left_out.append(LeftOut(f"{file.path}: {include[:200]}", "the included file is not in the repository"))
    for file in snapshot.files:
        if kind := _OTHERS.get(file.path.name):
            left_out.append(LeftOut(str(file.path), f"{kind} packages are not assessed"))
    for gone in snapshot.left_out:
        path = PurePosixPath(gone.what)
        if is_manifest(path) or path.name in _OTHERS:
            left_out.append(LeftOut(gone.what, f"its packages are not assessed: {gone.why}"))
    return dict(sorted(readings.items())), tuple(sorted(left_out, key=lambda one: (one.what, one.why)))


def _read(file: SourceFile) -> Reading:
    if len(file.data) > MAX_BYTES:
        raise Unreadable(f"larger than {MAX_BYTES // 1_000_000} MB")
    module = _READERS.get(file.path.name, "requirements")
    reading: Reading = importlib.import_module(f"vibeaudit.survey.manifests.{module}").read(file)
    return reading


def _is_requirements(path: PurePosixPath) -> bool:
    return bool(_REQUIREMENTS.match(path.name)) or (path.parent.name == "requirements" and path.suffix == ".txt")


def _inside(snapshot: Snapshot, folder: PurePosixPath, include: str) -> SourceFile | None:
    """The file that an include means, when it lies in the repository."""
    parts: list[str] = []
    for part in (folder / include).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return snapshot.file("/".join(parts)) if not include.startswith("/") else None


def _of_manifest(path: str, reading: Reading, readings: Readings, indexes: Mapping[str, _Index]) -> Iterator[Package]:
    locks = {e: governed_by(path, readings, e) for e in sorted({d.ecosystem for d in reading.declared})}
    for one in reading.declared:
        at = Location(PurePosixPath(path), one.line)
        plain = Package(one.ecosystem, one.name, pinned(one.ecosystem, one.spec), at, one.spec, True, one.dev)
        if from_url(one.spec):
            yield replace(plain, version="")
            continue
        found = False
        for lock in locks[one.ecosystem]:
            if hit := _resolve(path, one, lock, readings[lock].resolved, indexes[lock]):
                found = True
                where = Location(PurePosixPath(lock), hit.line)
                yield replace(plain, version=hit.version, locked=True, locked_at=where)
        if not found:
            yield plain


def _resolve(path: str, one: Declared, lock: str, resolved: Mapping[str, str], index: _Index) -> Locked | None:
    folder, above = PurePosixPath(path).parent, PurePosixPath(lock).parent
    member = "" if folder == above else folder.relative_to(above).as_posix()
    for key in (f"{member}|{one.name}", f"{one.name}@{one.spec}", f"|{one.name}", one.name):
        if version := resolved.get(key):
            return index.get((one.name, version))
    return None


def _for_development(lock: str, readings: Readings) -> frozenset[str]:
    """The names that development reaches and the running app does not, through a lockfile that does not say so
    itself. By name alone: what either may reach counts as running."""
    ecosystem = LOCKFILES[PurePosixPath(lock).name]
    asked = [
        one
        for path, reading in readings.items()
        if any(d.ecosystem == ecosystem for d in reading.declared) and lock in governed_by(path, readings, ecosystem)
        for one in reading.declared
    ]
    needs: dict[str, set[str]] = {}
    for one in readings[lock].locked:
        needs.setdefault(one.name, set()).update(one.needs)
    tools, app = ({d.name for d in asked if d.dev is dev} for dev in (True, False))
    return _reached(tools, needs) - _reached(app, needs)


def _reached(start: Iterable[str], needs: Mapping[str, set[str]]) -> frozenset[str]:
    waiting, reached = list(start), set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += needs.get(name, ())
    return frozenset(reached)


def _of_lock(
    path: str, reading: Reading, claimed: set[tuple[PurePosixPath, str, str]], tools: frozenset[str]
) -> Iterator[Package]:
    here, seen = PurePosixPath(path), set()
    used = {(x.name, x.version) for x in reading.locked if not x.dev}
    for one in reading.locked:
        key = (one.name, one.version or one.spec)
        if key in seen or (here, one.name, one.version) in claimed:
            continue
        seen.add(key)
        at = Location(here, one.line)
        dev = (one.dev and (one.name, one.version) not in used) or one.name in tools
        yield Package(one.ecosystem, one.name, one.version, at, one.spec, False, dev, True, at)


def pinned(ecosystem: str, spec: str) -> str:
    """The one version that a range allows, or nothing."""
    match = (_NPM_PIN if ecosystem == "npm" else _PIN).match(spec.strip())
    return match["version"] if match else ""


def _order(p: Package) -> tuple[str, str, str, Location, str, str]:
    return (p.ecosystem, p.name, p.version, p.location, p.spec, str(p.locked_at))
