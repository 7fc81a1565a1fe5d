"""What each AI agent may do, what strangers' text it may read, and which of these together are a danger."""

from __future__ import annotations

from vibeaudit.model import AgentRow, AgentSetup, AppModel

_OUTSIDE = frozenset(("network", "query"))


def agent_graph(app: AppModel) -> tuple[AgentRow, ...]:
    """One row an agent, in order of product and place."""
    rows = (AgentRow(agent, _inputs(agent), _dangers(agent)) for agent in app.agents)
    return tuple(sorted(rows, key=lambda r: (r.agent.product, r.agent.origin, r.agent.location)))


def _inputs(agent: AgentSetup) -> tuple[str, ...]:
    """Where text that strangers write can reach the agent: web pages, rows of a database, the repository itself."""
    found = set() if agent.origin == "code" else {"repository"}  # an agent of the app reads no code
    if "network" in agent.capabilities:
        found.add("web")
    if "query" in agent.capabilities:
        found.add("database")
    return tuple(sorted(found))


def _dangers(agent: AgentSetup) -> tuple[str, ...]:
    """Keys for the report: unattended, any-command, leaks (reads, takes strangers' text and can send it out)."""
    found: set[str] = set()
    if agent.approval == "never":
        found.add("unattended")
    if "run" in agent.capabilities and agent.approval != "always":
        found.add("runs-commands")
    if {"read", "network"} <= agent.capabilities and agent.capabilities & _OUTSIDE:
        found.add("leaks")
    if agent.capabilities & {"delete", "send", "pay"} and agent.approval != "always":
        found.add("acts-alone")
    return tuple(sorted(found))
