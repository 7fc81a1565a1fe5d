"""A rule's `config:` matcher, read once and put to every file that it concerns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vibeaudit.analyzers.configuration import predicates
from vibeaudit.analyzers.configuration.conditions import MAX_TEXT, TESTS, Hit, hits, pattern, where
from vibeaudit.analyzers.configuration.nodes import Document, Node
from vibeaudit.analyzers.configuration.paths import Match, steps, walk
from vibeaudit.source import SourceFile

_FIELDS = frozenset(
    ("product", "part", "files", "format", "path", "effective", "text", "unless", "code_only", "where", "at", "secret",
     "severity", "confidence", "in_files", "not_in_files")
)  # fmt: skip
_PLACES = ("value", "key", "holder")


@dataclass(frozen=True, slots=True)
class Query:
    """One way in which a rule's hole shows itself."""

    products: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    text: re.Pattern[str] | None = None
    text_named: str = ""
    unless: re.Pattern[str] | None = None
    code_only: bool = False
    tests: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    at: str = "value"
    secret: bool = False
    in_files: re.Pattern[str] | None = None
    not_in_files: re.Pattern[str] | None = None
    severity: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place where a query's hole shows: byte offsets, and facts for the texts."""

    start: int
    end: int
    facts: tuple[tuple[str, str], ...]
    secret: str = ""


def compiled(matcher: Any) -> tuple[Query, ...]:
    """The queries of a rule. Raises ValueError, saying which field is wrong."""
    return tuple(_query(data) for data in (matcher if isinstance(matcher, list) else [matcher]))


def _query(data: Mapping[str, Any]) -> Query:
    if unknown := set(data) - _FIELDS - TESTS:
        raise ValueError(f"config: unknown fields: {', '.join(sorted(unknown))}")
    if ("text" in data or _is_text(data)) == ("path" in data or "effective" in data):
        raise ValueError("config: give either path, or text")
    paths = _listed(data.get("path", data.get("effective")))
    for path in (*paths, *_listed(data.get("absent"))):
        steps(path)
    if (at := data.get("at", "value")) not in _PLACES and not re.fullmatch(r"\^+", at):
        raise ValueError(f"config: at: {at!r} is none of {', '.join(_PLACES)}, ^")
    return Query(
        products=_listed(data.get("product")),
        parts=_listed(data.get("part")),
        files=_listed(data.get("files")),
        paths=paths,
        text=re.compile(data["text"], re.MULTILINE) if "text" in data else None,
        text_named=data["named"] if _is_text(data) else "",
        unless=re.compile(data["unless"]) if "unless" in data else None,
        code_only=bool(data.get("code_only")),
        tests={k: v for k, v in data.items() if k in TESTS and k != "absent"},
        where=data.get("where", {}),
        absent=_listed(data.get("absent")),
        at=at,
        secret=bool(data.get("secret")),
        in_files=re.compile(data["in_files"]) if "in_files" in data else None,
        not_in_files=re.compile(data["not_in_files"]) if "not_in_files" in data else None,
        severity=data.get("severity", ""),
        confidence=data.get("confidence", ""),
    )


def _is_text(data: Mapping[str, Any]) -> bool:
    return predicates.is_of_text(data.get("named", ""))


def _listed(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (str(value),)


def concerns(query: Query, file: SourceFile) -> bool:
    """Whether the file's path is one that the query asks about."""
    path = str(file.path)
    if query.in_files and not query.in_files.search(path):
        return False
    return not (query.not_in_files and query.not_in_files.search(path))


def in_document(query: Query, document: Document) -> Iterator[Sighting]:
    """Where the hole shows in a parsed file."""
    for path in query.paths:
        for match in walk(Match(document.root), path):
            if any(next(walk(match, a), None) for a in query.absent) or not where(match, document, query.where):
                continue
            for hit in hits(match, document, query.tests):
                yield _sighting(query, document, match, hit)


def _sighting(query: Query, document: Document, match: Match, hit: Hit) -> Sighting:
    node = hit.node or match.node
    start, end = _place(query, document, match, node, hit.part)
    value = hit.part or node.text
    facts = {"key": match.key, "value": value, **dict(match.captured), **dict(hit.facts)}
    if query.secret:
        facts["value"] = "…"
    return Sighting(start, end, tuple(facts.items()), value if query.secret else "")


def _place(query: Query, document: Document, match: Match, node: Node, part: str) -> tuple[int, int]:
    if query.at != "value":
        node = match.node if query.at == "key" else match.up(query.at.count("^")).node
        start = node.key if node.key >= 0 else node.start
        return start, _first_line_end(document.file.data, start, node.end)
    if node.kind in ("mapping", "sequence"):
        start = node.key if node.key >= 0 else node.start
        return start, _first_line_end(document.file.data, start, node.end)
    if part:
        raw = document.file.data[node.start : node.end]
        needle = part.split("\n", 1)[0].encode("utf-8", "replace")
        if b"\n" in raw and needle and (found := raw.find(needle)) >= 0:
            return node.start + found, node.start + found + len(needle)
    return node.start, node.end


def _first_line_end(data: bytes, start: int, end: int) -> int:
    """A collection is shown by its first line."""
    stop = data.find(b"\n", start)
    return max(start, min(end, stop if stop >= 0 else len(data)))


def in_text(query: Query, file: SourceFile) -> Iterator[Sighting]:
    """Where the hole shows in a file's text, at most once a line."""
    base = 3 if file.data.startswith(b"\xef\xbb\xbf") else 0
    text, ascii_only, next_line = file.text, file.text.isascii(), 0
    for start, end, facts in _spans(query, text):
        if start < next_line:
            continue
        line_start = text.rfind("\n", 0, start) + 1
        next_line = text.find("\n", start) + 1 or len(text) + 1
        line = text[line_start : next_line - 1]
        if (query.unless and query.unless.search(line[:MAX_TEXT])) or (query.code_only and _is_comment(line)):
            continue
        first = start if ascii_only else len(text[:start].encode("utf-8", "replace"))
        length = len(text[start:end].encode("utf-8", "replace"))
        value = text[start:end].strip()
        yield Sighting(base + first, base + first + length, (("value", value), ("key", ""), *facts))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//", "rem ", "REM "))


def _spans(query: Query, text: str) -> Iterator[tuple[int, int, tuple[tuple[str, str], ...]]]:
    if query.text_named:
        yield from predicates.find_text(query.text_named)(text)
    elif query.text:
        yield from ((m.start(), m.end(), ()) for m in query.text.finditer(text))


__all__ = ["Query", "Sighting", "compiled", "in_document", "in_text", "pattern"]
