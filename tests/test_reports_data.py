"""findings.json, ledger.json, findings.sarif: valid, complete, the same each time, harmless to print."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest

from tests import report_schema
from tests.report_samples import a_complete_report, a_hostile_report, a_report, findings, outcomes
from vibeaudit.model import Confidence, Finding, Ledgers, Location, Outcome, Report, Severity, Status, Suppression
from vibeaudit.reports import render
from vibeaudit.reports.document import findings_document, findings_json, ledger_json
from vibeaudit.reports.json_text import pieces
from vibeaudit.reports.nouns import build, plain
from vibeaudit.reports.visible import in_json

SARIF = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8"))
REPORTS = {"typical": a_report(), "complete": a_complete_report(), "hostile": a_hostile_report()}


def sarif(report: Report, lang: str = "en") -> dict[str, Any]:
    run = json.loads(render(report, "sarif", lang))["runs"][0]
    assert isinstance(run, dict)
    return run


def test_the_shipped_schema_is_the_one_that_the_nouns_give() -> None:
    shipped = report_schema.FILE.read_text("utf-8")
    assert shipped == report_schema.text(), "a noun changed: run `python -m tests.report_schema`"
    jsonschema.Draft202012Validator.check_schema(json.loads(shipped))


@pytest.mark.parametrize("name", REPORTS)
def test_findings_json_follows_its_schema(name: str) -> None:
    jsonschema.Draft202012Validator(report_schema.schema()).validate(json.loads(findings_json(REPORTS[name])))


def test_the_schema_refuses_an_unknown_field_and_a_missing_one() -> None:
    validator = jsonschema.Draft202012Validator(report_schema.schema())
    document = json.loads(findings_json(a_report()))
    document["findings"][0]["grade"] = "A"
    assert not validator.is_valid(document)
    del document["findings"][0]["grade"]
    assert validator.is_valid(document)
    del document["findings"][0]["fingerprint"]
    assert not validator.is_valid(document)


def test_findings_json_is_the_same_but_for_the_two_time_fields() -> None:
    slower = tuple(replace(o, seconds=o.seconds + 9) for o in outcomes())
    ledgers = a_report().ledgers
    later = a_report(
        generated_at="2027-01-01T00:00:00+00:00",
        seconds=5.0,
        outcomes=slower,
        ledgers=replace(ledgers, inference=tuple(replace(e, seconds=9.9) for e in ledgers.inference)),
    )
    one, two = json.loads(findings_json(a_report())), json.loads(findings_json(later))
    assert one != two
    for document in (one, two):
        del document["generated_at"], document["seconds"]
    assert json.dumps(one) == json.dumps(two)


def test_which_connection_came_first_changes_nothing() -> None:
    ledgers = a_report().ledgers
    other = a_report(ledgers=replace(ledgers, egress=tuple(reversed(ledgers.egress))))
    for form in ("json", "md", "html"):
        assert render(other, form) == render(a_report(), form)


def test_a_finding_carries_all_that_a_reader_needs() -> None:
    document = json.loads(findings_json(a_report()))
    first = document["findings"][0]
    assert first["fingerprint"] == findings()[0].fingerprint
    assert first["path"] == "src/db.js"
    assert first["start"]["line"] == 41
    assert [t["path"] for t in first["trace"]] == ["src/routes/notes.js", "src/routes/notes.js", "src/db.js"]
    assert first["title"]["fr"] == "N'importe qui peut lire toute la base par GET /api/notes?q="
    assert first["fix"] == {"status": "verified", "patch": document["patches"][0]["id"]}
    assert [f["fix"]["status"] for f in document["findings"][:4]] == ["verified", "conflict", "available", "none"]
    assert document["findings"][-1]["suppressed"] == {"by": "inline", "reason": "only used on the intranet"}


def test_the_summary_says_what_was_not_assessed() -> None:
    summary = json.loads(findings_json(a_report()))["summary"]
    assert summary["complete"] is False
    assert summary["not_assessed"] == ["bandit", "dependencies", "review"]
    assert summary["by_severity"] == {"critical": 2, "high": 4, "medium": 1, "low": 1, "info": 0}
    assert summary["suppressed"] == 1


def test_no_verdict_is_good_while_a_check_did_not_run() -> None:
    for status in (Status.FAILED, Status.PARTIAL, Status.SKIPPED):
        report = a_complete_report(outcomes=(Outcome("secrets", Status.RAN), Outcome("flow", status)))
        assert json.loads(findings_json(report))["summary"]["verdict"] == "unanswered"
    assert json.loads(findings_json(a_complete_report(outcomes=())))["summary"]["verdict"] == "unanswered"
    assert json.loads(findings_json(a_complete_report()))["summary"]["verdict"] == "no-blocker"


def test_credentials_in_the_origin_are_not_written() -> None:
    for form in ("json", "sarif", "md", "html", "terminal"):
        assert "hunter2secret" not in render(a_hostile_report(), form)
    assert "hunter2secret" not in ledger_json(a_hostile_report())


def test_a_secret_that_a_patch_removes_is_masked_in_every_format() -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    patch = replace(
        a_report().patches[0], diff=f'--- a/x\n+++ b/x\n@@ -1 +1 @@\n-key = "{secret}"\n+key = env("KEY")\n'
    )
    report = a_report(patches=(patch,))
    for form in ("json", "sarif", "md", "html", "terminal"):
        assert secret not in render(report, form)


def test_json_holds_nothing_invisible_and_parses_to_the_same() -> None:
    report = a_hostile_report()
    for text in (findings_json(report), ledger_json(report), render(report, "sarif")):
        assert not [
            c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u2066\u200b"
        ]
    assert json.loads(findings_json(report))["findings"][1]["message"] == report.findings[1].message


def test_a_file_name_that_is_no_text_still_makes_a_valid_report() -> None:
    odd = replace(findings()[0], primary=Location(PurePosixPath("caf\udce9.py"), 1), related=())
    report = a_report(findings=(odd,), patches=())
    assert json.loads(findings_json(report))["findings"][0]["path"] == "caf\\udce9.py"
    assert sarif(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9.py"
    render(report, "html").encode("utf-8")
    render(report, "md").encode("utf-8")


def test_the_ledger_counts_what_it_does_not_list() -> None:
    from vibeaudit.model import Coverage, LeftOut

    many = tuple(LeftOut(f"f{n}", "too large") for n in range(900))
    report = a_report(
        outcomes=(Outcome("secrets", Status.PARTIAL, reason="large", covered=Coverage("files", 1, many), seconds=1.5),)
    )
    outcome = json.loads(ledger_json(report))["outcomes"][0]
    assert outcome["left_out"]["count"] == 900
    assert len(outcome["left_out"]["first"]) == 500
    assert outcome["seconds"] == 1.5


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_sarif_follows_the_oasis_schema(name: str, lang: str) -> None:
    log = json.loads(render(REPORTS[name], "sarif", lang))
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)


def test_sarif_says_that_the_run_was_not_whole() -> None:
    invocation = sarif(a_report())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notices = {n["properties"]["analyzer"]: n for n in invocation["toolExecutionNotifications"]}
    assert set(notices) == {"bandit", "dependencies", "review"}
    assert notices["review"]["level"] == "error"
    assert "no advisory database was imported" in notices["dependencies"]["message"]["text"]
    assert sarif(a_complete_report())["invocations"][0]["executionSuccessful"] is True
    assert sarif(a_complete_report(outcomes=()))["invocations"][0]["executionSuccessful"] is False


def test_sarif_results_name_rule_cwe_trace_and_fingerprint() -> None:
    run = sarif(a_report())
    result = run["results"][0]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "request-data-in-sql"
    assert "external/cwe/cwe-89" in rule["properties"]["tags"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert rule["properties"]["precision"] == "high"
    assert "Pass the value as a parameter" in rule["help"]["markdown"]
    assert result["level"] == "error"
    assert result["partialFingerprints"] == {"vibeaudit/v1": findings()[0].fingerprint}
    steps = [
        s["location"]["physicalLocation"]["region"]["startLine"]
        for s in result["codeFlows"][0]["threadFlows"][0]["locations"]
    ]
    assert steps == [18, 22, 41]
    assert result["fixes"][0]["artifactChanges"][0]["artifactLocation"]["uri"] == "src/db.js"


def test_sarif_paths_are_percent_encoded_below_srcroot() -> None:
    odd = replace(findings()[0], primary=Location(PurePosixPath("app/[id]/a b#c?.tsx"), 2), related=())
    place = sarif(a_report(findings=(odd,)))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "app/%5Bid%5D/a%20b%23c%3F.tsx", "uriBaseId": "SRCROOT"}


def test_sarif_keeps_suppressed_findings_and_says_who_decided() -> None:
    aside = sarif(a_report())["results"][-1]
    assert aside["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "only used on the intranet"}
    ]


def test_sarif_compares_with_a_baseline_only_when_there_was_one() -> None:
    assert all("baselineState" not in r for r in sarif(a_report())["results"])
    known = replace(findings()[3], suppressed=Suppression("baseline", ""))
    states = [r["baselineState"] for r in sarif(a_report(findings=(findings()[0], known)))["results"]]
    assert states == ["new", "unchanged"]


def test_a_rule_that_a_consultant_brought_works_everywhere() -> None:
    brought = Finding(
        "acme.rule", "Found it", Severity.HIGH, Confidence.LOW, Location(PurePosixPath("a.py"), 1), cwe=(79,)
    )
    report = a_report(findings=(brought,), patches=(), rules={})
    rule = sarif(report)["tool"]["driver"]["rules"][0]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("acme.rule", "Found it")
    assert "external/cwe/cwe-79" in rule["properties"]["tags"]
    assert json.loads(findings_json(report))["findings"][0]["risk"] is None
    for form in ("html", "md", "terminal"):
        assert "Found it" in render(report, form, "fr")


def test_a_file_as_a_whole_has_no_region() -> None:
    whole = replace(findings()[0], primary=Location(PurePosixPath(".env")), related=())
    assert "region" not in sarif(a_report(findings=(whole,)))["results"][0]["locations"][0]["physicalLocation"]


def test_nouns_survive_the_way_to_json_and_back() -> None:
    report = a_report()
    for noun in (report.app, report.maps, report.ledgers):
        assert build(type(noun), json.loads(json.dumps(plain(noun)))) == noun
    with pytest.raises(ValueError, match="is no str"):
        build(Ledgers, {"egress": [{"host": 1, "purpose": "", "allowed": True}]})


@pytest.mark.parametrize("name", REPORTS)
def test_the_text_is_that_of_json_dumps(name: str) -> None:
    report = REPORTS[name]
    document = {k: list(v) if k == "findings" else v for k, v in findings_document(report).items()}
    known = in_json(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)) + "\n"
    assert findings_json(report) == known


@pytest.mark.parametrize(
    "document", [{}, {"a": [], "b": {}, "c": [1, -2.5, True, None, '\u202e\x7f"\n'], "d": [[], [{}]]}]
)
def test_odd_values_are_written_as_json_dumps_writes_them(document: dict[str, object]) -> None:
    known = in_json(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)) + "\n"
    assert "".join(pieces(document)) == known
