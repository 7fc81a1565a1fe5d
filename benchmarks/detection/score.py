"""Scores findings against labels: same file, a CWE in common, and a line at most ten away.

Every label counts once. A second finding for one label is a duplicate: counted apart, and strictly as a false alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

NEAR = 10  # lines


@dataclass(frozen=True, slots=True)
class Label:
    """A hole that readers of the code agreed on. `cwe` lists every accepted number."""

    file: str
    line: int
    end_line: int
    cwe: frozenset[int]
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scanner says: a place, CWE numbers, and the rule that said so."""

    file: str
    line: int
    cwe: frozenset[int]
    rule: str


@dataclass(slots=True)
class Score:
    """`hits` pairs a label with the finding that met it."""

    hits: list[tuple[Label, Found]] = field(default_factory=list)
    missed: list[Label] = field(default_factory=list)
    wrong: list[Found] = field(default_factory=list)
    twice: list[Found] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return _ratio(len(self.hits), len(self.hits) + len(self.missed))

    @property
    def precision(self) -> float:
        return _ratio(len(self.hits), len(self.hits) + len(self.wrong) + len(self.twice))

    def f(self, beta: float) -> float:
        """The F measure that weighs recall `beta` times as much as precision."""
        weight = beta * beta
        return _ratio((1 + weight) * self.precision * self.recall, weight * self.precision + self.recall)

    def add(self, other: Score) -> None:
        self.hits += other.hits
        self.missed += other.missed
        self.wrong += other.wrong
        self.twice += other.twice


def score(labels: Iterable[Label], findings: Iterable[Found]) -> Score:
    """The nearest pairs first; what is left over was missed, wrong, or said twice."""
    labels, findings = list(labels), list(findings)
    places: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        places[label.file].append(label)
    pairs = sorted(
        (
            (_distance(label, found), number, labels.index(label))
            for number, found in enumerate(findings)
            for label in places[found.file]
            if label.cwe & found.cwe and _distance(label, found) <= NEAR
        ),
    )
    result = Score()
    met: dict[int, int] = {}
    used: set[int] = set()
    for _, number, place in pairs:
        if number not in used and place not in met:
            met[place] = number
            used.add(number)
    meant = {number for _, number, _ in pairs}
    result.hits = [(labels[place], findings[number]) for place, number in sorted(met.items())]
    result.missed = [label for place, label in enumerate(labels) if place not in met]
    result.twice = [findings[n] for n in sorted(meant - used)]
    result.wrong = [f for n, f in enumerate(findings) if n not in meant]
    return result


def _distance(label: Label, found: Found) -> int:
    if label.line <= found.line <= label.end_line:
        return 0
    return min(abs(found.line - label.line), abs(found.line - label.end_line))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
