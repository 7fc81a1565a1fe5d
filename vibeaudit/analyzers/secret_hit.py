"""A secret at a place of a file, before it is a finding."""

from __future__ import annotations

from dataclasses import dataclass

from vibeaudit.model import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Hit:
    """`start` and `end` span the value. Where two hits overlap, the higher `rank` wins. `name` is the variable,
    key or header beside it. None keeps the rule's own severity or confidence."""

    rule_id: str
    start: int
    end: int
    value: str
    rank: int
    name: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    facts: tuple[tuple[str, str], ...] = ()


def resolve(hits: list[Hit]) -> list[Hit]:
    """One hit an occurrence, in file order: the most specific rule's."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.rank, h.start, -h.end, h.rule_id)):
        if not any(hit.start < other.end and other.start < hit.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end, h.rule_id))
