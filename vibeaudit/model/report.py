"""What an audit hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vibeaudit.model.app import AppModel
from vibeaudit.model.findings import Finding, Outcome, Rule, Status
from vibeaudit.model.maps import Maps
from vibeaudit.model.patches import Patch
from vibeaudit.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EgressEntry:
    """A connection that was opened or refused: to whom, by which part, for what."""

    host: str
    purpose: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the local model thinks of one finding. It changes nothing; its quotes were found in the file.
    `verdict` is confirmed, doubtful or unsure."""

    fingerprint: str
    verdict: str
    reason: str
    quotes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InferenceEntry:
    """A call to the reviewer's model. Hashes are SHA-256, hex."""

    model: str
    prompt_sha256: str
    reply_sha256: str
    parameters: tuple[tuple[str, str], ...]
    seconds: float
    result: str  # "used", "rejected: why", "failed: why"


@dataclass(frozen=True, slots=True)
class Ledgers:
    egress: tuple[EgressEntry, ...] = ()
    inference: tuple[InferenceEntry, ...] = ()
    sandboxed: bool = False  # children ran in a network namespace without any interface


@dataclass(frozen=True, slots=True)
class Report:
    """All that an audit gives. `findings` are sorted, most urgent first, suppressed ones last."""

    snapshot: Snapshot
    app: AppModel
    maps: Maps
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    patches: tuple[Patch, ...]
    rules: Mapping[str, Rule]
    ledgers: Ledgers
    version: str
    opinions: tuple[Opinion, ...] = ()
    generated_at: str = ""  # RFC 3339; a named time field
    seconds: float = 0.0  # a named time field

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.suppressed is None)

    @property
    def complete(self) -> bool:
        """True only when every check of every part ran."""
        return all(o.status is Status.RAN for o in self.outcomes)
