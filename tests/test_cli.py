"""The command line as a person meets it: exit codes, bad input, the same result everywhere and without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vibeaudit import process

EXE = [sys.executable, "-I", "-m", "vibeaudit"]
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
HOLES = {
    "app.py": (
        "import sqlite3, subprocess\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        "@app.post('/run')\ndef run():\n    name = request.form['name']\n"
        "    sqlite3.connect('x').execute(f\"select * from t where n = '{name}'\")\n"
        "    return subprocess.check_output('ls ' + name, shell=True)\n"
    ),
    ".claude/settings.json": '{"permissions": {"defaultMode": "bypassPermissions"}}\n',
    "package.json": '{"name": "shop", "version": "1.0.0"}\n',
}


def vibeaudit(*words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EXE, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "CI": "true", **(env or {})},
    )


def audit(target: Path | str, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return vibeaudit("audit", str(target), "--llm", "off", "--out", str(out), *words, cwd=out.parent)


def findings(out: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((out / "findings.json").read_text("utf-8"))
    return data


def timeless(out: Path) -> str:
    """findings.json without its named time fields."""
    data = findings(out)
    del data["generated_at"], data["seconds"]
    return json.dumps(data, sort_keys=True)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    for name, text in HOLES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_an_audit_writes_every_part_of_the_report(app: Path, tmp_path: Path) -> None:
    done = audit(app, tmp_path / "report")
    assert done.returncode == 0, done.stderr
    names = {p.name for p in (tmp_path / "report").iterdir()}
    assert names >= {"findings.json", "findings.sarif", "report.html", "report.md", "ledger.json", "sbom.cdx.json"}
    rules = {f["rule_id"] for f in findings(tmp_path / "report")["findings"]}
    assert len(rules) >= 3
    assert done.stdout == ""
    assert "\x1b" not in done.stderr


def test_exit_codes_keep_their_contract(app: Path, tmp_path: Path) -> None:
    assert audit(app, tmp_path / "a", "--fail-on", "high").returncode == 1
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean" / "a.py").write_text("x = 1\n")
    assert audit(tmp_path / "clean", tmp_path / "b", "--fail-on", "low").returncode == 0
    (tmp_path / "clean" / "requirements.txt").write_text("flask>=2\n")
    assert audit(tmp_path / "clean", tmp_path / "c", "--strict").returncode == 3
    assert audit(tmp_path / "nowhere", tmp_path / "d").returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        ["audit"],
        ["audit", ".", "--fail-on", "terrible"],
        ["audit", ".", "--only", "no-such-rule"],
        ["audit", "no/such/folder"],
        ["audit", "ext::sh -c id"],
        ["audit", "https://127.0.0.1:1/x/y"],
        ["audit", "owner/name", "--offline"],
        ["rules", "no-such-rule"],
        ["report", "no-such-folder"],
        ["nonsense"],
    ],
)
def test_bad_usage_is_one_line_and_a_tip(words: list[str], tmp_path: Path) -> None:
    done = vibeaudit(*words, cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("vibeaudit: ")
    assert len(lines) <= 2, done.stderr
    assert "Traceback" not in done.stderr


def test_targets_that_are_not_apps_end_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk.bin").write_bytes(os.urandom(4096))
    (tmp_path / "junk.zip").write_bytes(os.urandom(4096))
    subprocess.run([*GIT, "init", "-q", "bare"], cwd=tmp_path, check=True)
    for name in ("empty", "junk.bin", "junk.zip", "bare", f"file://{tmp_path}/empty"):
        done = audit(tmp_path / name if "://" not in name else name, tmp_path / "out")
        assert done.returncode == 2, (name, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 2, done.stderr


def test_hostile_files_cost_nothing_but_themselves(app: Path, tmp_path: Path) -> None:
    with (app / "big.bin").open("wb") as stream:
        stream.truncate(200_000_000)
    with (app / "big.py").open("wb") as stream:
        stream.truncate(200_000_000)
    (app / "long.py").write_text("x = 1\n" * 100_000)
    (app / "wide.js").write_text("var a = '" + "x" * 1_000_000 + "';\n")
    (app / "new\nline\x1b[31mred.py").write_text("eval(input())\n")
    Path(os.fsdecode(os.fsencode(app) + b"/bad\xff.py")).write_bytes(b"x = 1")
    (app / "latin.py").write_bytes(b"# caf\xe9 \xff\xfe\nx = 1\n")
    (app / "deep.json").write_text("[" * 100_000)
    (app / "deep.yaml").write_text("a: " + "[" * 50_000)
    (app / "deep.py").write_text("(" * 50_000)
    (app / "loop").symlink_to(app)
    (app / "out").symlink_to("/etc/passwd")
    done = audit(app, tmp_path / "report")
    assert done.returncode == 0, done.stderr
    data = findings(tmp_path / "report")
    assert {a["status"] for a in data["assurance"]} <= {"ran", "partial", "skipped"}, data["assurance"]
    assert any(f["rule_id"] == "agent-permissions-bypassed" for f in data["findings"])
    left = {e["what"] for e in data["target"]["left_out"]["first"]}
    assert {"big.bin", "big.py", "loop", "out"} <= left
    for name in ("report.html", "report.md", "findings.sarif"):
        assert "\x1b" not in (tmp_path / "report" / name).read_text("utf-8")
    assert "\x1b" not in done.stderr


def test_a_hostile_checkout_runs_nothing(app: Path, tmp_path: Path) -> None:
    subprocess.run([*GIT, "init", "-q"], cwd=app, check=True)
    subprocess.run([*GIT, "add", "-A"], cwd=app, check=True)
    subprocess.run([*GIT, "commit", "-qm", "one"], cwd=app, check=True)
    flag = tmp_path / "pwned"
    with (app / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = touch {flag}\n\tpager = touch {flag}\n[include]\n\tpath = /etc/passwd\n")
    for name in ("yaml.py", "bandit.py", "json.py", "sitecustomize.py"):
        (app / name).write_text(f"import os\nos.system('touch {flag}')\n")
    done = vibeaudit("audit", ".", "--llm", "off", "--out", str(tmp_path / "report"), "--diff", "HEAD", cwd=app)
    assert done.returncode == 0, done.stderr
    assert not flag.exists()


def test_two_runs_and_a_copy_elsewhere_give_the_same_bytes(app: Path, tmp_path: Path) -> None:
    other = tmp_path / "quite" / "another" / "tests" / "tmp"
    shutil.copytree(app, other)
    for target, name in ((app, "one"), (app, "two"), (other, "three")):
        assert audit(target, tmp_path / name, "--fix").returncode == 0
    assert timeless(tmp_path / "one") == timeless(tmp_path / "two") == timeless(tmp_path / "three")
    assert len(findings(tmp_path / "one")["findings"]) >= 3


def test_without_a_network_the_findings_are_the_same_and_the_ledger_says_none(app: Path, tmp_path: Path) -> None:
    if not process.isolation():
        pytest.skip("this system gives no network namespace to an ordinary user")
    assert audit(app, tmp_path / "with").returncode == 0
    words = ["audit", str(app), "--llm", "off", "--out", str(tmp_path / "without")]
    done = subprocess.run(
        [*process.isolation(), *EXE, *words], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    one, two = (findings(tmp_path / n) for n in ("with", "without"))
    assert one["findings"] == two["findings"]
    assert one["egress"] == two["egress"] == []


def test_only_what_is_new_since_the_base_counts(app: Path, tmp_path: Path) -> None:
    subprocess.run([*GIT, "init", "-q"], cwd=app, check=True)
    subprocess.run([*GIT, "add", "-A"], cwd=app, check=True)
    subprocess.run([*GIT, "commit", "-qm", "one"], cwd=app, check=True)
    (app / "new.py").write_text(
        "import yaml\n\n\ndef read(text):\n    return yaml.load(text, Loader=yaml.UnsafeLoader)\n"
    )
    done = audit(app, tmp_path / "report", "--diff", "main", "--fail-on", "info")
    assert done.returncode == 1, done.stderr
    data = findings(tmp_path / "report")
    assert {f["path"] for f in data["findings"] if not f["suppressed"]} == {"new.py"}
    assert {f["suppressed"]["by"] for f in data["findings"] if f["suppressed"]} == {"base"}


def test_a_consultants_own_rules_run_beside_ours(app: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "rules:\n- id: own-flask\n  languages: [python]\n  severity: WARNING\n"
        "  message: Flask is used\n  pattern: Flask(...)\n"
    )
    assert audit(app, tmp_path / "report", "--rules", str(tmp_path / "own.yaml")).returncode == 0
    data = findings(tmp_path / "report")
    assert any(f["rule_id"].endswith("own-flask") for f in data["findings"])


def test_a_broken_setting_of_the_project_is_said_and_hides_nothing(app: Path, tmp_path: Path) -> None:
    (app / ".vibeaudit.toml").write_text("[[[")
    done = audit(app, tmp_path / "report")
    assert done.returncode == 0, done.stderr
    data = findings(tmp_path / "report")
    assert any(a["analyzer"] == "settings" and a["status"] == "failed" for a in data["assurance"])
    assert data["summary"]["open"] >= 3


def test_excluded_paths_are_counted_as_left_out(app: Path, tmp_path: Path) -> None:
    (app / ".vibeaudit.toml").write_text('exclude = ["**"]\n')
    assert audit(app, tmp_path / "report").returncode == 0
    data = findings(tmp_path / "report")
    assert data["findings"] == []
    assert any("excluded by .vibeaudit.toml" in e["why"] for e in data["target"]["left_out"]["first"])
    assert data["summary"]["verdict"] == "unanswered"


def test_a_report_is_shown_again_in_another_language(app: Path, tmp_path: Path) -> None:
    assert audit(app, tmp_path / "report").returncode == 0
    for form in ("terminal", "html", "md", "json", "sarif", "cyclonedx", "github", "summary"):
        done = vibeaudit("report", str(tmp_path / "report"), "--format", form, "--lang", "fr", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_patches_apply_to_the_audited_folder(app: Path, tmp_path: Path) -> None:
    assert audit(app, tmp_path / "report", "--fix").returncode == 0
    patches = sorted((tmp_path / "report" / "patches").glob("*.patch"))
    assert patches
    for patch in patches:
        subprocess.run(["git", "apply", "--check", str(patch)], cwd=app, check=True)


def test_the_fleet_audits_each_and_survives_a_bad_one(app: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"# ours\n{app}\n{tmp_path}/nowhere\n")
    done = vibeaudit("fleet", "list.txt", "--llm", "off", "--out", str(tmp_path / "all"), cwd=tmp_path)
    assert done.returncode == 2
    assert [row.split()[0] for row in done.stdout.splitlines()] == ["done", "failed"]
    assert (tmp_path / "all" / "001-app" / "report.html").is_file()
