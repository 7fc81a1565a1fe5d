"""Runs the bandit tests that our rules adopt, in worker processes, with our severities and words."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.found import found
from vibeaudit.model import Coverage, Finding, LeftOut, Location, Outcome, Rule, Status
from vibeaudit.process import run
from vibeaudit.source import SourceFile
from vibeaudit.source.testing import is_test

MAX_BYTES = 1_000_000
CHUNK_BYTES = 400_000  # two seconds of bandit; a start costs a quarter of one
_WORKER = Path(__file__).with_name("bandit_worker.py")
# What each test needs in a file, in lower case; bandit reads every node of a file to find that it is not there.
_WORDS = {
    "B304": frozenset((b"cipher",)),
    "B305": frozenset((b"ecb",)),
    "B306": frozenset((b"mktemp",)),
    "B323": frozenset((b"_create_unverified_context",)),
    "B501": frozenset((b"verify",)),
    "B506": frozenset((b"yaml",)),
    "B507": frozenset((b"set_missing_host_key_policy",)),
}
_LEVELS = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")


@dataclass(frozen=True, slots=True)
class Adoption:
    """A bandit test that a rule speaks for, and how severe and sure bandit must be about a place."""

    rule: Rule
    test: str
    severity: str = "UNDEFINED"
    confidence: str = "UNDEFINED"

    def takes(self, issue: Mapping[str, Any]) -> bool:
        return (
            bool(issue["test"] == self.test)
            and _LEVELS.index(issue["severity"]) >= _LEVELS.index(self.severity)
            and _LEVELS.index(issue["confidence"]) >= _LEVELS.index(self.confidence)
        )


def analyze(context: Context) -> Outcome:
    """One finding per rule and line. Files that bandit cannot parse are left out."""
    adopted = [a for rule in context.rules.of("bandit") for a in adoptions(rule)]
    files = [f for f in context.snapshot.of("python") if not is_test(str(f.path))]
    big = [LeftOut(str(f.path), f"larger than {MAX_BYTES:,} bytes") for f in files if len(f.data) > MAX_BYTES]
    files = [f for f in files if len(f.data) <= MAX_BYTES]
    tests = sorted({a.test for a in adopted})
    asked = [f for f in files if _concerns(f, tests)]
    with ThreadPoolExecutor(max_workers=context.config.jobs or os.cpu_count() or 1) as pool:
        answers = list(pool.map(lambda chunk: _answer(chunk, tests), _chunks(asked)))
    unread = [out for _, skipped in answers for out in skipped]
    made: dict[tuple[str, str, int], Finding] = {}
    for file, issue in (pair for issues, _ in answers for pair in issues):
        for rule in (a.rule for a in adopted if a.takes(issue)):
            finding = found(rule, "bandit", file, _location(file, issue))
            made.setdefault((rule.id, str(file.path), finding.primary.line), finding)
    covered = Coverage("files", len(files) - len(unread), (*big, *sorted(unread, key=lambda o: o.what)))
    ordered = tuple(sorted(made.values(), key=lambda f: (f.primary, f.rule_id)))
    if unread:
        reason = f"{len(unread)} file{'s' if len(unread) > 1 else ''} could not be parsed"
        return Outcome("bandit", Status.PARTIAL, ordered, reason, covered)
    return Outcome("bandit", Status.RAN, ordered, "", covered)


def _concerns(file: SourceFile, tests: Sequence[str]) -> bool:
    """Whether a test could find something in it. What is no Python is shown whatever it holds, so that bandit says
    so."""
    return any(test not in _WORDS or file.may_hold((_WORDS[test],)) for test in tests) or not file.is_python


def adoptions(rule: Rule) -> Iterator[Adoption]:
    """`bandit: [B602]`, or `bandit: {tests: [B602], severity: medium, confidence: high}` for those at or
    above bandit's own levels. Raises ValueError on anything else."""
    given = rule.matchers["bandit"]
    table = given if isinstance(given, dict) else {"tests": given}
    if set(table) - {"tests", "severity", "confidence"} or not isinstance(table.get("tests"), list):
        raise ValueError(f"{rule.id}: `bandit` wants a list of test ids")
    levels = [str(table.get(k, "undefined")).upper() for k in ("severity", "confidence")]
    for test in table["tests"]:
        yield Adoption(rule, str(test), *levels)


def _chunks(files: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    chunk: list[SourceFile] = []
    size = 0
    for file in files:
        chunk.append(file)
        size += len(file.data)
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_Answer = tuple[list[tuple[SourceFile, dict[str, Any]]], list[LeftOut]]


def _answer(files: list[SourceFile], tests: list[str]) -> _Answer:
    """What bandit says of these files. When its process dies, halves are tried, down to the file at fault."""
    data = _ask(files, tests)
    if data is None and len(files) == 1:
        return [], [LeftOut(str(files[0].path), "bandit broke off")]
    if data is None:
        middle = len(files) // 2
        first, second = _answer(files[:middle], tests), _answer(files[middle:], tests)
        return first[0] + second[0], first[1] + second[1]
    issues = [(files[int(i["file"])], i) for i in data["issues"]]
    return issues, [LeftOut(str(files[int(n)].path), str(why)) for n, why in data["skipped"]]


def _ask(files: list[SourceFile], tests: list[str]) -> dict[str, Any] | None:
    """The worker's answer, or None when it died or took too long."""
    with tempfile.TemporaryDirectory(prefix="vibeaudit-bandit-") as folder:
        for number, file in enumerate(files):
            Path(folder, f"{number}.py").write_bytes(file.data)
        seconds = 30 + sum(len(f.data) for f in files) / 20_000
        question = json.dumps({"tests": tests, "files": len(files)}).encode()
        done = run([sys.executable, "-I", str(_WORKER)], timeout=seconds, cwd=Path(folder), stdin=question)
    try:
        data = json.loads(done.stdout)
        return data if done.code == 0 and data["seen"] == len(files) else None
    except (ValueError, KeyError, TypeError):
        return None


def _location(file: SourceFile, issue: Mapping[str, Any]) -> Location:
    """Where bandit points; the column is that of the whole call, so it counts on the call's first line only."""
    line, last = int(issue["line"]), int(issue["last"])
    column = int(issue["column"]) + 1 if issue["line"] == issue["first"] else 1
    end = int(issue["end_column"]) + 1 if issue["end_column"] >= 0 else len(file.line(last)) + 1
    return Location(file.path, line, column, max(line, last), end)
