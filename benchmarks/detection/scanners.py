"""Runs one scanner over a folder: vibeaudit, plain semgrep with rules from a folder, plain bandit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from detection.score import Found

_SCRIPTS = Path(sys.executable).parent
# what says nothing of holes in the app's own code is not in the labels: packages, pipelines, containers, and under
# which law data lies
_ELSEWHERE = frozenset(("dependencies", "ci", "infra", "data"))
_SEMGREP = ("--metrics=off", "--disable-version-check", "--disable-nosem", "--no-git-ignore", "--json", "--quiet")


def vibeaudit(root: Path) -> list[Found]:
    """Our own findings, without those on dependencies, workflows, containers and residency."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "vibeaudit", "audit", str(root), "--llm", "off", "--offline", "--quiet"]
        subprocess.run([*command, "--out", out], check=False, capture_output=True, cwd="/")
        report = json.loads((Path(out) / "findings.json").read_text("utf-8"))
    return [
        Found(f["path"], f["start"]["line"], frozenset(f["cwe"]), f["rule_id"])
        for f in report["findings"]
        if report["rules"][f["rule_id"]]["pack"] not in _ELSEWHERE
    ]


def bandit(root: Path) -> list[Found]:
    command = [str(_SCRIPTS / "bandit"), "-r", str(root), "-f", "json", "-q", "--ignore-nosec"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    results = json.loads(done.stdout or "{}").get("results", [])
    return [
        Found(
            str(Path(r["filename"]).relative_to(root)),
            r["line_number"],
            frozenset({r["issue_cwe"]["id"]} if r.get("issue_cwe") else ()),
            r["test_id"],
        )
        for r in results
    ]


def semgrep(rules: Path, root: Path) -> list[Found]:
    """Plain semgrep with all rules of a folder, by the CWE numbers in their metadata."""
    command = [str(_SCRIPTS / "semgrep"), "scan", "--experimental", *_SEMGREP, "--config", str(rules), str(root)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", cwd="/")
    results = json.loads(done.stdout or "{}").get("results", [])
    return [
        Found(
            str(Path(r["path"]).relative_to(root)),
            r["start"]["line"],
            frozenset(int(n) for n in re.findall(r"CWE-(\d+)", str(r["extra"]["metadata"].get("cwe", "")))),
            r["check_id"].rsplit(".", 1)[-1],
        )
        for r in results
    ]


def scanners(rules: Path | None) -> dict[str, Callable[[Path], list[Found]]]:
    """By name; semgrep only when rules for it are given."""
    ours: dict[str, Callable[[Path], list[Found]]] = {"vibeaudit": vibeaudit, "bandit": bandit}
    return {**ours, "semgrep": partial(semgrep, rules)} if rules else ours
