"""Pipfile and Pipfile.lock."""

from __future__ import annotations

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Locked, Reading
from vibeaudit.survey.manifests.document import json_lines, read_json, read_toml, table, word
from vibeaudit.survey.manifests.pyproject import lines_of, named
from vibeaudit.survey.manifests.requirements import parse


def read(file: SourceFile) -> Reading:
    return _lock(file) if file.path.name.endswith(".lock") else _manifest(file)


def _manifest(file: SourceFile) -> Reading:
    data, lines = read_toml(file), lines_of(file)
    declared: list[Declared] = []
    for section, dev in (("packages", False), ("dev-packages", True)):
        for name, value in table(data.get(section)).items():
            if one := named(lines, section, name, value, dev):
                declared.append(one)
    return Reading(tuple(declared))


def _lock(file: SourceFile) -> Reading:
    data, lines = read_json(file), json_lines(file, 2)
    locked: list[Locked] = []
    for section, dev in (("default", False), ("develop", True)):
        for name, value in table(data.get(section)).items():
            entry, normal = table(value), parse(name, 0)
            if normal is None or "path" in entry or ("editable" in entry and "git" not in entry):
                continue
            url = (
                f"git+{word(entry.get('git'))}@{word(entry.get('ref'))}" if "git" in entry else word(entry.get("file"))
            )
            version = "" if url else word(entry.get("version")).lstrip("=")
            locked.append(Locked("PyPI", normal.name, version, lines.get((section, name), 0), dev, url))
    return Reading(locked=tuple(locked), resolved={one.name: one.version for one in reversed(locked)})
