"""Which words a file of Python must hold for a semgrep rule to find anything in it. Semgrep reads and resolves a file
before it knows that, so files that no rule concerns are better not shown to it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from vibeaudit.source.literals import MIN_LENGTH, literals

Clauses = frozenset[frozenset[bytes]]  # of each, one word at least, in lower case

_NOTHING: Clauses = frozenset()
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.S)
_VARIABLE = re.compile(r"\$(?:\.\.\.)?\w+")
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TYPED = re.compile(r"\(\s*\$\w+\s*:")  # a type is inferred, and need not be written down
_COMMON = frozenset(  # in nearly every file of some app
    b"app application client config data delete django fastapi flask get import name path post put request requests"
    b" response route run self session settings starlette update url user views".split()
)
_BOTH = frozenset(("patterns", "pattern-inside", "pattern"))


def needed(native: Mapping[str, Any]) -> Clauses:
    """What a native rule needs. Nothing is known of what is no plain pattern."""
    if native.get("mode", "search") == "taint":
        return _any(native.get("pattern-sources", ())) | _any(native.get("pattern-sinks", ()))
    return _of(native) if native.get("mode", "search") == "search" else _NOTHING


def _of(formula: Any) -> Clauses:
    """Of one formula: all that its parts need."""
    if isinstance(formula, str):
        return _of_pattern(formula)
    if isinstance(formula, list):
        return frozenset().union(*map(_of, formula))
    if not isinstance(formula, Mapping):
        return _NOTHING
    found = frozenset().union(*(_of(formula[key]) for key in _BOTH & formula.keys()))
    found |= _any(formula["pattern-either"]) if "pattern-either" in formula else _NOTHING
    asked = formula.get("metavariable-regex")
    if isinstance(asked, Mapping) and not asked.get("constant-propagation"):
        found |= _of_expression(str(asked.get("regex", "")))
    return found


def _any(formulas: Iterable[Any]) -> Clauses:
    """Of alternatives: a word of one of them. Of each, the clause that fewest files hold, as far as words tell."""
    chosen = [max(_of(f), key=_weight, default=frozenset[bytes]()) for f in formulas]
    return frozenset((frozenset[bytes]().union(*chosen),)) if chosen and all(chosen) else _NOTHING


def _weight(clause: frozenset[bytes]) -> tuple[bool, int, list[bytes]]:
    return not clause & _COMMON, min(map(len, clause)), sorted(clause)


def _of_pattern(text: str) -> Clauses:
    if _TYPED.search(text):
        return _NOTHING
    words = _WORD.findall(_VARIABLE.sub(" ", _STRING.sub(" ", text)))
    kept = {w.lower().encode() for w in words if len(w) >= MIN_LENGTH and not keyword.iskeyword(w)}
    return frozenset(frozenset((w,)) for w in kept)


def _of_expression(text: str) -> Clauses:
    try:
        words = literals(re.compile(text))
    except re.error:
        return _NOTHING
    return frozenset((words,)) if words else _NOTHING
