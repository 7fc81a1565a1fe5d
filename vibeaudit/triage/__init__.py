"""Outcomes become findings: merged, ranked, suppressed, compared with a baseline."""

from __future__ import annotations

from collections.abc import Iterable

from vibeaudit.config import Config
from vibeaudit.model import Finding, Outcome, Snapshot
from vibeaudit.rules import RuleBook


def triage(outcomes: Iterable[Outcome], rules: RuleBook, snapshot: Snapshot, config: Config) -> tuple[Finding, ...]:
    """One finding a hole, most urgent first, the suppressed ones last."""
    findings = [f for o in outcomes for f in o.findings]
    return tuple(sorted(findings, key=lambda f: (-f.severity, f.primary, f.rule_id)))
