"""The GitHub Action, run as a runner runs it, with the runner's files and variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    return subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout of a branch that adds a hole to a base that had one."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "old.py").write_text("import yaml\n\n\ndef read(t):\n    return yaml.load(t, Loader=yaml.UnsafeLoader)\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "base")
    git(root, "checkout", "-qb", "feature")
    (root / "new.py").write_text("import os\n\n\ndef run(name):\n    os.system('ls ' + name)\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "feature")
    return root


def run(workspace: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The action's audit step. The set-up step is stood in for by a link to the vibeaudit under test."""
    runner = workspace.parent / "runner"
    (runner / "vibeaudit" / "bin").mkdir(parents=True, exist_ok=True)
    program = runner / "vibeaudit" / "bin" / "vibeaudit"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -m vibeaudit "$@"\n')
    program.chmod(0o755)
    given = {
        "path": ".",
        "base": "",
        "fail-on": "high",
        "strict": "false",
        "lang": "en",
        "out": "vibeaudit-report",
        "advisories": "",
    }
    env = {
        **os.environ,
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "RUNNER_TEMP": str(runner),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"),
        "AUDIT_BASE_SHA": git(workspace, "rev-parse", "main"),
        **{f"AUDIT_{k.upper().replace('-', '_')}": v for k, v in {**given, **inputs}.items()},
    }
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "action-run")], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    return done, runner


def test_it_fails_on_what_the_pull_request_adds_and_annotates_only_that(workspace: Path) -> None:
    done, runner = run(workspace)
    assert done.returncode == 1, done.stderr
    notes = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert notes
    assert all("file=new.py" in line for line in notes)
    outputs = dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
    assert outputs["sarif"] == "vibeaudit-report/findings.sarif"
    assert int(outputs["findings"]) == len(notes)
    assert json.loads((workspace / outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert "new.py" in (runner / "summary").read_text()


def test_it_can_report_without_failing_and_audit_everything(workspace: Path) -> None:
    done, _ = run(workspace, **{"fail-on": "never", "base": "none"})
    assert done.returncode == 0, done.stderr
    assert "file=old.py" in done.stdout


def test_hostile_inputs_stay_words(workspace: Path) -> None:
    done, _ = run(workspace, path="$(touch pwned); touch pwned", base="none")
    assert done.returncode == 2
    assert not list(workspace.rglob("pwned"))


def test_the_summary_is_french_when_asked(workspace: Path) -> None:
    _, runner = run(workspace, lang="fr")
    assert "peut-elle être mise en ligne" in (runner / "summary").read_text()


def test_every_input_reaches_the_script() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    passed = str(action["runs"]["steps"])
    script = (ROOT / ".ci" / "action-run").read_text()
    for name in action["inputs"]:
        assert f"inputs.{name} " in passed
        assert f"AUDIT_{name.upper().replace('-', '_')}" in script
    assert "${{ inputs" not in "".join(str(s.get("run", "")) for s in action["runs"]["steps"])


def test_a_workflow_auditor_finds_nothing_in_the_action() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    if not zizmor.exists():
        pytest.skip("zizmor is not installed")
    done = subprocess.run(
        [str(zizmor), "--offline", "--quiet", str(ROOT / "action.yml")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout
