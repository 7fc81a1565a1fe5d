"""Which plain words a regular expression cannot match without: looked for first, as that is many times cheaper."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

MIN_LENGTH = 3  # shorter ones stand in every file
_Alternatives = frozenset[bytes]


@lru_cache(maxsize=4096)
def literals(pattern: re.Pattern[bytes] | re.Pattern[str]) -> _Alternatives:
    """Lower-case words of which every match holds at least one, whatever its case; empty when none are known."""
    try:
        from re import _parser  # type: ignore[attr-defined]

        found = _of_sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    except Exception:  # private to the standard library: without it, nothing is known
        return frozenset()
    if not all(len(word) >= MIN_LENGTH for word in found):
        return frozenset()
    return frozenset(word for word in found if not any(other in word for other in found - {word}))


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
