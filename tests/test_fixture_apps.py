"""The sample apps: every hole that is listed is found, and nothing of high severity that is not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.fixture_project import FIXTURES
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.advisories.importing import import_from
from vibeaudit.config import Config
from vibeaudit.model import Finding, Severity
from vibeaudit.pipeline import Examined, examine
from vibeaudit.rules import load

NEAR = 5  # lines: people and tools point at different lines of one statement
APPS = sorted(p.parent.name for p in (FIXTURES / "apps").glob("*/expected.json"))


@dataclass(frozen=True)
class App:
    expected: dict[str, Any]
    examined: Examined


@pytest.fixture(scope="module")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The advisories of the packages that the sample apps use."""
    path = tmp_path_factory.mktemp("apps") / "advisories.sqlite3"
    import_from(FIXTURES.parent / "tests" / "data" / "app-advisories", path)
    return path


@lru_cache
def audited(name: str, database: Path) -> App:
    root = FIXTURES / "apps" / name
    config = Config(llm="off", advisories=database, exclude=("expected.json", "TESTING.json", "exploits/"))
    expected = json.loads((root / "expected.json").read_text("utf-8"))
    return App(expected, examine(snapshot_of(root, config), load(), config))


def is_it(hole: dict[str, Any], finding: Finding) -> bool:
    """Whether a finding is the listed hole: kindred weakness, at its place or at another that it accepts."""
    places = [hole, *hole.get("also", [])]
    return bool(set(finding.cwe) & set(hole["cwe"])) and any(is_there(p, finding) for p in places)


def is_there(place: dict[str, Any], finding: Finding) -> bool:
    if str(finding.primary.path) != place["path"]:
        return False
    first, last = finding.primary.line, max(finding.primary.line, finding.primary.end_line)
    return first == 0 or first - NEAR <= place["line"] <= last + NEAR


@pytest.mark.parametrize("name", APPS)
def test_every_listed_hole_is_found(name: str, advisories: Path) -> None:
    app = audited(name, advisories)
    missed = [
        f"{h['path']}:{h['line']} {h['kind']} {h['cwe']}"
        for h in app.expected["findings"]
        if not any(is_it(h, f) for f in app.examined.findings)
    ]
    assert missed == []


@pytest.mark.parametrize("name", APPS)
def test_nothing_unlisted_is_of_high_severity(name: str, advisories: Path) -> None:
    app = audited(name, advisories)
    extra = [
        f"{f.primary.path}:{f.primary.line} {f.rule_id} {f.message}"
        for f in app.examined.findings
        if f.severity >= Severity.HIGH and not any(is_it(h, f) for h in app.expected["findings"])
    ]
    assert extra == []


@pytest.mark.parametrize("name", APPS)
def test_the_safe_twins_are_left_alone(name: str, advisories: Path) -> None:
    app = audited(name, advisories)
    holes = {(h["path"], h["line"]) for h in app.expected["findings"]}
    flagged = [
        f"{s['path']}:{s['line']} {f.rule_id} ({s['why']})"
        for s in app.expected["safe"]
        for f in app.examined.findings
        if str(f.primary.path) == s["path"]
        and f.primary.line == s["line"]
        and (s["path"], s["line"]) not in holes
        and f.severity >= Severity.MEDIUM
    ]
    assert flagged == []


@pytest.mark.parametrize("name", APPS)
def test_the_api_table_names_every_listed_route_and_its_guard(name: str, advisories: Path) -> None:
    app = audited(name, advisories)
    known = {(m, r.path): r for r in app.examined.app.routes for m in r.methods}
    wrong = []
    for route in app.expected["routes"]:
        found = known.get((route["method"], route["path"]))
        if found is None:
            wrong.append(f"missing: {route['method']} {route['path']}")
        elif (found.has("authentication") or found.has("signature")) != route["authenticated"]:
            wrong.append(f"guard wrong: {found.name} {[g.name for g in found.guards]}")
    assert wrong == []
