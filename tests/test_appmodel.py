"""Rules of absence as data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.test_survey_routes import snapshot
from vibeaudit.analyzers import Context
from vibeaudit.analyzers.appmodel import analyze, checked
from vibeaudit.config import Config
from vibeaudit.errors import RuleError
from vibeaudit.maps import chart
from vibeaudit.model import Flows, LeftOut, Status
from vibeaudit.rules import load
from vibeaudit.survey import survey

APP = {"app.py": "from flask import Flask\napp = Flask(__name__)\n@app.post('/x')\ndef x():\n    db.session.add(1)\n"}


def context(files: dict[str, str], *only: str) -> Context:
    found = snapshot(files)
    app = survey(found)
    return Context(found, load().only(only) if only else load(), Config(llm="off"), app, Flows(), chart(app, Flows()))


def test_every_check_rule_asks_only_what_is_known() -> None:
    for rule in load().of("check"):
        assert checked(rule)["each"]


@pytest.mark.parametrize(
    "check",
    [
        {"each": "planet"},
        {"each": "route", "where": ["is nice"]},
        {"each": "route", "lacks": "love"},
        {"each": "route", "if": 1},
    ],
)
def test_a_rule_that_asks_for_the_unknown_fails_loudly(check: dict[str, object]) -> None:
    rule = replace(load().of("check")[0], matchers={"check": check})
    with pytest.raises(RuleError):
        checked(rule)


def test_a_finding_names_the_route_and_keeps_its_fingerprint_when_lines_move() -> None:
    only = "route-without-authentication"
    (first,) = analyze(context(APP, only)).findings
    (moved,) = analyze(context({"app.py": "# a comment\n" + APP["app.py"]}, only)).findings
    assert first.rule_id == only
    assert "POST /x" in first.message
    assert (first.primary.line, moved.primary.line) == (3, 4)
    assert first.fingerprint == moved.fingerprint


def test_what_was_not_surveyed_makes_the_outcome_partial() -> None:
    whole = context(APP)
    assert analyze(whole).status is Status.RAN
    app = replace(whole.app, left_out=(LeftOut("big.js", "too large to be parsed"),))
    assert analyze(replace(whole, app=app)).status is Status.PARTIAL


def test_an_empty_app_has_no_findings() -> None:
    outcome = analyze(context({"README.md": "hello"}))
    assert (outcome.status, outcome.findings, outcome.covered.looked_at) == (Status.RAN, (), 0)
