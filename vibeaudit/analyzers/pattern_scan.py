"""Runs shapes over the text of one file. Knows nothing of rules' words; plain data in and out, for the workers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vibeaudit.analyzers.pattern_judgements import judge_by
from vibeaudit.analyzers.pattern_rules import Condition, Shape, as_rule
from vibeaudit.analyzers.pattern_values import Judge
from vibeaudit.source.literals import found_in, lower_case

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_HITS = 2000  # a file; more than any person writes
MAX_FACT = 400
MAX_TEXT = 8000  # characters of a value that a rule's expression is tried on
MAX_SLIP = 80  # characters; a bare "&" in JSX text costs nothing around it
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE = re.compile(r"(?<!\$)\$([A-Z_][A-Z0-9_]*)")


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A rule's shape at a place: line from 0, column in characters from 0. `secrets` are shown to nobody."""

    rule_id: str
    start: tuple[int, int]
    end: tuple[int, int]
    facts: tuple[tuple[str, str], ...] = ()
    lowered: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """What one file gave. `broken_line` is the first line, from 1, that the parser could not make sense of."""

    hits: tuple[Hit, ...] = ()
    broken_line: int = 0


def scan(text: str, language: str, path: str, shapes: Sequence[Shape], in_test: bool) -> Scan:
    """Every hit in the file, sorted. The file is parsed only when its words make a hit possible."""
    words = frozenset(_WORD.findall(text))
    held = _Text(text)
    possible = [s for s in shapes if _may_match(s, words, held, language, path, in_test)]
    if not possible:
        return Scan()
    from ast_grep_py import SgRoot

    root = SgRoot(text, language).root()
    broken = _broken_line(root)
    if broken and language == "javascript" and not _broken_line(retried := SgRoot(text, "tsx").root()):
        root, broken, language = retried, 0, "tsx"  # types in a .js file
    hits: dict[tuple[str, tuple[int, int]], Hit] = {}
    judge = Judge(root)
    for shape in possible:
        if language not in shape.languages:
            continue
        for node in root.find_all(**shape.narrowed(words))[:MAX_HITS]:
            if all(holds(judge, node, c) for c in shape.conditions):
                hit = _hit(judge, node, shape, in_test)
                hits.setdefault((hit.rule_id, hit.start), hit)
    return Scan(tuple(sorted(hits.values())), broken)


class _Text:
    """A file's text, for many expressions."""

    def __init__(self, text: str) -> None:
        self._text, self._low = text, lower_case(text.encode("utf-8", "surrogatepass"))

    def says(self, expression: str) -> bool:
        return found_in(_compiled(expression), self._low, self._text)


@lru_cache(maxsize=2048)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _may_match(shape: Shape, words: frozenset[str], text: _Text, language: str, path: str, in_test: bool) -> bool:
    return (
        language in shape.languages
        and not (in_test and shape.tests == "skip")
        and any(wanted <= words for wanted in shape.words)
        and (not shape.paths or re.search(shape.paths, path) is not None)
        and (not shape.mentions or text.says(shape.mentions))
        and not (shape.lacks and text.says(shape.lacks))
    )


def _broken_line(root: SgNode) -> int:
    """The first line, from 1, where the parser lost more than a word; 0 when it found its way."""
    errors = [root] if root.kind() == "ERROR" else root.find_all(kind="ERROR")
    lost = (e for e in errors if len(e.text()) > MAX_SLIP or "\n" in e.text())
    return min((e.range().start.line + 1 for e in lost), default=0)


def holds(judge: Judge, node: SgNode, condition: Condition) -> bool:
    """Whether a condition holds of what its variable caught. A variable that caught nothing: no."""
    value = node if condition.variable == "SELF" else node.get_match(condition.variable)
    return (value is not None and ask(judge, value, condition.test)) is condition.wanted


def ask(judge: Judge, value: SgNode, test: Any) -> bool:
    """A name asks the judge; a list wants one of its parts, a mapping all of its keys."""
    if isinstance(test, str):
        return judge_by(judge, value, test)
    if isinstance(test, list):
        return any(ask(judge, value, part) for part in test)
    return all(_ask_key(judge, value, key, wanted) for key, wanted in test.items())


def _ask_key(judge: Judge, value: SgNode, key: str, wanted: Any) -> bool:
    if key == "is":
        return ask(judge, value, wanted)
    if key == "not":
        return not ask(judge, value, wanted)
    if key == "regex":
        return re.search(wanted, value.text()[:MAX_TEXT]) is not None
    if key == "string":
        said = judge.string(value)
        return said is not None and re.search(wanted, said[:MAX_TEXT]) is not None
    if key == "length":
        said = judge.string(value)
        return said is not None and len(said) >= int(wanted)
    if key == "without" and judge.mutated(value):
        return False
    return _ask_structure(judge, judge.resolve(value), key, wanted)


def _ask_structure(judge: Judge, value: SgNode, key: str, wanted: Any) -> bool:
    if key == "says":
        return re.search(wanted, value.text()[:MAX_TEXT]) is not None
    if key == "kind":
        return value.kind() in ([wanted] if isinstance(wanted, str) else wanted)
    if key == "matches":
        return any(value.matches(**as_rule(p)) for p in _list(wanted))
    if key == "has":
        return any(value.find(**as_rule(p)) is not None for p in _list(wanted))
    if key == "called":
        callee = value.field("function") or value.field("constructor")
        return callee is not None and re.search(wanted, callee.text()[:MAX_TEXT]) is not None
    if key == "without":
        given = properties(value)
        return given is not None and "..." not in given and not any(name in given for name in _list(wanted))
    return _properties_hold(judge, value, wanted)


def _properties_hold(judge: Judge, value: SgNode, wanted: Mapping[str, Any]) -> bool:
    given = properties(value) or {}
    return all(name in given and ask(judge, given[name], test) for name, test in wanted.items())


def properties(value: SgNode) -> dict[str, SgNode] | None:
    """The fields of an object literal ("..." for a spread); None for anything else."""
    if value.kind() != "object":
        return None
    given: dict[str, SgNode] = {}
    for child in value.named_children():
        if child.kind() == "pair":
            name, held = child.field("key"), child.field("value")
            if name is not None and held is not None:
                given[name.text().strip("'\"")] = held
        elif child.kind() == "shorthand_property_identifier":
            given[child.text()] = child
        elif child.kind() == "spread_element":
            given["..."] = child
        elif child.kind() == "method_definition" and (name := child.field("name")) is not None:
            given[name.text()] = child
    return given


def _hit(judge: Judge, node: SgNode, shape: Shape, in_test: bool) -> Hit:
    at = _place(judge, node, shape.at).range()
    names = sorted(set(_VARIABLE.findall(str(shape.rule))))
    caught = ((name.lower(), node.get_match(name)) for name in names)
    facts = tuple((name, " ".join(value.text()[:MAX_FACT].split())) for name, value in caught if value is not None)
    start, end = (at.start.line, at.start.column), (at.end.line, at.end.column)
    secrets = tuple(_inner(_place(judge, node, place)) for place in shape.masks)
    return Hit(shape.rule_id, start, end, facts, in_test and shape.tests == "lower", secrets)


def _inner(node: SgNode) -> str:
    """A string without its quotes, in Python also without its prefix."""
    return re.sub(r"^[rbuRBU]{0,2}(?=[\"'`])", "", node.text()).strip("\"'`")


def _place(judge: Judge, node: SgNode, at: tuple[str, ...]) -> SgNode:
    """Where a person would mend it: a caught variable, a field of the object that it is ("OPTIONS.secret"),
    or with "=" the value behind its name ("KEY.=")."""
    if not at or (place := node.get_match(at[0])) is None:
        return node
    for name in at[1:]:
        if name == "=":
            place = judge.resolve(place)
            continue
        field = (properties(judge.resolve(place)) or {}).get(name)
        if field is None:
            return place
        place = field
    return place


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]
