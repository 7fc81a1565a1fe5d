"""What app model and flows say together: API table, data map, agent graph."""

from __future__ import annotations

from vibeaudit.model import AppModel, Flows, Maps


def chart(app: AppModel, flows: Flows) -> Maps:
    """The three maps that analyzers, reviewer and reports read."""
    from vibeaudit.maps.agent_graph import agent_graph
    from vibeaudit.maps.api_table import api_table
    from vibeaudit.maps.data_map import data_map

    return Maps(api_table(app), data_map(app, flows), agent_graph(app))
