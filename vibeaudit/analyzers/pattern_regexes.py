"""Regular expressions that take exponential time: a repetition of what repeats itself, with nothing between."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vibeaudit.analyzers.pattern_names import unwrap
from vibeaudit.analyzers.pattern_values import Judge

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_CODES = range(128)
MAX_CHARS = 1500


def is_slow(judge: Judge, node: SgNode) -> bool:
    """Whether a literal pattern can be kept busy for ever by a short text."""
    written_here, node = unwrap(node), unwrap(judge.resolve(node))
    if node.kind() == "regex" and written_here.kind() != "regex":
        return False  # it is looked at where it is written
    written = node.text()
    if len(written) > MAX_CHARS:
        return False
    if node.kind() == "regex":
        body = written[1 : written.rindex("/")] if written.count("/") > 1 else ""
        return explodes(
            body.replace("\\/", "/").replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
        )
    if node.kind() != "string":
        return False
    try:
        said = ast.literal_eval(written)
    except (ValueError, SyntaxError):
        return False
    return isinstance(said, str) and explodes(said)


@lru_cache(maxsize=2048)
def explodes(pattern: str) -> bool:
    """Whether a pattern nests repetitions so that a text can be divided among them in exponentially many ways, before
    something that may fail."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError, ValueError):
        return False
    return _in_sequence(list(parsed), may_fail_later=False)


def _in_sequence(items: list[Any], *, may_fail_later: bool) -> bool:
    for number, (operation, given) in enumerate(items):
        fails = may_fail_later or any(not _nullable(i) for i in items[number + 1 :])
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = given
            inner = _plain(list(body))
            if fails and _endless(most) and _ambiguous(inner):
                return True
            if _in_sequence(inner, may_fail_later=fails or _endless(most)):
                return True
        groups = given[1] if name == "BRANCH" else [given[3]] if name == "SUBPATTERN" else []
        if any(_in_sequence(list(g), may_fail_later=fails) for g in groups):
            return True
    return False


def _ambiguous(body: list[Any]) -> bool:
    """Whether a text of one kind of characters can be read as one turn of the body or as several."""
    for number, item in enumerate(body):
        if str(item[0]) not in ("MAX_REPEAT", "MIN_REPEAT") or not _endless(item[1][1]):
            continue
        chars = _chars(_plain(list(item[1][2])))
        others = [o for n, o in enumerate(body) if n != number and not _nullable(o)]
        if chars and all(chars & _chars([o]) for o in others):
            return True
    return False


def _plain(items: list[Any]) -> list[Any]:
    """What stands in brackets that only group."""
    while len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        items = list(items[0][1][3])
    return items


def _endless(most: Any) -> bool:
    return str(most) == "MAXREPEAT" or int(most) > 50


def _nullable(item: Any) -> bool:
    """Whether an item may match nothing. The end of the text is something that may fail."""
    name = str(item[0])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return int(item[1][0]) == 0 or all(_nullable(i) for i in item[1][2])
    if name == "SUBPATTERN":
        return all(_nullable(i) for i in item[1][3])
    if name == "BRANCH":
        return any(all(_nullable(i) for i in b) for b in item[1][1])
    return False


def _chars(items: list[Any]) -> frozenset[int]:
    """The characters that one item may match, when it is one class of them; nothing for what is longer."""
    if len(items) != 1:
        return frozenset()
    operation, given = items[0]
    name = str(operation)
    if name == "LITERAL":
        return frozenset({int(given)})
    if name == "NOT_LITERAL":
        return frozenset(_CODES) - {int(given)}
    if name == "ANY":
        return frozenset(_CODES) - {10}
    if name == "IN":
        return _class(given)
    if name == "SUBPATTERN":
        return _chars(list(given[3]))
    return _chars(list(given[2])) if name in ("MAX_REPEAT", "MIN_REPEAT") else frozenset()


def _class(members: list[Any]) -> frozenset[int]:
    found: set[int] = set()
    for operation, given in members:
        name = str(operation)
        if name == "LITERAL":
            found.add(int(given))
        elif name == "RANGE":
            found |= set(range(given[0], min(given[1], 127) + 1))
        elif name == "CATEGORY":
            found |= _category(str(given))
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    return frozenset(_CODES) - found if negated else frozenset(found)


def _category(name: str) -> set[int]:
    letter = {"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s"}.get(name.rpartition("_")[2])
    if letter is None:
        return set()
    inside = {c for c in _CODES if re.match(letter, chr(c))}
    return set(_CODES) - inside if "NOT" in name else inside
