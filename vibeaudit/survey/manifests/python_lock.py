"""poetry.lock, uv.lock, pdm.lock, pylock.toml: TOML lockfiles with an array of packages."""

from __future__ import annotations

from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import MAX_PACKAGES, Locked, Reading
from vibeaudit.survey.manifests.document import read_toml, rows, table, word
from vibeaudit.survey.manifests.requirements import parse

_HEADERS = ("[[package]]", "[[packages]]")


def read(file: SourceFile) -> Reading:
    data = read_toml(file)
    entries = rows(data.get("package")) or rows(data.get("packages"))
    starts = [n for n, line in enumerate(file.lines, 1) if line.strip() in _HEADERS]
    locked: list[Locked] = []
    members: set[str] = set()
    for index, value in enumerate(entries[:MAX_PACKAGES]):
        entry = table(value)
        source = table(entry.get("source"))
        if place := _own(source):
            members.add(place.strip("./"))
            continue
        normal = parse(word(entry.get("name")), 0)
        line = starts[index] + 1 if index < len(starts) else 0
        if normal:
            url = _url(entry, source)
            version = "" if url else word(entry.get("version"))
            locked.append(Locked("PyPI", normal.name, version, line, _dev(entry), url, _needs(entry)))
    resolved = {one.name: one.version for one in reversed(locked)}
    told = any("groups" in table(e) or "category" in table(e) for e in entries)
    graph = not told and any(one.needs for one in locked)
    return Reading(locked=tuple(locked), resolved=resolved, members=frozenset(m for m in members if m), graph=graph)


def _needs(entry: dict[str, Any]) -> tuple[str, ...]:
    """uv and pylock list tables or strings, Poetry has a table by name."""
    named = [entry.get("dependencies"), *table(entry.get("optional-dependencies")).values()]
    listed = [word(table(n).get("name")) or word(n) for part in named for n in rows(part)]
    texts = [*listed, *table(entry.get("dependencies"))]
    return tuple(one.name for text in texts if text and (one := parse(text, 0)))


def _own(source: dict[str, Any]) -> str:
    """The folder of a package that is the app's own code ("." for the project itself)."""
    for kind in ("editable", "virtual", "directory"):
        if place := word(source.get(kind)):
            return place
    return word(source.get("url")) if source.get("type") in {"directory", "file"} else ""


def _url(entry: dict[str, Any], source: dict[str, Any]) -> str:
    """Where it comes from, when that is not an index."""
    if git := word(source.get("git")) or word(entry.get("git")):
        return f"git+{git}"
    if source.get("type") in {"git", "url"}:
        ref = word(source.get("resolved_reference"))
        head = "git+" if source["type"] == "git" else ""
        return f"{head}{word(source.get('url'))}" + (f"@{ref}" if ref else "")
    return word(source.get("url")) if "type" not in source and "registry" not in source else ""


def _dev(entry: dict[str, Any]) -> bool:
    """Whether only development groups want it, where the lock says so."""
    groups = [g for g in rows(entry.get("groups")) if isinstance(g, str)]
    return entry.get("category") == "dev" or bool(groups and not {"main", "default"} & set(groups))
