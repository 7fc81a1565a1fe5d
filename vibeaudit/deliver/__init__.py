"""Proven patches leave the audit: as commits on a branch, and as pull requests."""

from __future__ import annotations

from vibeaudit.model import Patch, Report, Safety


def deliverable(report: Report, *, unsafe: bool) -> tuple[Patch, ...]:
    """The verified patches that do not conflict; with `unsafe` also those that may change behaviour."""
    least = Safety.UNSAFE if unsafe else Safety.SAFE
    return tuple(p for p in report.patches if p.proof.verified and not p.conflict and p.diff and p.safety >= least)
