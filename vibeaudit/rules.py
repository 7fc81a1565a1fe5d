"""Loads and checks rulesets/<pack>/<rule-id>.yaml into a RuleBook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

import vibeaudit
from vibeaudit.errors import RuleError
from vibeaudit.model import Confidence, Effort, Rule, Severity, Text

ENGINES = ("pattern", "semgrep", "flow", "check", "secret", "config", "advisory", "bandit", "page")
_FIELDS = frozenset(
    ("id", "title", "risk", "remedy", "severity", "confidence", "effort", "cwe", "taxonomy", "references")
)
_NOT_PACKS = frozenset(("flow",))  # rulesets/flow/ defines sources, sinks and sanitizers, not rules
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class RuleBook:
    """All rules, by id."""

    by_id: Mapping[str, Rule]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self.by_id

    def __getitem__(self, rule_id: str) -> Rule:
        return self.by_id[rule_id]

    @cached_property
    def _by_engine(self) -> Mapping[str, tuple[Rule, ...]]:
        return {e: tuple(r for r in self if e in r.matchers) for e in ENGINES}

    def of(self, engine: str) -> tuple[Rule, ...]:
        """The rules with a matcher for this engine, in order of id."""
        return self._by_engine[engine]

    def only(self, ids: Iterable[str]) -> RuleBook:
        wanted = frozenset(ids)
        return RuleBook({i: r for i, r in self.by_id.items() if i in wanted})

    def without(self, ids: Iterable[str]) -> RuleBook:
        unwanted = frozenset(ids)
        return RuleBook({i: r for i, r in self.by_id.items() if i not in unwanted})


def folder(name: str) -> Path:
    """Where rulesets/ or fixers/ lies: inside the wheel's package, or beside it in a checkout."""
    for place in vibeaudit.__path__:
        if (found := Path(place) / name).is_dir():
            return found
    raise RuleError(f"the folder {name}/ is missing from this installation", "reinstall vibeaudit")


@lru_cache
def load() -> RuleBook:
    """The rules that ship with vibeaudit. Raises RuleError on the first that is wrong."""
    rules = [
        load_rule(path) for path in sorted(folder("rulesets").glob("*/*.yaml")) if path.parent.name not in _NOT_PACKS
    ]
    book: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda r: r.id):
        if rule.id in book:
            raise RuleError(f"two rules are called {rule.id}")
        book[rule.id] = rule
    return RuleBook(book)


def load_rule(path: Path) -> Rule:
    """One rule from one file. Raises RuleError naming the file and what is wrong."""
    try:
        data = read_yaml(path.read_text("utf-8"))
        return _rule(data, path)
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise RuleError(f"{path.parent.name}/{path.name}: {what}", "see docs/rules.md") from error


def read_yaml(text: str) -> Any:
    """Safe YAML, with the C parser where there is one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)


def _rule(data: dict[str, Any], path: Path) -> Rule:
    matchers = {k: data[k] for k in ENGINES if k in data}
    if unknown := set(data) - _FIELDS - set(ENGINES):
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    if not matchers:
        raise ValueError(f"no matcher; give one of {', '.join(ENGINES)}")
    if data["id"] != path.stem or not _ID.fullmatch(data["id"]):
        raise ValueError(f"id must be kebab-case and the file's name, not {data['id']!r}")
    if "pattern" in matchers:
        from vibeaudit.analyzers.pattern_rules import shapes

        shapes(data["id"], matchers["pattern"])  # raises ValueError when it says what nobody can run
    return Rule(
        id=data["id"],
        pack=path.parent.name,
        title=_text(data["title"]),
        risk=_text(data["risk"]),
        remedy=_text(data["remedy"]),
        severity=Severity[data["severity"].upper()],
        confidence=Confidence[data["confidence"].upper()],
        effort=Effort(int(data["effort"]["minutes"]), str(data["effort"]["who"])),
        cwe=tuple(int(n) for n in data["cwe"]),
        taxonomy=tuple(str(t) for t in data["taxonomy"]),
        references=tuple(str(u) for u in data["references"]),
        matchers=matchers,
    )


def _text(value: dict[str, str]) -> Text:
    en, fr = str(value["en"]).strip(), str(value["fr"]).strip()
    if not en or not fr:
        raise ValueError("a text is empty")
    return Text(" ".join(en.split()), " ".join(fr.split()))
