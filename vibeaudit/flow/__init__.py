"""Where data goes: sources, steps, sinks."""

from __future__ import annotations

from vibeaudit.model import AppModel, Flows, Snapshot
from vibeaudit.rules import RuleBook


def trace(snapshot: Snapshot, app: AppModel, rules: RuleBook) -> Flows:
    """The flows that the rules ask for."""
    return Flows()
