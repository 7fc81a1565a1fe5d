"""Merging, numbering, suppressing and ranking of findings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config, Ignore, read_project
from vibeaudit.errors import ConfigError
from vibeaudit.model import Confidence, Finding, Location, Outcome, Severity, Status
from vibeaudit.rules import RuleBook
from vibeaudit.triage import triage
from vibeaudit.triage.since import set_aside_known


def finding(rule: str = "r", line: int = 1, source: str = "pattern", path: str = "a.py", **more: object) -> Finding:
    made = Finding(
        rule, "m", Severity.HIGH, Confidence.MEDIUM, Location(PurePosixPath(path), line, 1, line, 9),
        sources=frozenset({source}), cwe=(89,), anchor="x=1",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def triaged(tmp_path: Path, *findings: Finding, text: str = "", config: Config | None = None) -> tuple[Finding, ...]:
    (tmp_path / "a.py").write_text(text)
    config = config or Config()
    outcome = Outcome("x", Status.RAN, findings)
    return triage([outcome], RuleBook({}), snapshot_of(tmp_path, config), config)


def test_two_engines_that_saw_one_hole_make_one_surer_finding(tmp_path: Path) -> None:
    (joined,) = triaged(tmp_path, finding(), finding(source="bandit"))
    assert joined.sources == {"pattern", "bandit"}
    assert joined.confidence is Confidence.HIGH


def test_kindred_rules_of_two_engines_at_one_line_make_one_finding(tmp_path: Path) -> None:
    worse = finding("q", source="semgrep", severity=Severity.CRITICAL)
    (joined,) = triaged(tmp_path, finding(), worse)
    assert (joined.rule_id, joined.severity) == ("q", Severity.CRITICAL)


def test_two_holes_at_one_line_stay_two(tmp_path: Path) -> None:
    other = finding("q", source="semgrep", cwe=(79,))
    second = finding(primary=Location(PurePosixPath("a.py"), 1, 20, 1, 30))
    assert len(triaged(tmp_path, finding(), other, second)) == 3


def test_equal_anchors_get_different_fingerprints_in_file_order(tmp_path: Path) -> None:
    first, second = triaged(tmp_path, finding(line=3), finding(line=9))
    assert (first.occurrence, second.occurrence) == (0, 1)
    assert first.fingerprint != second.fingerprint


def test_a_fingerprint_survives_moved_lines(tmp_path: Path) -> None:
    (here,) = triaged(tmp_path, finding(line=3))
    (there,) = triaged(tmp_path, finding(line=77))
    assert here.fingerprint == there.fingerprint


def test_an_inline_ignore_with_a_reason_suppresses_and_is_kept(tmp_path: Path) -> None:
    (found,) = triaged(tmp_path, finding(), text="x = 1  # vibeaudit: ignore[r] checked by hand\n")
    assert found.suppressed is not None
    assert (found.suppressed.by, found.suppressed.reason) == ("inline", "checked by hand")


@pytest.mark.parametrize("comment", ["# vibeaudit: ignore[r]", "# vibeaudit: ignore[other] why", "# nosec", "# noqa"])
def test_other_comments_do_not_suppress(tmp_path: Path, comment: str) -> None:
    (found,) = triaged(tmp_path, finding(), text=f"x = 1  {comment}\n")
    assert found.suppressed is None


def test_settings_suppress_by_rule_and_path(tmp_path: Path) -> None:
    config = Config(ignores=(Ignore("r", "legacy", ("old/**",)),))
    kept, gone = triaged(tmp_path, finding(), finding(path="old/b.py"), config=config)
    assert (kept.suppressed, gone.suppressed and gone.suppressed.by) == (None, "config")


def test_a_baseline_sets_known_findings_aside(tmp_path: Path) -> None:
    (found,) = triaged(tmp_path, finding())
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"findings": [{"fingerprint": found.fingerprint}]}))
    (again,) = triaged(tmp_path, finding(), config=Config(baseline=baseline))
    assert again.suppressed is not None


def test_a_broken_baseline_is_an_error_with_a_hint(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text("[1, 2")
    with pytest.raises(ConfigError) as caught:
        triaged(tmp_path, finding(), config=Config(baseline=baseline))
    assert caught.value.hint


def test_findings_in_test_code_weigh_less_and_say_why(tmp_path: Path) -> None:
    (found,) = triaged(tmp_path, finding(path="tests/test_a.py", severity=Severity.CRITICAL))
    assert found.severity is Severity.MEDIUM
    assert found.notes == ("@in-test-code",)


def test_a_key_that_the_settings_of_production_replace_weighs_less(tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings/base.py").write_text('SECRET_KEY = "abc"\nAPI_KEY = "def"\n')
    (tmp_path / "settings/prod.py").write_text(
        'import os\n\nfrom .base import *\n\nSECRET_KEY = os.environ["SECRET_KEY"]\nAPI_KEY = "def"\n'
    )
    key = finding("key", path="settings/base.py", severity=Severity.CRITICAL, cwe=(798,))
    other = replace(key, rule_id="other", primary=replace(key.primary, line=2, end_line=2))
    kept, lowered = triaged(tmp_path, key, other)
    assert (kept.severity, kept.notes) == (Severity.CRITICAL, ())
    assert (lowered.severity, lowered.notes) == (Severity.MEDIUM, ("@replaced-elsewhere",))


def test_the_most_urgent_comes_first_and_the_suppressed_last(tmp_path: Path) -> None:
    low = finding("low", severity=Severity.LOW, cwe=())
    critical = finding("critical", severity=Severity.CRITICAL, cwe=())
    ignored = finding("ignored", severity=Severity.CRITICAL, cwe=())
    config = Config(ignores=(Ignore("ignored", "why"),))
    assert [f.rule_id for f in triaged(tmp_path, low, ignored, critical, config=config)] == [
        "critical",
        "low",
        "ignored",
    ]


def test_what_the_base_held_is_set_aside_wherever_it_moved(tmp_path: Path) -> None:
    before = triaged(tmp_path, finding(line=3))
    after = triaged(tmp_path, finding(line=30), finding("new", line=4))
    marked = set_aside_known(after, before, "a" * 40)
    assert [(f.rule_id, f.suppressed is not None) for f in marked] == [("new", False), ("r", True)]


def test_project_settings_need_a_reason_for_each_ignore() -> None:
    good = read_project({".vibeaudit.toml": '[[ignore]]\nrule = "r"\nreason = "why"\n'})
    assert good.ignores == (Ignore("r", "why"),)
    for bad in ('[[ignore]]\nrule = "r"\n', "severity = 1\n", "[[["):
        with pytest.raises(ConfigError):
            read_project({".vibeaudit.toml": bad})


def test_a_line_of_the_log_keeps_both_its_weaknesses(tmp_path: Path) -> None:
    shown = finding("secret-written-to-log", line=4, cwe=(532, 312), severity=Severity.CRITICAL)
    forged = finding("caller-text-in-log", line=4, cwe=(117, 93))
    elsewhere = finding("caller-text-in-log", line=9, cwe=(117, 93))
    first, second = triaged(tmp_path, forged, elsewhere, shown)
    assert (first.rule_id, first.primary.line, first.cwe) == ("secret-written-to-log", 4, (532, 312, 117, 93))
    assert (second.rule_id, second.primary.line) == ("caller-text-in-log", 9)


def test_an_upload_is_one_place_under_whatever_name_type_and_size(tmp_path: Path) -> None:
    found = triaged(
        tmp_path,
        finding("file-opened-by-caller-path", line=6, cwe=(22,)),
        finding("upload-keeps-callers-name", line=7, cwe=(434, 22)),
        finding("upload-of-any-type", line=8, cwe=(434, 646)),
        finding("upload-without-size-limit", line=8, cwe=(770, 434)),
        finding("upload-without-size-limit", line=40, cwe=(770, 434)),
    )
    assert [(f.rule_id, f.primary.line) for f in found] == [
        ("file-opened-by-caller-path", 6), ("upload-without-size-limit", 40),
    ]  # fmt: skip
    assert set(found[0].cwe) == {22, 434, 646, 770}


def test_the_accounts_of_a_table_are_one_hole(tmp_path: Path) -> None:
    entry, setting = '{"name": "ann", "password": "x"}', 'PASSWORD = "x"'
    rows = [finding("hard-coded-password", line=n, cwe=(798,), snippet=entry) for n in (4, 5, 7, 20)]
    apart = [finding("hard-coded-password", line=n, cwe=(798,), snippet=setting) for n in (40, 41)]
    found = triaged(tmp_path, *rows, *apart)
    assert [f.primary.line for f in found] == [4, 20, 40, 41]


def test_headers_are_told_of_with_the_cookies_where_middleware_sends_both(tmp_path: Path) -> None:
    cookie = finding("session-cookie-over-plain-http", line=4, cwe=(614,), snippet='"x.SessionMiddleware",')
    headers = finding("answers-without-browser-protections", line=2, cwe=(693,), snippet="MIDDLEWARE = [")
    (told,) = triaged(tmp_path, headers, cookie)
    assert (told.rule_id, told.cwe) == ("session-cookie-over-plain-http", (614, 693))
    elsewhere = replace(headers, snippet="app = Flask(__name__)")
    assert len(triaged(tmp_path, elsewhere, cookie)) == 2


def test_the_accounts_of_one_seed_are_told_of_once(tmp_path: Path) -> None:
    seed, rule = "shop/management/commands/seed_demo.py", "account-with-fixed-password"
    (told,) = triaged(tmp_path, *(finding(rule, line=n, path=seed) for n in (9, 40, 80)))
    assert told.primary.line == 9
    assert len(triaged(tmp_path, *(finding(rule, line=n, path="shop/views.py") for n in (9, 40)))) == 2
