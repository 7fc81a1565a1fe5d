"""What a `pattern:` matcher may say, checked and made ready to run. The schema is told in docs/rules-pattern.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vibeaudit.analyzers.pattern_judgements import JUDGEMENTS

DIALECTS = {
    "javascript": ("javascript", "typescript", "tsx"),
    "jsx": ("javascript", "tsx"),
    "python": ("python",),
}
_KEYS = frozenset(
    "languages any rule where not inside not_inside has not_has at masks mentions lacks tests paths".split()
)
_CONDITION_KEYS = frozenset(
    ("is", "regex", "says", "string", "kind", "matches", "has", "called", "properties", "without", "length", "not")
)
_VARIABLE = re.compile(r"\$+[A-Z_][A-Z0-9_]*|\$\$\$")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_WORDS = re.compile(r"[A-Za-z_]\w+(?:\|[A-Za-z_]\w+)*")
_EVERYWHERE = frozenset(
    "async await break case catch class const continue default delete do else export extends false finally for from "
    "function if import in instanceof let new null of return static super switch this throw true try typeof undefined "
    "var void while with yield def lambda None True False self and or not is".split()
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about one captured variable; `wanted` False turns it round."""

    variable: str
    test: Any
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """One `pattern:` mapping of a rule. `words`: a file without all the words of one set cannot match, so
    that most files are never parsed. Picklable, for the worker processes."""

    rule_id: str
    languages: frozenset[str]
    rule: Mapping[str, Any]
    words: tuple[frozenset[str], ...]
    conditions: tuple[Condition, ...] = ()
    at: tuple[str, ...] = ()
    masks: tuple[tuple[str, ...], ...] = ()
    mentions: str = ""
    lacks: str = ""
    tests: str = "keep"
    paths: str = ""
    paired: bool = False  # `words` has one entry for each of the rule's `any:` shapes, in order

    def narrowed(self, words: frozenset[str]) -> Mapping[str, Any]:
        """The ast-grep rule without the shapes that a file with these words cannot hold."""
        if not self.paired:
            return self.rule
        first, *rest = self.rule.get("all", [self.rule])
        kept = [p for p, wanted in zip(first["any"], self.words, strict=True) if wanted <= words]
        return {"all": [{"any": kept}, *rest]} if rest else {"any": kept}


def shapes(rule_id: str, matcher: Any) -> tuple[Shape, ...]:
    """The shapes of one rule. Raises ValueError saying what is wrong."""
    entries = matcher if isinstance(matcher, list) else [matcher]
    if not entries:
        raise ValueError("pattern: is empty")
    try:
        return tuple(_shape(rule_id, entry) for entry in entries)
    except re.error as error:
        raise ValueError(f"pattern: not a regular expression: {error.pattern!r}: {error}") from error


def _shape(rule_id: str, entry: Any) -> Shape:
    if not isinstance(entry, Mapping):
        raise ValueError("pattern: must be a mapping or a list of mappings")
    if unknown := set(entry) - _KEYS:
        raise ValueError(f"pattern: unknown keys {', '.join(sorted(map(str, unknown)))}")
    if ("any" in entry) == ("rule" in entry):
        raise ValueError("pattern: give either any: or rule:")
    if entry.get("tests", "keep") not in ("keep", "skip", "lower"):
        raise ValueError("pattern: tests: must be keep, skip or lower")
    words = tuple(_words(p) for p in _list(entry["any"])) if "any" in entry else (frozenset[str](),)
    paired = "any" in entry and all(words)
    if not all(words):
        words = _words_of_mentions(entry)
    return Shape(
        rule_id=rule_id,
        languages=frozenset(_languages(entry.get("languages", ["javascript"]))),
        rule=_grep_rule(entry),
        words=words,
        conditions=tuple(_conditions(entry)),
        at=tuple(str(entry.get("at", "")).split(".")) if entry.get("at") else (),
        masks=tuple(tuple(str(place).split(".")) for place in _list(entry.get("masks", []))),
        mentions=_alternatives(entry.get("mentions")),
        lacks=_alternatives(entry.get("lacks")),
        tests=entry.get("tests", "keep"),
        paths=_alternatives(entry.get("paths")),
        paired=paired,
    )


def _languages(names: Any) -> Iterator[str]:
    for name in _list(names):
        if name not in DIALECTS:
            raise ValueError(f"pattern: unknown language {name!r}; known: {', '.join(DIALECTS)}")
        yield from DIALECTS[name]


def _grep_rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The ast-grep rule: the shapes, and what stands around or in them, in one query."""
    parts: list[Any] = [entry["rule"] if "rule" in entry else _any(entry["any"])]
    for key, relation in (("inside", "inside"), ("has", "has")):
        if key in entry:
            parts.append({relation: {**_any(entry[key]), "stopBy": "end"}})
        if f"not_{key}" in entry:
            parts.append({"not": {relation: {**_any(entry[f"not_{key}"]), "stopBy": "end"}}})
    return {"all": parts} if len(parts) > 1 else dict(parts[0])


def _any(patterns: Any) -> dict[str, Any]:
    return {"any": [as_rule(p) for p in _list(patterns)]}


def as_rule(pattern: Any) -> dict[str, Any]:
    """A pattern as people write it: code, code with the part that counts, or a raw ast-grep rule."""
    if isinstance(pattern, str):
        return {"pattern": pattern}
    if isinstance(pattern, Mapping) and set(pattern) == {"context", "selector"}:
        return {"pattern": dict(pattern)}
    if isinstance(pattern, Mapping):
        return dict(pattern)
    raise ValueError(f"pattern: not a pattern: {pattern!r}")


def _words(pattern: Any) -> frozenset[str]:
    if not isinstance(pattern, str):
        return frozenset()
    return frozenset(_WORD.findall(_VARIABLE.sub(" ", pattern))) - _EVERYWHERE


def _words_of_mentions(entry: Mapping[str, Any]) -> tuple[frozenset[str], ...]:
    """For shapes without a fixed word: what `mentions` asks for, when it is only words; else any file may match."""
    if "mentions" not in entry:
        raise ValueError("pattern: a shape without a fixed word needs mentions:")
    told = _alternatives(entry["mentions"])
    return tuple(frozenset((w,)) for w in told.split("|")) if _PLAIN_WORDS.fullmatch(told) else (frozenset(),)


def _conditions(entry: Mapping[str, Any]) -> Iterator[Condition]:
    for key, wanted in (("where", True), ("not", False)):
        table = entry.get(key, {})
        if not isinstance(table, Mapping):
            raise ValueError(f"pattern: {key}: must map variables to conditions")
        for variable, test in table.items():
            check_condition(test)
            yield Condition(str(variable), test, wanted)


def check_condition(test: Any) -> None:
    """Raises ValueError when a condition says something that nobody can answer."""
    if isinstance(test, str):
        if test not in JUDGEMENTS:
            raise ValueError(f"pattern: unknown judgement {test!r}; known: {', '.join(sorted(JUDGEMENTS))}")
    elif isinstance(test, list):
        for part in test:
            check_condition(part)
    elif isinstance(test, Mapping):
        _check_mapping(test)
    else:
        raise ValueError(f"pattern: not a condition: {test!r}")


def _check_mapping(test: Mapping[str, Any]) -> None:
    if unknown := set(test) - _CONDITION_KEYS:
        raise ValueError(f"pattern: unknown condition {', '.join(sorted(map(str, unknown)))}")
    for key in ("regex", "says", "string", "called"):
        if key in test:
            re.compile(test[key])
    for key in ("is", "not"):
        if key in test:
            check_condition(test[key])
    for nested in test.get("properties", {}).values():
        check_condition(nested)


def _alternatives(value: Any) -> str:
    if value is None:
        return ""
    parts = [str(part) for part in _list(value)]
    joined = parts[0] if len(parts) == 1 else "|".join(f"(?:{part})" for part in parts)
    re.compile(joined)
    return joined


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]
