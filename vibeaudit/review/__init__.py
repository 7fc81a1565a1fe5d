"""The local model's opinion: judged, evidence-checked, recorded."""

from __future__ import annotations

from vibeaudit.config import Config
from vibeaudit.egress import Door
from vibeaudit.model import AppModel, Finding, InferenceEntry, Outcome, Snapshot, Status
from vibeaudit.rules import RuleBook


def review(
    snapshot: Snapshot,
    app: AppModel,
    findings: tuple[Finding, ...],
    rules: RuleBook,
    config: Config,
    door: Door,
) -> tuple[Outcome, tuple[InferenceEntry, ...]]:
    """The reviewer's outcome and the inference ledger."""
    return Outcome("review", Status.SKIPPED, reason="not asked for"), ()
