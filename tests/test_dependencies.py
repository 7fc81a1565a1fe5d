"""The dependencies analyzer: what it finds, and what it says when it cannot know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context
from vibeaudit.analyzers.dependencies import analyze
from vibeaudit.config import Config
from vibeaudit.model import Confidence, Finding, Outcome, Severity, Status
from vibeaudit.rules import load
from vibeaudit.wording import fill

RULES = tuple(r.id for r in load().of("advisory"))


def audit(root: Path, files: dict[str, str], *rules: str, advisories: Path | None = None) -> Outcome:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    config = Config(llm="off", advisories=advisories)
    return analyze(Context(snapshot_of(root, config), load().only(rules or RULES), config))


def facts(finding: Finding) -> dict[str, str]:
    return dict(finding.facts)


def lock(**packages: dict[str, object]) -> str:
    entries = {f"node_modules/{name}": entry for name, entry in packages.items()}
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **entries}}, indent=1)


def test_without_a_database_nothing_is_called_clean(tmp_path: Path) -> None:
    done = audit(
        tmp_path, {"requirements.txt": "flask==3.0.0\n"}, "vulnerable-dependency", advisories=tmp_path / "none"
    )
    assert done.status is Status.SKIPPED
    assert "NOT assessed" in done.reason
    assert "vibeaudit advisories import" in done.reason
    assert str(tmp_path) not in done.reason
    assert done.covered.looked_at == 0
    assert [o.what for o in done.covered.left_out] == ["PyPI:flask@3.0.0"]


def test_without_a_database_the_rules_that_need_none_still_run(tmp_path: Path) -> None:
    done = audit(tmp_path, {"requirements.txt": "litellm==1.82.7\n"}, advisories=tmp_path / "none")
    assert (done.status, [f.rule_id for f in done.findings]) == (Status.PARTIAL, ["malicious-release"])
    assert "NOT assessed" in done.reason


def test_a_broken_database_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"x" * 5000)
    done = audit(tmp_path / "app", {"requirements.txt": "flask==3.0.0\n"}, advisories=tmp_path / "db")
    assert done.status is Status.PARTIAL
    assert "NOT assessed" in done.reason


def test_all_packages_assessed_is_a_full_run_that_names_the_day(tmp_path: Path) -> None:
    done = audit(tmp_path, {"requirements.txt": "flask==3.0.0\n"}, "vulnerable-dependency")
    assert (done.status, done.findings, done.covered.looked_at) == (Status.RAN, (), 1)
    assert "2025-03-05 (PyPI)" in done.reason


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("jinja2>=3\n", "no lockfile or exact pin"),
        ("jinja2\n", "no lockfile or exact pin"),
        ("git+https://git.example.com/a/jinja2.git@v3#egg=jinja2\n", "comes from a URL"),
        ("jinja2==2004-x\n", "cannot be ordered"),
    ],
)
def test_what_cannot_be_assessed_is_left_out_with_the_reason(text: str, why: str, tmp_path: Path) -> None:
    done = audit(tmp_path, {"requirements.txt": text}, "vulnerable-dependency")
    assert (done.status, done.findings) == (Status.PARTIAL, ())
    assert why in done.covered.left_out[0].why


def test_one_finding_a_package_lists_its_advisories_and_the_version_that_closes_all(tmp_path: Path) -> None:
    done = audit(tmp_path, {"requirements.txt": "\njinja2==3.1.4\n"}, "vulnerable-dependency")
    (one,) = done.findings
    assert (one.primary.line, one.severity, one.confidence) == (2, Severity.HIGH, Confidence.HIGH)
    assert facts(one)["count"] == "2"  # the one that two databases tell counts once
    assert facts(one)["fixed"] == facts(one)["fixed_version"] == "3.1.6"
    assert one.notes[0].startswith("CVE-2024-56326 (high 7.8): ")
    assert one.notes[1].startswith("CVE-2025-27516 (medium): ")


def test_a_development_dependency_counts_one_step_less(tmp_path: Path) -> None:
    package = '{"devDependencies": {"minimist": "1.2.5"}}'
    done = audit(tmp_path, {"package.json": package}, "vulnerable-dependency")
    assert [f.severity for f in done.findings] == [Severity.HIGH]
    assert "one step lower: a development dependency" in done.findings[0].notes


def test_what_only_tests_install_counts_less_and_its_habits_not_at_all(tmp_path: Path) -> None:
    files = {"tests/fixtures/package.json": '{"dependencies": {"minimist": "1.2.5", "x": "*"}}'}
    (one,) = audit(tmp_path, files).findings
    assert (one.rule_id, one.severity) == ("vulnerable-dependency", Severity.HIGH)
    assert "one step lower: below a test folder" in one.notes


def test_one_package_asked_for_twice_in_a_file_is_one_finding(tmp_path: Path) -> None:
    text = '[project]\ndependencies = ["jinja2==3.1.4"]\n[dependency-groups]\ndev = ["jinja2==3.1.4"]\n'
    (one,) = audit(tmp_path, {"pyproject.toml": text}, "vulnerable-dependency").findings
    assert (one.primary.line, one.severity) == (2, Severity.HIGH)
    assert [r.line for r in one.related] == [4]


def test_the_finding_stands_in_the_manifest_and_shows_the_line_of_the_lockfile(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"minimist": "^1.0.0"}}',
        "package-lock.json": lock(minimist={"version": "1.2.0"}),
    }
    (one,) = audit(tmp_path, files, "vulnerable-dependency").findings
    assert str(one.primary.path) == "package.json"
    assert [(str(r.path), r.line) for r in one.related] == [("package-lock.json", 5)]


def test_a_rule_that_names_an_advisory_speaks_alone(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"next": "14.2.3"}}',
        "middleware.ts": "export function middleware() {}\n",
    }
    done = audit(tmp_path, files, "vulnerable-dependency", "next-middleware-bypass")
    assert [f.rule_id for f in done.findings] == ["next-middleware-bypass"]
    (tmp_path / "middleware.ts").unlink()
    done = audit(tmp_path, {}, "vulnerable-dependency", "next-middleware-bypass")
    assert [f.rule_id for f in done.findings] == ["vulnerable-dependency"]


def test_malware_of_the_database_is_not_called_a_weakness(tmp_path: Path) -> None:
    files = {"package.json": '{"dependencies": {"crossenv-example": "1.0.0"}}'}
    done = audit(tmp_path, files, "vulnerable-dependency", "malicious-release")
    assert [(f.rule_id, f.severity) for f in done.findings] == [("malicious-release", Severity.CRITICAL)]


def test_no_known_repair_is_said_in_both_languages(tmp_path: Path) -> None:
    files = {"package.json": '{"dependencies": {"crossenv-example": "1.0.0"}}'}
    (one,) = audit(tmp_path, files, "malicious-release").findings
    remedy = load()["malicious-release"].remedy
    assert "none is known yet" in fill(remedy, one.facts, "en")
    assert "aucune n'est encore connue" in fill(remedy, one.facts, "fr")


def test_a_scoped_package_keeps_its_whole_name(tmp_path: Path) -> None:
    files = {"package.json": '{"dependencies": {"@pkgr/core": "0.2.8"}}'}
    (one,) = audit(tmp_path, files, "malicious-release").findings
    assert one.message.startswith("@pkgr/core 0.2.8 ")


def test_a_binary_lockfile_counts_as_one(tmp_path: Path) -> None:
    (tmp_path / "bun.lockb").write_bytes(b"\x00\x01")
    files = {"package.json": '{"dependencies": {"clsx": "^2.0.0"}}'}
    assert audit(tmp_path, files, "dependencies-without-lockfile").findings == ()
    files["package-lock.json"] = lock(clsx={"version": "2.0.0"})
    (one,) = audit(tmp_path, files, "rival-lockfiles").findings
    assert (str(one.primary.path), facts(one)["lockfile"]) == ("package-lock.json", "bun.lockb")


def test_two_runs_and_another_folder_say_the_same(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"minimist": "^1.0.0", "x": "*", "y": "latest"}}',
        "package-lock.json": lock(minimist={"version": "1.2.0"}, a={"version": "1.0.0"}),
        "requirements.txt": "jinja2==3.1.4\nlitellm==1.82.7\n--extra-index-url https://p.example/simple\n",
    }
    one, other = audit(tmp_path / "a", files), audit(tmp_path / "b" / "c", files)
    assert one == other
    assert len(one.findings) == 6


def test_a_password_in_an_index_address_is_not_repeated(tmp_path: Path) -> None:
    text = "--extra-index-url https://bot:hunter2hunter2@p.example/simple\nflask==3.0.0\n"
    (one,) = audit(tmp_path, {"requirements.txt": text}, "second-package-index").findings
    assert "hunter2hunter2" not in repr(one)
