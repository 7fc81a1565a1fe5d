"""package-lock.json and npm-shrinkwrap.json, versions 1 to 3."""

from __future__ import annotations

from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import MAX_PACKAGES, Locked, Reading, from_url
from vibeaudit.survey.manifests.document import json_lines, read_json, table, word

_HERE = "node_modules/"


def read(file: SourceFile) -> Reading:
    data = read_json(file)
    if isinstance(data.get("packages"), dict):
        return _by_path(file, table(data["packages"]))
    return _nested(file, table(data.get("dependencies")))


def _by_path(file: SourceFile, entries: dict[str, Any]) -> Reading:
    """Versions 2 and 3: a table from install path to entry. A path without node_modules is a workspace."""
    lines = json_lines(file, 2)
    locked: list[Locked] = []
    resolved: dict[str, str] = {}
    members: set[str] = set()
    for path, value in entries.items():
        entry = table(value)
        folder, _, name = path.rpartition(_HERE)
        if _HERE not in path or entry.get("link") is True:
            members |= {path} if path and _HERE not in path else set()
            continue
        one = _locked(word(entry.get("name")) or name, entry, lines.get(("packages", path), 0))
        if one is None:
            continue
        locked.append(one)
        if _HERE not in folder:
            resolved[f"{folder.strip('/')}|{name}"] = one.version
            if not folder:
                resolved[name] = one.version
        if len(locked) >= MAX_PACKAGES:
            break
    return Reading(locked=tuple(locked), resolved=resolved, members=frozenset(members))


def _nested(file: SourceFile, entries: dict[str, Any]) -> Reading:
    """Version 1: dependencies inside dependencies, walked without recursion."""
    lines = json_lines(file, 60)
    locked: list[Locked] = []
    resolved: dict[str, str] = {}
    waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [(("dependencies",), entries)]
    while waiting and len(locked) < MAX_PACKAGES:
        path, tables = waiting.pop(0)
        for name, value in tables.items():
            entry = table(value)
            here = (*path, name)
            if one := _locked(name, entry, lines.get(here, 0)):
                locked.append(one)
                if len(path) == 1:
                    resolved[name] = one.version
            if inner := table(entry.get("dependencies")):
                waiting.append(((*here, "dependencies"), inner))
    return Reading(locked=tuple(locked), resolved=resolved)


def _locked(name: str, entry: dict[str, Any], line: int) -> Locked | None:
    version, source = word(entry.get("version")), word(entry.get("resolved"))
    dev = entry.get("dev") is True or entry.get("devOptional") is True
    if version.startswith("npm:"):  # version 1 writes an alias here
        name, _, version = version[4:].rpartition("@")
    if version.startswith(("file:", "link:")) or source.startswith("file:"):
        return None
    if source.startswith("git") or from_url(version):
        return Locked("npm", name, "", line, dev, version if from_url(version) else source)
    return Locked("npm", name, version, line, dev) if version else None
