"""Which plain words a regular expression cannot match without: looked for first, as that is many times cheaper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MIN_LENGTH = 3  # shorter ones stand in every file
_Alternatives = frozenset[bytes]
_Pattern = re.Pattern[bytes] | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the alternatives that a pattern chooses between, and the words of which each of its matches holds one."""

    words: _Alternatives
    pattern: _Pattern
    in_lower_case: Callable[[bytes], object] | None  # the same search, for bytes in lower case: quicker

    def found(self, low: bytes, whole: bytes | str) -> bool:
        """Whether it is in the whole text, which is `low` in lower case."""
        if self.words and not any(word in low for word in self.words):
            return False
        found = self.in_lower_case(low) if self.in_lower_case else self.pattern.search(whole)  # type: ignore[arg-type]
        return found is not None


@lru_cache(maxsize=4096)
def literals(pattern: _Pattern) -> _Alternatives:
    """Lower-case words of which every match holds at least one, whatever its case; empty when none are known."""
    found = _words(pattern)
    return found if all(len(word) >= MIN_LENGTH for word in found) else frozenset()


# Letters that match an ASCII letter when case is ignored, and UTF-16: words of ASCII do not show them.
_UNPLAIN = (b"\xc4\xb0", b"\xc4\xb1", b"\xc5\xbf", b"\xe2\x84\xaa")
WIDE = (b"\xff\xfe", b"\xfe\xff")


def lower_case(data: bytes) -> bytes:
    """A text's bytes in lower case; empty when words of ASCII do not tell what is in it."""
    return b"" if data.startswith(WIDE) or any(letter in data for letter in _UNPLAIN) else data.lower()


def found_in(pattern: _Pattern, low: bytes, whole: bytes | str) -> bool:
    """Whether the pattern is found in the whole text, which is `low` in lower case. Most texts lack the words that it
    needs, which is quickly seen."""
    if not low:
        return pattern.search(whole) is not None  # type: ignore[arg-type]
    words = literals(pattern)
    return not (words and not any(word in low for word in words)) and any(p.found(low, whole) for p in parts(pattern))


@lru_cache(maxsize=4096)
def parts(pattern: _Pattern) -> tuple[Part, ...]:
    """The alternatives of a pattern: it is found where one of them is."""
    return tuple(Part(_words(p), p, _lowered(p)) for p in _alternatives(pattern))


def _words(pattern: _Pattern) -> _Alternatives:
    try:
        found = _of_sequence(_parsed(pattern))
    except Exception:  # private to the standard library: without it, nothing is known
        return frozenset()
    return frozenset(word for word in found if not any(other in word for other in found - {word}))


def _parsed(pattern: _Pattern) -> Any:
    from re import _parser  # type: ignore[attr-defined]

    return _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)


_FLAGS = re.compile(r"\(\?[aiLmsu]+\)")
_INDIVISIBLE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")  # what speaks of a group elsewhere
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.S)


def _alternatives(pattern: _Pattern) -> Iterator[_Pattern]:
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    head = found.end() if (found := _FLAGS.match(text)) else 0
    if pattern.flags & (re.VERBOSE | re.DEBUG) or _INDIVISIBLE.search(text):
        yield pattern
        return
    depth, start = 0, head
    pieces: list[str] = []
    for token in _TOKEN.finditer(text, head):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if token.group() == "|" and depth == 0:
            pieces.append(text[start : token.start()])
            start = token.end()
    for piece in (*pieces, text[start:]):
        given = piece.encode("latin-1") if isinstance(pattern.pattern, bytes) else piece
        yield re.compile(given, pattern.flags)


def _lowered(pattern: _Pattern) -> Callable[[bytes], object] | None:
    """A search without regard to case, as one in bytes that are all in lower case already."""
    if not isinstance(pattern.pattern, bytes) or not pattern.flags & re.IGNORECASE or b"(?-" in pattern.pattern:
        return None
    try:
        if _has_upper_case(_parsed(pattern)):
            return None
    except Exception:  # private to the standard library
        return None
    text = _FLAGS.sub("", pattern.pattern.decode("latin-1"), count=1)
    return re.compile(text.encode("latin-1"), pattern.flags & ~re.IGNORECASE).search


def _has_upper_case(parsed: Any) -> bool:
    """Whether a letter in upper case is named, or stands in a range."""
    if isinstance(parsed, tuple) and len(parsed) == 2 and str(parsed[0]) in ("LITERAL", "NOT_LITERAL"):
        return 65 <= int(parsed[1]) <= 90
    if isinstance(parsed, tuple) and len(parsed) == 2 and str(parsed[0]) == "RANGE":
        return bool(parsed[1][0] <= 90 and parsed[1][1] >= 65)
    if isinstance(parsed, int | str | bytes) or parsed is None:
        return False
    return any(map(_has_upper_case, parsed))


def _of_sequence(parsed: Iterable[Any]) -> _Alternatives:
    """The best of what its parts, which must all be there, give: that whose shortest word is longest."""
    best: _Alternatives = frozenset()
    run = b""
    for operator, given in parsed:
        letter = _letter(str(operator), given)
        run += letter
        for candidate in (frozenset((run,)) if run else frozenset[bytes](), _of_part(str(operator), given)):
            if candidate and min(map(len, candidate)) > min(map(len, best), default=0):
                best = candidate
        if not letter and str(operator) not in ("AT", "ASSERT", "ASSERT_NOT"):
            run = b""
    return best


def _letter(operator: str, given: Any) -> bytes:
    """The letter that must stand here, in lower case; none when several may."""
    codes = [given] if operator == "LITERAL" else []
    if operator == "IN" and all(str(kind) == "LITERAL" for kind, _ in given):
        codes = [code for _, code in given]
    letters = {chr(code).lower() for code in codes if code < 128}
    return letters.pop().encode() if len(letters) == 1 and all(code < 128 for code in codes) else b""


def _of_part(operator: str, given: Any) -> _Alternatives:
    if operator == "SUBPATTERN":
        return _of_sequence(given[-1])
    if operator in ("MAX_REPEAT", "MIN_REPEAT") and given[0] > 0:
        return _of_sequence(given[-1])
    if operator == "BRANCH":
        branches = [_of_sequence(branch) for branch in given[-1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    return frozenset()
