"""How an advisory stands in a finding's notes, and how it is read back from there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibeaudit.advisories.matching import Group
from vibeaudit.model import Severity

MAX_NOTE = 300
_NOTE = re.compile(r"^(?P<id>[A-Za-z][\w.:@/-]+) \((?P<label>[a-z]+)(?: (?P<score>\d+\.\d))?\)(?:: (?P<summary>.*))?$")


@dataclass(frozen=True, slots=True)
class Noted:
    """`severity` is None when the advisory states none."""

    id: str
    severity: Severity | None
    score: float | None
    summary: str


def note(group: Group) -> str:
    label = group.severity.label if group.severity is not None else "unrated"
    score = f" {group.score:.1f}" if group.score is not None else ""
    summary = f": {group.summary}" if group.summary else ""
    return f"{group.id} ({label}{score}){summary}"[:MAX_NOTE]


def read(text: str) -> Noted | None:
    """The advisory that a note tells of; None for another note."""
    match = _NOTE.match(text)
    if not match:
        return None
    known = {s.label: s for s in Severity}
    score = float(match["score"]) if match["score"] else None
    return Noted(match["id"], known.get(match["label"]), score, match["summary"] or "")
