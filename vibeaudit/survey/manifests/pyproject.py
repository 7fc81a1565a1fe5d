"""pyproject.toml: PEP 621, dependency groups (PEP 735), Poetry, PDM and uv tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading, own_code
from vibeaudit.survey.manifests.document import read_toml, rows, table, word
from vibeaudit.survey.manifests.requirements import parse


def read(file: SourceFile) -> Reading:
    data = read_toml(file)
    tool = table(data.get("tool"))
    local = _local_sources(table(table(tool.get("uv")).get("sources")))
    declared: list[Declared] = []
    for section, dev, text in _requirements(data, tool):
        one = parse(text, line_of(file, section, text), dev)
        if one and one.name not in local:
            declared.append(one)
    declared += poetry(file, table(tool.get("poetry")))
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


def poetry(file: SourceFile, config: dict[str, Any]) -> list[Declared]:
    groups = [("tool.poetry.dependencies", False, table(config.get("dependencies")))]
    groups.append(("tool.poetry.dev-dependencies", True, table(config.get("dev-dependencies"))))
    for name, group in table(config.get("group")).items():
        groups.append((f"tool.poetry.group.{name}.dependencies", True, table(table(group).get("dependencies"))))
    declared = []
    for header, dev, entries in groups:
        for name, value in entries.items():
            if name.lower() != "python" and (one := named(file, header, name, value, dev)):
                declared.append(one)
    return declared


def named(file: SourceFile, header: str, name: str, value: Any, dev: bool) -> Declared | None:
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
    line = line_of(file, header, name, key=True)
    return Declared("PyPI", normal.name if normal else name.lower(), exact(spec), line, dev)


def exact(spec: str) -> str:
    """Poetry's bare "1.2.3" means that version alone."""
    return f"=={spec}" if spec[:1].isdigit() and "," not in spec and "*" not in spec else spec


def line_of(file: SourceFile, header: str, text: str, *, key: bool = False) -> int:
    """The line below `[header]` that holds a quoted text, or that sets a key; 0 when none does."""
    inside = False
    for number, line in enumerate(file.lines, 1):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]") and "=" not in stripped and '"' not in stripped:
            inside = stripped.strip("[] ") == header
        elif inside and _speaks(line, text, key):
            return number
    return 0


def _speaks(line: str, text: str, key: bool) -> bool:
    return line.split("=")[0].strip(" \t\"'") == text if key else f'"{text}"' in line or f"'{text}'" in line


def _local_sources(sources: dict[str, Any]) -> frozenset[str]:
    names = (n for n, s in sources.items() if "workspace" in table(s) or "path" in table(s))
    return frozenset(one.name for n in names if (one := parse(n, 0)))
