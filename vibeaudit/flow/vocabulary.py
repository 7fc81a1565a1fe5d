"""Names of sources, sinks and sanitizers, from rulesets/flow/*.yaml."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from vibeaudit.errors import RuleError
from vibeaudit.flow.columns import Column
from vibeaudit.flow.form import Path
from vibeaudit.rules import folder, read_yaml

T = TypeVar("T")
PLAIN_TEXT = frozenset({"plain-text"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Sink:
    """An argument of a call: its position (-1: every one) or its name. `says` is the kind of text that it must be part
    of, `when` a named argument that the call must have, `holds` a text among its arguments, `property` the field of the
    argument that counts, `spared` an option that makes it safe, `on` the calls on whose result it has to be made
    (`res.status(500).send`); `inside` says that the named fields of the argument count as well, `aside` which of them
    do not, `receiver` that what it is called on counts; `packages` are those of which the app must use one, because
    the call's name alone says little, `without` those that make it safe for the whole app."""

    name: str
    argument: int
    keyword: str = ""
    says: str = ""
    when: str = ""
    holds: str = ""
    property: str = ""
    spared: str = ""
    on: tuple[str, ...] = ()
    inside: bool = False
    aside: tuple[str, ...] = ()
    receiver: bool = False
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A named source. `clean` holds "plain-text" where its values are always texts, and never objects."""

    name: str
    clean: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A source told by the name of a field: the passwords, say, among all that a request holds."""

    of: tuple[str, ...]
    fields: tuple[str, ...]  # words in lower case, with spaces between


class Names(Generic[T]):
    """Called names, by their last part. A pattern that starts with "*" fits the end of a longer name."""

    def __init__(self) -> None:
        self._by_end: dict[str, list[tuple[Path, T]]] = defaultdict(list)

    def add(self, pattern: str, word: T) -> None:
        path = tuple(pattern.split("."))
        self._by_end[path[-1]].append((path, word))

    def of(self, names: Iterable[Path]) -> Iterator[T]:
        for name in names:
            for pattern, word in self._by_end.get(name[-1], ()) if name else ():
                if _fits(pattern, name):
                    yield word


@dataclass(slots=True)
class Vocabulary:
    """One language's words."""

    source_paths: dict[str, list[tuple[Path, Source]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by 1st field
    source_calls: Names[Source] = field(default_factory=Names)
    sinks: Names[Sink] = field(default_factory=Names)
    sanitizers: Names[tuple[str, str]] = field(default_factory=Names)  # with what a literal argument must hold
    field_sinks: dict[str, Sink] = field(default_factory=dict)  # fields of object literals, by name
    assigned: Names[Sink] = field(default_factory=Names)  # names whose setting is a sink
    stops: Names[bool] = field(default_factory=Names)  # calls whose result holds nothing of their arguments
    ends: Names[bool] = field(default_factory=Names)  # calls that do not return
    passes: Names[tuple[int, ...]] = field(default_factory=Names)  # calls that hand on some arguments only
    by_field: dict[str, FieldSource] = field(default_factory=dict)
    keys: Names[bool] = field(default_factory=Names)  # calls that give the names of a value's fields
    route_parameters: str = ""  # the source that a handler's own parameters are
    request_names: dict[str, str] = field(default_factory=dict)  # a handler's first parameter, by framework
    returned: dict[str, str] = field(default_factory=dict)  # the sink that a text a handler gives is, by framework
    columns: list[Column] = field(default_factory=list)  # kinds of columns that a caller should not fill
    writes: Names[str] = field(default_factory=Names)  # calls that make a text of this kind of their arguments
    copies: Names[bool] = field(default_factory=Names)  # calls that give what they are made on, field by field
    answered: dict[str, str] = field(default_factory=dict)  # the sink that anything a handler gives is, by framework

    def source_of(self, names: Iterable[Path]) -> tuple[Source | None, Path]:
        """The source that a name or what it is a field of is, and what is read of it; or nothing."""
        for name in names:
            for pattern, word in self.source_paths.get(name[1], ()) if len(name) > 1 else ():
                if name[: len(pattern)] == pattern or (pattern[0] == "*" and pattern[1:] == name[1 : len(pattern)]):
                    return word, name[len(pattern) :]
        return None, ()

    def meant(self, source: str, name: str, asked: Collection[str]) -> bool:
        """Whether a rule that asks for these sources means this one, read by this name."""
        if source in asked:
            return True
        spoken = _words_of(name)
        return any(
            source in kind.of and any(f" {w} " in spoken for w in kind.fields)
            for kind in (self.by_field[a] for a in asked if a in self.by_field)
        )

    def called_source(self, names: Iterable[Path]) -> Source | None:
        return next(self.source_calls.of(names), None)

    def sanitizer(self, names: Iterable[Path], literals: str) -> frozenset[str]:
        """All that a call makes of its arguments: a number, and a positive one."""
        return frozenset(word for word, needed in self.sanitizers.of(names) if needed in literals)

    def copied(self, names: Iterable[Path]) -> bool:
        return next(self.copies.of(names), False)

    def written(self, names: Iterable[Path]) -> frozenset[str]:
        """The kinds of text that a call makes of its arguments: HTML, of Markdown."""
        return frozenset(self.writes.of(names))

    def sinks_of(self, names: Iterable[Path]) -> list[Sink]:
        return list(dict.fromkeys(self.sinks.of(names)))

    def stopped(self, names: Iterable[Path]) -> bool:
        return next(self.stops.of(names), False)

    def keyed(self, names: Iterable[Path]) -> bool:
        return next(self.keys.of(names), False)

    def leaves(self, names: Iterable[Path]) -> bool:
        return next(self.ends.of(names), False)

    def passed(self, names: Iterable[Path]) -> tuple[int, ...] | None:
        return next(self.passes.of(names), None)


@lru_cache
def vocabulary(language: str) -> Vocabulary:
    """The words of a language, from all files that name it. Raises RuleError for a file that is wrong."""
    words = Vocabulary()
    for path in sorted((folder("rulesets") / "flow").glob("*.yaml")):
        data = read_yaml(path.read_text("utf-8"))
        if language not in data["languages"]:
            continue
        try:
            _add(words, data)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RuleError(f"flow/{path.name}: {error}", "see docs/rules.md") from error
    return words


def _add(words: Vocabulary, data: dict[str, Any]) -> None:
    for name, source in data.get("sources", {}).items():
        _add_source(words, name, source)
    for name, sinks in data.get("sinks", {}).items():
        for entry in sinks:
            _add_sink(words, name, entry)
    for name, calls in data.get("sanitizers", {}).items():
        for call in calls:
            told = call if isinstance(call, dict) else {"call": call}
            words.sanitizers.add(told["call"], (name, told.get("holds", "")))
    for call in data.get("stops", ()):
        words.stops.add(call, True)
    for call in data.get("keys", ()):
        words.keys.add(call, True)
    for call in data.get("ends", ()):
        words.ends.add(call, True)
    for entry in data.get("passes", ()):
        for call in entry["calls"]:
            words.passes.add(call, tuple(entry["arguments"]))
    for kind, calls in data.get("writes", {}).items():
        for call in calls:
            words.writes.add(call, kind)
    for call in data.get("copies", ()):
        words.copies.add(call, True)
    for name, kind in data.get("columns", {}).items():
        words.columns.append(Column(name, *(tuple(kind.get(k, ())) for k in ("fields", "tables", "other_tables"))))
    words.request_names |= data.get("request_names", {})
    words.returned |= data.get("returned", {})
    words.answered |= data.get("answered", {})


def _add_source(words: Vocabulary, name: str, source: dict[str, Any]) -> None:
    if "fields" in source:
        of = (source["of"],) if isinstance(source["of"], str) else tuple(source["of"])
        words.by_field[name] = FieldSource(of, tuple(_words_of(w).strip() for w in source["fields"]))
    for prefix, kind in (
        ("", Source(name)),
        ("text_", Source(name, PLAIN_TEXT)),
        ("listed_", Source(name, frozenset({"schema-checked"}))),
    ):
        for path in source.get(f"{prefix}paths", ()):
            parts = tuple(path.split("."))
            words.source_paths[parts[1]].append((parts, kind))
        for call in source.get(f"{prefix}calls", ()):
            words.source_calls.add(call, kind)
    if source.get("route_parameters"):
        words.route_parameters = name


def _add_sink(words: Vocabulary, name: str, entry: dict[str, Any]) -> None:
    options = {k: v for k, v in entry.items() if k not in ("calls", "argument", "fields", "assigned")}
    options |= {k: tuple(entry.get(k, ())) for k in ("on", "packages", "without", "aside")}
    for name_of_field in entry.get("fields", ()):
        words.field_sinks[name_of_field] = Sink(name, 0, says=str(entry.get("says", "")), packages=options["packages"])
    for path in entry.get("assigned", ()):
        words.assigned.add(path, Sink(name, 0, **options))
    for call in entry.get("calls", ()):
        words.sinks.add(call, Sink(name, int(entry.get("argument", 0)), **options))


@lru_cache(maxsize=8192)
def _words_of(name: str) -> str:
    """The words of a name, in lower case, with a space around each: newPassword, new_password, new-password."""
    return f" {' '.join(_WORD.findall(name)).lower()} "


def _fits(pattern: Path, name: Path) -> bool:
    if pattern[0] == "*":
        tail = pattern[1:]
        return len(name) > len(tail) and name[len(name) - len(tail) :] == tail
    return name == pattern
