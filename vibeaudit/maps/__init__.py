"""What app model and flows say together: API table, data map, agent graph."""

from __future__ import annotations

from vibeaudit.model import AppModel, Flows, Maps


def chart(app: AppModel, flows: Flows) -> Maps:
    """The three maps that analyzers, reviewer and reports read."""
    return Maps()
