"""Package ranges that rules carry themselves, so that they need no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from vibeaudit.advisories import Advisory, Range
from vibeaudit.advisories.matching import Group
from vibeaudit.advisories.osv import normal
from vibeaudit.model import Package, Rule, Severity, Snapshot


def curated(rules: tuple[Rule, ...]) -> dict[tuple[str, str], tuple[Advisory, ...]]:
    """The advisories of these rules, by ecosystem and package."""
    found: dict[tuple[str, str], tuple[Advisory, ...]] = {}
    for rule in rules:
        for entry in rule.matchers["advisory"].get("packages", ()):
            for one in _advisories(rule, entry):
                key = (one.ecosystem, one.package)
                found[key] = (*found.get(key, ()), one)
    return found


def applies(rule: Rule, package: Package, snapshot: Snapshot) -> bool:
    """Whether the rule's condition on the project holds: `beside` names files, one of which must lie in the
    project of the package's manifest (or its src folder)."""
    names = rule.matchers["advisory"].get("beside", ())
    return not names or any(
        snapshot.file(folder / name) for folder in _folders(package.location.path.parent) for name in names
    )


@dataclass(frozen=True, slots=True)
class Speakers:
    """Which rule speaks of an advisory: the one that names it, else malware's, else the general one."""

    rules: tuple[Rule, ...]
    named: Mapping[str, frozenset[str]]  # rule id -> advisories that it names
    kinds: Mapping[str, str]  # "malware" or "vulnerable" -> rule id

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> Speakers:
        kinds = {r.matchers["advisory"]["database"]: r.id for r in rules if "database" in r.matchers["advisory"]}
        return cls(rules, {r.id: _names(r) for r in rules}, kinds)

    def owner(self, group: Group, package: Package, snapshot: Snapshot) -> str:
        """The rule's id, or nothing when no rule of this audit speaks of it."""
        for rule in self.rules:
            if not self.named[rule.id].isdisjoint(group.names) and applies(rule, package, snapshot):
                return rule.id
        return self.kinds.get("malware" if group.malware else "vulnerable", "")


def _names(rule: Rule) -> frozenset[str]:
    matcher = rule.matchers["advisory"]
    own = {n for entry in matcher.get("packages", ()) for one in _advisories(rule, entry) for n in one.names}
    return frozenset(map(str, matcher.get("ids", ()))) | own


def _advisories(rule: Rule, entry: dict[str, Any]) -> list[Advisory]:
    ecosystem = str(entry["ecosystem"])
    names = entry.get("names") or [entry["name"]]
    ids = tuple(str(i) for i in entry.get("ids") or rule.matchers["advisory"].get("ids", ()))
    label = Severity[entry["severity"].upper()] if "severity" in entry else rule.severity
    spans = tuple(_range([str(v or "") for v in span]) for span in entry.get("ranges", ()))
    return [
        Advisory(
            ecosystem=ecosystem,
            package=normal(ecosystem, str(name)),
            id=ids[0] if ids else f"{rule.id}:{name}",
            aliases=ids[1:],
            severity=label,
            summary=str(entry.get("summary", "")),
            ranges=spans,
            versions=tuple(str(v) for v in entry.get("versions", ())),
            fixed=tuple(str(v) for v in entry.get("fixed", ())),
            sources=("vibeaudit",),
            malware=rule.matchers["advisory"].get("database") == "malware",
        )
        for name in names
    ]


@lru_cache(maxsize=256)
def _folders(folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
    return folder, folder / "src"


def _range(span: list[str]) -> Range:
    introduced, fixed, last = (*span, "", "", "")[:3]
    return Range(introduced or "0", fixed, last)
