"""What is looked for, what was found and how each check ended."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


class Severity(enum.IntEnum):
    """How bad it is for the app's owner if someone uses it. Ordered."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure we are that the finding is real. Ordered; independent of severity."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Status(enum.StrEnum):
    """How a check ended."""

    RAN = "ran"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in the languages that we speak. `{name}` is filled from a finding's facts."""

    en: str
    fr: str

    def to(self, lang: str) -> str:
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of a file: POSIX path below the audited root, lines and columns from 1, end inclusive of
    the line and exclusive of the column. Line 0 means the file as a whole."""

    path: PurePosixPath
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """What the repair costs: minutes of work, and who does it (developer, admin, founder)."""

    minutes: int
    who: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One hole that we look for. `matchers` maps an engine's name to what it needs; mostly one entry."""

    id: str
    pack: str
    title: Text
    risk: Text
    remedy: Text
    severity: Severity
    confidence: Confidence
    effort: Effort
    cwe: tuple[int, ...]
    taxonomy: tuple[str, ...]
    references: tuple[str, ...]
    matchers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suppression:
    """Somebody decided not to act on a finding. Kept and counted, never dropped."""

    by: str  # "inline", "config" or "baseline"
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One hole at one place.

    `facts` fill the `{name}` gaps of the rule's texts and never hold a raw secret. `anchor` is what the
    fingerprint rests on instead of a line number: the flagged text, or a name such as a route or a table;
    when empty, triage fills it with the flagged line. `occurrence` tells equal anchors apart, in file order.
    """

    rule_id: str
    message: str
    severity: Severity
    confidence: Confidence
    primary: Location
    related: tuple[Location, ...] = ()
    sources: frozenset[str] = frozenset()
    cwe: tuple[int, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    anchor: str = ""
    occurrence: int = 0
    snippet: str = ""  # the flagged lines, redacted
    notes: tuple[str, ...] = ()  # why triage or the reviewer changed or doubts something
    suppressed: Suppression | None = None

    @property
    def fingerprint(self) -> str:
        """32 hex digits that survive moved lines and other folders, but not another file or other code."""
        key = "\0".join((self.rule_id, str(self.primary.path), self.anchor, str(self.occurrence)))
        return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a check did not look at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a check looked at: `looked_at` counts `unit`s (files, packages, routes)."""

    unit: str = "files"
    looked_at: int = 0
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one analyzer ended. A line of the assurance ledger."""

    analyzer: str
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    covered: Coverage = Coverage()
    seconds: float = 0.0
