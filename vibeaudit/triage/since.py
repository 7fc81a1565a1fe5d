"""What is new since a base: findings that the base held too are set aside."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.model import Finding, Suppression
from vibeaudit.triage import ranked


def set_aside_known(
    findings: tuple[Finding, ...], before: tuple[Finding, ...], commit: str | None
) -> tuple[Finding, ...]:
    """The findings, those that `before` held too marked as suppressed. They are told by fingerprint, so moved
    code stays known, and a guard removed in one file shows in every route that it guarded."""
    known = {f.fingerprint for f in before}
    why = Suppression("base", f"already there in {(commit or '')[:12]}")
    return ranked(replace(f, suppressed=why) if f.fingerprint in known and not f.suppressed else f for f in findings)
