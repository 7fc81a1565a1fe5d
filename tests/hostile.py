"""Texts that keep a regular expression busy, worked out from how it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ENDLESS = 300  # repeats that are allowed this often are as good as endless
_CANDIDATES = "a0 \t\n_.,;:=-/\\\"'`()[]{}<>$@#!?*+|&%^~A"
_GENERAL = (
    *(" ", "\n", "\n ", "a", "A", "0", "_", ".", "-", "/", "=", '"', "'", "`", "\\", "(", ")", "[", "{", "<", ",", "$"),
    *("a.", "a, ", "a=", "a:", '"a" ', "a b ", "f(a, ", "a/", "/*", "//", "{a:", "a(", "a()", "<a ", "${", "\n#", "\t"),
    *("user password token ", "select a from b where c ", "const { a,\n b: c,\n", "let x = req.body\n", '<a href="x">'),
)


def texts(pattern: re.Pattern[Any], size: int) -> Iterator[tuple[str, str]]:
    """What is repeated, and the text of about `size` characters."""
    seen = set[str]()
    for lead, pump, tail in (*_derived(pattern), *(("", g, "") for g in _GENERAL)):
        if pump:
            text = lead + pump * (size // len(pump)) + tail
            if text not in seen:
                seen.add(text)
                yield f"{lead!r} + {pump!r} * n + {tail!r}", text


def _derived(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    parsed = list(re._parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))  # type: ignore[attr-defined]
    repeats = list(_repeats(parsed, "", bool(pattern.flags & re.DOTALL), bool(pattern.flags & re.IGNORECASE)))
    for number, (lead, chars, example) in enumerate(repeats):
        shared = {min(both, key=_CANDIDATES.index) for _, other, _ in repeats[number + 1 :] if (both := chars & other)}
        for pump in sorted({example, *shared, *([min(chars, key=_CANDIDATES.index)] if chars else [])}):
            for tail in ("", "\x00"):
                yield lead, pump, tail
        if lead:
            yield from (("", lead + gap, "\x00") for gap in ("", " ", "\n", example))


def _repeats(items: list[Any], lead: str, dotall: bool, low: bool) -> Iterator[tuple[str, frozenset[str], str]]:
    """Each endless repeat: a text that leads to it, the characters that it takes, one turn of it."""
    for operation, given in items:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = given
            if str(most) == "MAXREPEAT" or int(most) >= _ENDLESS:
                yield lead, _chars(list(body), dotall), _example(list(body), dotall)
            yield from _repeats(list(body), lead, dotall, low)
            lead += _example(list(body), dotall) * min(int(least), 40)
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            inner = list(given[3] if name == "SUBPATTERN" else given)
            yield from _repeats(inner, lead, dotall, low)
            lead += _example(inner, dotall)
        elif name == "BRANCH":
            for branch in given[1]:
                yield from _repeats(list(branch), lead, dotall, low)
            lead += _example(list(given[1][0]), dotall)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repeats(list(given[1]), lead, dotall, low)
            lead += _before(given, dotall) if name == "ASSERT" and given[0] < 0 else ""
        else:
            lead += _example([(operation, given)], dotall)


def _before(given: Any, dotall: bool) -> str:
    return _example(list(given[1]), dotall)


def _example(items: list[Any], dotall: bool) -> str:
    out = ""
    for operation, given in items:
        name = str(operation)
        if name == "LITERAL":
            out += chr(given)
        elif name in ("NOT_LITERAL", "ANY", "IN"):
            found = _chars([(operation, given)], dotall)
            out += min(found, key=_CANDIDATES.index) if found else _odd(operation, given)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            out += _example(list(given[2]), dotall) * min(int(given[0]), 40)
        elif name == "SUBPATTERN":
            out += _example(list(given[3]), dotall)
        elif name == "ATOMIC_GROUP":
            out += _example(list(given), dotall)
        elif name == "BRANCH":
            out += _example(list(given[1][0]), dotall)
    return out


def _odd(operation: Any, given: Any) -> str:
    if str(operation) != "IN":
        return ""
    for kind, value in given:
        if str(kind) == "LITERAL":
            return chr(value)
        if str(kind) == "RANGE":
            return chr(value[0])
    return ""


def _chars(items: list[Any], dotall: bool) -> frozenset[str]:
    """Which of the candidates a body may start with."""
    found = frozenset[str]()
    for operation, given in items:
        name = str(operation)
        if name == "LITERAL":
            return found | (frozenset(chr(given)) & frozenset(_CANDIDATES))
        if name == "NOT_LITERAL":
            return found | (frozenset(_CANDIDATES) - {chr(given)})
        if name == "ANY":
            return found | (frozenset(_CANDIDATES) - (frozenset() if dotall else {"\n"}))
        if name == "IN":
            return found | frozenset(c for c in _CANDIDATES if _holds(given, c))
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            found |= _chars(list(given[2]), dotall)
            if int(given[0]):
                return found
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            return found | _chars(list(given[3] if name == "SUBPATTERN" else given), dotall)
        elif name == "BRANCH":
            return found.union(*(_chars(list(b), dotall) for b in given[1]))
    return found


def _holds(members: list[Any], char: str) -> bool:
    negated = str(members[0][0]) == "NEGATE"
    return negated != any(_member(str(kind), value, char) for kind, value in members)


def _member(kind: str, value: Any, char: str) -> bool:
    if kind == "LITERAL":
        return chr(value) == char
    if kind == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    if kind == "CATEGORY":
        name = str(value)
        letter = {"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s"}[name.rpartition("_")[2]]
        return ("NOT" in name) != (re.match(letter, char) is not None)
    return False
