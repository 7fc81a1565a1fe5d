"""What a rule may ask of a value, written as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vibeaudit.analyzers.configuration import predicates
from vibeaudit.analyzers.configuration.nodes import Document, Node
from vibeaudit.analyzers.configuration.paths import Match, walk

MAX_TEXT = 20_000
TESTS = frozenset(
    (
        "equals", "not_equals", "in", "not_in", "matches", "not_matches", "contains", "lacks", "starts_with",
        "greater_than", "less_than", "type", "any_key", "empty", "present", "absent", "named", "any", "all", "not",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """Why a value meets a condition: the part of it that does, when it is only a part, and facts for the texts."""

    part: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    node: Node | None = None


def hits(match: Match, document: Document, asked: Mapping[str, Any]) -> Iterator[Hit]:
    """A Hit for each reason why the value meets all the tests; none when it does not meet them."""
    found: list[Hit] = []
    for test, wanted in asked.items():
        if test == "named":
            reasons = [Hit(*r) for r in predicates.find(wanted)(match, document)]
            if not reasons:
                return
            found = reasons
        elif test == "matches":
            m = pattern(wanted).search(_read(match.node))
            if m is None or match.node.kind in ("mapping", "sequence"):
                return
            found = found or [Hit(m.group())]
        elif not holds(match, document, test, wanted):
            return
    yield from found or [Hit()]


def meets(match: Match, document: Document, asked: Mapping[str, Any]) -> bool:
    return next(hits(match, document, asked), None) is not None


def holds(match: Match, document: Document, test: str, wanted: Any) -> bool:
    """One test of one value."""
    if test in ("any", "all", "not"):
        return _combined(match, document, test, wanted)
    return _SIMPLE[test](match.node, wanted)


def where(match: Match, document: Document, asked: Mapping[str, Any]) -> bool:
    """Whether what stands around the value is as asked: path -> condition. A path starts at the mapping that
    holds the value; `^` climbs one mapping, `/` starts at the top of the file, `.` is the value itself."""
    for path, condition in asked.items():
        start, rest = _start(match, document, path)
        condition = condition if isinstance(condition, dict) else {"equals": condition}
        if condition == {"absent": True}:
            if next(walk(start, rest), None) is not None:
                return False
        elif "none" in condition:
            if any(meets(m, document, condition["none"]) for m in walk(start, rest)):
                return False
        elif not any(meets(m, document, condition) for m in walk(start, rest)):
            return False
    return True


def _start(match: Match, document: Document, path: str) -> tuple[Match, str]:
    if path.startswith("/"):
        return Match(document.root), path[1:]
    if path.startswith("."):
        return match, path[1:]
    climb = len(path) - len(path.lstrip("^"))
    return match.up(climb), path[climb:].lstrip(".")


def _combined(match: Match, document: Document, test: str, wanted: Any) -> bool:
    if test == "not":
        return not meets(match, document, wanted)
    results = (meets(match, document, w) for w in wanted)
    return any(results) if test == "any" else all(results)


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _read(node: Node) -> str:
    """As much of a text as patterns are put to: enough for any script that a person wrote."""
    return node.text[:MAX_TEXT]


def _same(node: Node, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(node.value, bool):
        return node.value is wanted
    return bool(node.value == wanted)


def _number(node: Node) -> float | None:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _texts(node: Node) -> Iterable[str]:
    return [_read(n) for n in node.strings()]


_SIMPLE: dict[str, Callable[[Node, Any], bool]] = {
    "equals": _same,
    "not_equals": lambda n, w: not _same(n, w),
    "in": lambda n, w: any(_same(n, x) for x in w),
    "not_in": lambda n, w: not any(_same(n, x) for x in w),
    "not_matches": lambda n, w: pattern(w).search(_read(n)) is None,
    "contains": lambda n, w: any(pattern(w).search(t) for t in _texts(n)),
    "lacks": lambda n, w: not any(pattern(w).search(t) for t in _texts(n)),
    "starts_with": lambda n, w: n.text.startswith(w),
    "greater_than": lambda n, w: (x := _number(n)) is not None and x > w,
    "less_than": lambda n, w: (x := _number(n)) is not None and x < w,
    "type": lambda n, w: n.kind in (w if isinstance(w, list) else [w]),
    "any_key": lambda n, w: any(pattern(w).search(k) for k, _ in n.entries),
    "empty": lambda n, w: (not n.children and not n.text) is w,
    "present": lambda n, w: True,
}
