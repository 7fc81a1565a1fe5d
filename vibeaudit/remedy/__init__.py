"""Findings become patches that are proven."""

from __future__ import annotations

from vibeaudit.config import Config
from vibeaudit.model import AppModel, Finding, Patch, Snapshot
from vibeaudit.rules import RuleBook


def remedy(
    findings: tuple[Finding, ...], snapshot: Snapshot, app: AppModel, rules: RuleBook, config: Config
) -> tuple[Patch, ...]:
    """A patch for each finding that a fixer can repair, with its proof."""
    return ()
