"""Conditions: what is known of a value, and of what it was made from, where one holds."""

from __future__ import annotations

from vibeaudit.flow.calls import Calls
from vibeaudit.flow.engine import Engine
from vibeaudit.flow.errors import DEBUG
from vibeaudit.flow.form import Fact, Function, Module, Path
from vibeaudit.flow.taint import Mark, flat, whole
from vibeaudit.flow.vocabulary import Vocabulary
from vibeaudit.model import Location

_PARSERS = frozenset(("URL", "urlparse", "urlsplit", "parse_url"))


class Conditions(Calls):
    """What a walk learns where a condition holds. `state` is the walk's."""

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        super().__init__(engine, module, function, words)
        self.derived: dict[str, frozenset[Path]] = {}  # what a name's value was made from
        self.called: dict[str, str] = {}  # the function that gave it

    def source(self, path: Path, at: Location) -> Mark | None:
        return None if self.own_address(path) else super().source(path, at)

    def own_address(self, path: Path) -> bool:
        made_of = self.derived.get(path[0]) if "searchParams" in path and self.called.get(path[0]) in _PARSERS else None
        parts = {p for p in made_of or () if p != ("new",)}
        return bool(parts) and all(p[:2] == ("process", "env") or p[0] == "env" for p in parts)

    def _know(self, facts: frozenset[Fact]) -> None:
        for fact in sorted(facts, key=lambda f: (f.path, f.label, f.against, f.callee)):
            if fact.label == "range-checked":
                self.rows.measured.add(fact.path)
            if fact.path == DEBUG:
                self.state[DEBUG[0]] = whole((Mark("", -1, "", ()),))
                continue
            if fact.against and any(m.source for m in flat(self.read(fact.against, self.nowhere))):
                continue
            called = self.called.get(fact.path[0], "")
            if fact.label == "present":
                if not called:
                    continue  # that a value is there says nothing of it
            else:
                self.clean(fact.path, self._told(fact))
                if len(fact.path) > 1 and called in _PARSERS:  # URL(x).hostname
                    self.clean(fact.path[:1], frozenset({"part-checked"}))
            for parent in sorted(self._parents(fact.path[0])):
                self.clean(parent, frozenset({"part-checked"}))

    def _told(self, fact: Fact) -> frozenset[str]:
        """The labels of a fact. How a path begins says where it leads only when its ".." were resolved before."""
        resolved = fact.label == "prefix-checked" and all(
            "resolved-path" in m.clean or not m.source for m in flat(self.read(fact.path))
        )
        return frozenset({fact.label, "contained"}) if resolved else frozenset({fact.label})

    def _parents(self, name: str) -> set[Path]:
        """What a value was made from, a few steps back."""
        found: set[Path] = set()
        turn = {name}
        for _ in range(3):
            paths = {p for n in turn for p in self.derived.get(n, frozenset())} - found
            found |= paths
            turn = {p[0] for p in paths}
        return {p for p in found if p[0] != name}
