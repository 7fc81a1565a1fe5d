"""What app model and flows say together."""

from __future__ import annotations

from dataclasses import dataclass

from vibeaudit.model.app import AgentSetup, Service
from vibeaudit.model.routes import Route


@dataclass(frozen=True, slots=True)
class ApiRow:
    """One row of the API table. `verdict`: guarded, public-by-design, open."""

    route: Route
    verdict: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """A third party that data goes to, with its legal home."""

    service: Service
    jurisdiction: str
    eu_option: str
    eu_how: str
    cloud_act: str
    alternative: str
    data_types: str
    confidence: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """What one agent may do, and whether anybody is asked."""

    agent: AgentSetup
    untrusted_inputs: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maps:
    api_table: tuple[ApiRow, ...] = ()
    data_map: tuple[DataRow, ...] = ()
    agent_graph: tuple[AgentRow, ...] = ()
