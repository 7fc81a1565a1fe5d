"""The software bill of materials."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import Ledgers, Maps, Report
from vibeaudit.pipeline import examine
from vibeaudit.reports import cyclonedx
from vibeaudit.rules import load


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = tmp_path_factory.mktemp("shop")
    (root / "package.json").write_text('{"dependencies": {"minimist": "^1.2.0", "@acme/ui": "2.0.0"}}')
    (root / "package-lock.json").write_text(
        json.dumps(
            {
                "lockfileVersion": 3,
                "packages": {
                    "node_modules/minimist": {"version": "1.2.5"},
                    "node_modules/@acme/ui": {"version": "2.0.0"},
                    "node_modules/mocha": {"version": "10.0.0", "dev": True},
                },
            }
        )
    )
    (root / "requirements.txt").write_text("jinja2==3.1.4\nflask>=3\n")
    snapshot = snapshot_of(root, Config())
    done = examine(snapshot, load().only(["vulnerable-dependency"]), Config(llm="off"))
    return Report(
        snapshot=replace(snapshot, name="shop"),
        app=done.app,
        maps=Maps(),
        outcomes=done.outcomes,
        findings=done.findings,
        patches=(),
        rules=load().by_id,
        ledgers=Ledgers(),
        version="1.2.3",
        generated_at="2026-11-21T10:00:00+00:00",
    )


@pytest.fixture(scope="module")
def document(report: Report) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(cyclonedx.render(report))
    return made


def test_it_is_valid_cyclonedx_1_6(report: Report) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclonedx.render(report)) is None


def test_it_names_every_package_by_its_package_url(document: dict[str, Any]) -> None:
    assert sorted(c["purl"] for c in document["components"]) == [
        "pkg:npm/%40acme/ui@2.0.0",
        "pkg:npm/minimist@1.2.5",
        "pkg:npm/mocha@10.0.0",
        "pkg:pypi/flask?vers=%3E%3D3",
        "pkg:pypi/jinja2@3.1.4",
    ]
    assert {c["name"]: c["scope"] for c in document["components"]}["mocha"] == "excluded"


def test_a_vulnerability_points_at_the_package_it_affects(document: dict[str, Any]) -> None:
    told = {v["id"]: v for v in document["vulnerabilities"]}
    assert set(told) == {"CVE-2021-44906", "CVE-2024-56326", "CVE-2025-27516"}
    worst = told["CVE-2021-44906"]
    assert worst["affects"] == [{"ref": "pkg:npm/minimist@1.2.5"}]
    assert (worst["ratings"][0]["severity"], worst["ratings"][0]["score"]) == ("critical", 9.8)
    assert worst["recommendation"] == "update to minimist 1.2.6"


def test_it_says_how_the_assessment_of_the_packages_ended(report: Report, document: dict[str, Any]) -> None:
    assert document["metadata"]["properties"][0]["value"].startswith("partial: ")  # flask has no version
    silent = json.loads(cyclonedx.render(replace(report, outcomes=())))
    assert silent["metadata"]["properties"][0]["value"] == "skipped: packages were not assessed"


def test_only_the_timestamp_tells_the_time(report: Report) -> None:
    later = replace(report, generated_at="2027-01-01T00:00:00+00:00", seconds=99.0)
    one, other = cyclonedx.render(report), cyclonedx.render(later)
    assert one == cyclonedx.render(report)
    assert [a for a, b in zip(one.splitlines(), other.splitlines(), strict=True) if a != b] == [
        '    "timestamp": "2026-11-21T10:00:00+00:00",'
    ]
