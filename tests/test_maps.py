"""The API table, the data map and the agent graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from tests.test_survey_routes import snapshot
from vibeaudit.maps import chart
from vibeaudit.maps.api_table import verdict
from vibeaudit.maps.vendors import of_host, vendors
from vibeaudit.model import Flows, Guard, Location, Route
from vibeaudit.survey import survey

HERE = Location(PurePosixPath("a.py"), 1)
ROUTE = Route("flask", ("POST",), "/x", "x", HERE, effects=frozenset({"writes-store"}))


def test_a_route_is_guarded_public_by_design_or_open() -> None:
    assert verdict(ROUTE) == "open"
    assert verdict(replace(ROUTE, public_reason="login")) == "public-by-design"
    assert verdict(replace(ROUTE, guards=(Guard("authentication", "decorator", "x", HERE),))) == "guarded"
    assert verdict(replace(ROUTE, guards=(Guard("rate-limit", "decorator", "x", HERE),))) == "open"


@pytest.mark.parametrize(
    ("host", "vendor"),
    [
        ("api.openai.com", "OpenAI"),
        ("db.abcd.supabase.co", "Supabase"),
        ("supabase.co.attacker.example", ""),
        ("example.org", ""),
    ],
)
def test_a_host_names_its_vendor(host: str, vendor: str) -> None:
    assert of_host(host) == vendor


def test_every_vendor_has_a_jurisdiction_a_source_and_a_confidence() -> None:
    for vendor in vendors().values():
        assert vendor.jurisdiction
        assert vendor.source.startswith("https://")
        assert vendor.confidence in ("doc", "known", "unverified")


def test_the_data_map_takes_the_law_from_the_vendor_list() -> None:
    app = survey(snapshot({"requirements.txt": "openai==1.0.0\nmistralai==1.5.0\n"}))
    rows = {r.service.vendor: r for r in chart(app, Flows()).data_map}
    assert rows["OpenAI"].jurisdiction == "US"
    assert rows["Mistral AI"].jurisdiction == "FR"


def test_an_unattended_agent_is_a_danger() -> None:
    settings = '{"permissions": {"defaultMode": "bypassPermissions", "allow": ["Bash(*)"]}}'
    app = survey(snapshot({".claude/settings.json": settings}))
    (row,) = chart(app, Flows()).agent_graph
    assert row.agent.approval == "never"
    assert {"unattended", "runs-commands", "leaks"} <= set(row.dangers)


def test_a_region_is_read_from_the_hosts() -> None:
    app = survey(snapshot({"a.py": 'URL = "https://eu.api.openai.com/v1"\n'}))
    assert [(s.vendor, s.region) for s in app.services] == [("OpenAI", "EU")]
