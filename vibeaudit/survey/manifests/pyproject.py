"""pyproject.toml: PEP 621, dependency groups (PEP 735), Poetry, PDM and uv tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading, own_code
from vibeaudit.survey.manifests.document import read_toml, rows, table, word
from vibeaudit.survey.manifests.requirements import parse

_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
Lines = dict[tuple[str, str], int]


def read(file: SourceFile) -> Reading:
    data, lines = read_toml(file), lines_of(file)
    tool = table(data.get("tool"))
    local = _local_sources(table(table(tool.get("uv")).get("sources")))
    declared: list[Declared] = []
    for section, dev, text in _requirements(data, tool):
        one = parse(text, lines.get((section, text), 0), dev)
        if one and one.name not in local:
            declared.append(one)
    declared += poetry(lines, table(tool.get("poetry")))
    members = rows(table(table(tool.get("uv")).get("workspace")).get("members"))
    return Reading(tuple(declared), members=frozenset(m.strip("./") for m in members if isinstance(m, str)))


def _requirements(data: dict[str, Any], tool: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """(section header, dev, requirement) for every table that holds PEP 508 strings."""
    project = table(data.get("project"))
    yield from (("project", False, t) for t in rows(project.get("dependencies")) if isinstance(t, str))
    for header, dev, groups in (
        ("project.optional-dependencies", False, table(project.get("optional-dependencies"))),
        ("dependency-groups", True, table(data.get("dependency-groups"))),
        ("tool.pdm.dev-dependencies", True, table(table(tool.get("pdm")).get("dev-dependencies"))),
        ("tool.uv", True, {"dev": table(tool.get("uv")).get("dev-dependencies")}),
    ):
        for name in groups:
            yield from ((header, dev, t) for t in rows(groups[name]) if isinstance(t, str))


def poetry(lines: Lines, config: dict[str, Any]) -> list[Declared]:
    groups = [("tool.poetry.dependencies", False, table(config.get("dependencies")))]
    groups.append(("tool.poetry.dev-dependencies", True, table(config.get("dev-dependencies"))))
    for name, group in table(config.get("group")).items():
        groups.append((f"tool.poetry.group.{name}.dependencies", True, table(table(group).get("dependencies"))))
    declared = []
    for header, dev, entries in groups:
        for name, value in entries.items():
            if name.lower() != "python" and (one := named(lines, header, name, value, dev)):
                declared.append(one)
    return declared


def named(lines: Lines, header: str, name: str, value: Any, dev: bool) -> Declared | None:
    """A `name = "spec"` or `name = {version = ..., git = ...}` entry, as in Poetry and Pipfile."""
    value = rows(value)[0] if rows(value) else value
    entry = table(value)
    if "path" in entry or own_code(word(entry.get("file"))):
        return None
    source = word(entry.get("git")) or word(entry.get("url")) or word(entry.get("file"))
    if source and "git" in entry:
        ref = word(entry.get("rev")) or word(entry.get("ref")) or word(entry.get("tag")) or word(entry.get("branch"))
        source = f"git+{source}" + (f"@{ref}" if ref else "")
    spec = source or word(entry.get("version")) or word(value)
    normal = parse(name, 0)
    line = lines.get((header, f"={name}"), 0)
    return Declared("PyPI", normal.name if normal else name.lower(), exact(spec), line, dev)


def exact(spec: str) -> str:
    """Poetry's bare "1.2.3" means that version alone."""
    return f"=={spec}" if spec[:1].isdigit() and "," not in spec and "*" not in spec else spec


def lines_of(file: SourceFile) -> Lines:
    """Where each table of a TOML file first holds a quoted text ("header", text) or sets a key ("header", "=key")."""
    found: Lines = {}
    header = ""
    for number, line in enumerate(file.lines, 1):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]") and "=" not in stripped and '"' not in stripped:
            header = stripped.strip("[] ")
            continue
        found.setdefault((header, "=" + line.split("=")[0].strip(" \t\"'")), number)
        for match in _QUOTED.finditer(line):
            found.setdefault((header, match[1] if match[1] is not None else match[2]), number)
    return found


def _local_sources(sources: dict[str, Any]) -> frozenset[str]:
    names = (n for n, s in sources.items() if "workspace" in table(s) or "path" in table(s))
    return frozenset(one.name for n in names if (one := parse(n, 0)))
