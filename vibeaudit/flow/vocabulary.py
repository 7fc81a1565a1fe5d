"""Names of sources, sinks and sanitizers, from rulesets/flow/*.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from vibeaudit.errors import RuleError
from vibeaudit.flow.form import Path
from vibeaudit.rules import folder, read_yaml


@dataclass(frozen=True, slots=True)
class Sink:
    """An argument of a call: its position, or its name; -1 means every argument."""

    name: str
    pattern: Path
    argument: int
    keyword: str = ""
    built: bool = False  # only when the argument is a text put together, or a whole value from outside


@dataclass(slots=True)
class Vocabulary:
    """One language's words. A pattern that starts with "*" matches the end of a name."""

    source_paths: list[tuple[str, Path]] = field(default_factory=list)
    source_calls: list[tuple[str, Path]] = field(default_factory=list)
    route_parameters: str = ""  # the source that a handler's own parameters are
    sinks: list[Sink] = field(default_factory=list)
    sanitizers: list[tuple[str, Path]] = field(default_factory=list)
    stops: list[Path] = field(default_factory=list)  # calls whose result holds nothing of their arguments


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
        except (KeyError, TypeError, AttributeError) as error:
            raise RuleError(f"flow/{path.name}: {error}", "see docs/rules.md") from error
    return words


def _add(words: Vocabulary, data: dict[str, dict[str, object]]) -> None:
    for name, source in data.get("sources", {}).items():
        assert isinstance(source, dict)
        words.source_paths += [(name, _path(p)) for p in source.get("paths", ())]
        words.source_calls += [(name, _path(p)) for p in source.get("calls", ())]
        if source.get("route_parameters"):
            words.route_parameters = name
    for name, sinks in data.get("sinks", {}).items():
        assert isinstance(sinks, list)
        for sink in sinks:
            words.sinks += [
                Sink(
                    name,
                    _path(call),
                    int(sink.get("argument", 0)),
                    str(sink.get("keyword", "")),
                    bool(sink.get("built")),
                )
                for call in sink["calls"]
            ]
    for name, calls in data.get("sanitizers", {}).items():
        assert isinstance(calls, list)
        words.sanitizers += [(name, _path(c)) for c in calls]
    words.stops += [_path(str(c)) for c in data.get("stops", ())]


def _path(words: str) -> Path:
    return tuple(words.split("."))


def matches(pattern: Path, name: Path) -> bool:
    """Whether a called name fits: the whole of it, or its end when the pattern starts with "*"."""
    if pattern[0] == "*":
        tail = pattern[1:]
        return len(name) > len(tail) and name[len(name) - len(tail) :] == tail
    return name == pattern


def first(entries: Iterable[tuple[str, Path]], names: Iterable[Path]) -> str:
    """The word of the first entry that fits one of the names, or an empty string."""
    wanted = tuple(names)
    return next((word for word, pattern in entries if any(matches(pattern, n) for n in wanted)), "")
