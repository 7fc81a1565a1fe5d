"""Runs every `semgrep:` matcher, and the consultant's own rules, in a child process for each set of files.

The engine is the `semgrep-core` of the installed wheel, given an explicit list of targets: neutral copies of
the snapshot's files. So no ignore file, settings file, comment or file name of the audited repository reaches
it. A canary file and rule travel with each run, because "nothing found" alone proves nothing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.semgrep_files import narrowed
from vibeaudit.analyzers.semgrep_output import Reading, read
from vibeaudit.analyzers.semgrep_rules import (
    CANARY,
    Matcher,
    consultant_rules,
    matchers,
    rules_file,
    worthwhile,
)
from vibeaudit.analyzers.semgrep_targets import Plan, lay_out
from vibeaudit.errors import ToolError
from vibeaudit.model import Coverage, LeftOut, Outcome, Snapshot, Status
from vibeaudit.process import Completed, run
from vibeaudit.source.testing import is_test

RULE_SECONDS = 10  # a rule on a file
RULES_LOST = 3  # a file is given up after so many rules ran out of time on it
MEMORY_MB = 3000
MAX_JOBS = 8
# A larger minor heap and a lazier major collection: half the time for some 200 MB more.
_GC = "s=8M,o=400"


def analyze(context: Context) -> Outcome:
    """All findings of the semgrep rules. FAILED when the canary is not found or the engine broke off."""
    own, refused = consultant_rules(context.config.rules)
    ours = worthwhile(matchers(context.rules), context.snapshot.files)
    snapshot = _targets(context.snapshot, own)
    readings: list[Reading] = []
    plans: list[Plan] = []
    # A consultant's rules run apart: their `paths:` see the files' paths as they are.
    for group in (ours, own) if own else (ours,):
        with tempfile.TemporaryDirectory(prefix="vibeaudit-semgrep-") as folder:
            plans.append(lay_out(snapshot, group, Path(folder)))
            done = _run(group, plans[-1], Path(folder), context)
        if problem := _failure(done, context.config.limits.semgrep_seconds):
            coverage = Coverage("files", plans[-1].seen, plans[-1].left_out)
            return Outcome("semgrep", Status.FAILED, reason=problem, covered=coverage)
        readings.append(read(done.stdout, group, plans[-1]))
    return _outcome(_joined(readings), plans, refused)


def _joined(readings: Sequence[Reading]) -> Reading:
    """What all runs found; the canary must have sung in each."""
    return Reading(
        tuple(sorted((f for r in readings for f in r.findings), key=lambda f: (f.primary, f.rule_id))),
        tuple(o for r in readings for o in r.left_out),
        all(r.canary for r in readings),
        next((r.broken for r in readings if r.broken), ""),
    )


def _targets(snapshot: Snapshot, own: Sequence[object]) -> Snapshot:
    """The app's own code. Rules that a consultant brings see its tests, too."""
    return snapshot if own else replace(snapshot, files=tuple(f for f in snapshot.files if not is_test(str(f.path))))


def core() -> str:
    """The engine's program in the installed wheel. Raises ToolError without one."""
    spec = importlib.util.find_spec("semgrep")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (program := Path(place) / "bin" / "semgrep-core").is_file():
            return str(program)
    raise ToolError("semgrep's engine is not installed", "reinstall vibeaudit: pip install --force-reinstall semgrep")


def _run(wanted: Sequence[Matcher], plan: Plan, work: Path, context: Context) -> Completed:
    rules, targets = work / "rules.json", work / "targets.json"
    rules.write_text(json.dumps(rules_file(map(narrowed, wanted))), "utf-8")
    targets.write_text(json.dumps(plan.targets), "utf-8")
    jobs = min(context.config.jobs or os.cpu_count() or 1, MAX_JOBS)
    command = [core(), "-json_nodots", "-fast", "-rules", str(rules), "-targets", str(targets), "-j", str(jobs)]
    command += ["-timeout", str(RULE_SECONDS), "-timeout_threshold", str(RULES_LOST), "-max_memory", str(MEMORY_MB)]
    return run(
        command,
        timeout=context.config.limits.semgrep_seconds,
        cwd=work,
        env={"OCAMLRUNPARAM": _GC, "TMPDIR": str(work)},
    )


def _failure(done: Completed, seconds: float) -> str:
    if done.timed_out:
        return f"semgrep did not end within {seconds:g} seconds"
    if not done.stdout.strip():
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return f"semgrep ended with code {done.code} and no answer{': ' + last[0][:200] if last else ''}"
    return ""


def _outcome(reading: Reading, plans: Sequence[Plan], refused: tuple[LeftOut, ...]) -> Outcome:
    too_large = {o for plan in plans for o in plan.left_out}
    left_out = tuple(sorted({*too_large, *reading.left_out, *refused}, key=lambda o: (o.what, o.why)))
    covered = Coverage("files", max(plan.seen for plan in plans), left_out)
    if not reading.canary:
        reason = reading.broken or f"the canary ({CANARY}) was not found, so silence would prove nothing"
        return Outcome("semgrep", Status.FAILED, reading.findings, reason, covered)
    if reasons := _reasons(reading, refused):
        return Outcome("semgrep", Status.PARTIAL, reading.findings, "; ".join(reasons), covered)
    return Outcome("semgrep", Status.RAN, reading.findings, "", covered)


def _reasons(reading: Reading, refused: tuple[LeftOut, ...]) -> list[str]:
    """Why this run is not the whole. A file above the size limit is left out, and makes nothing partial."""
    bad_rules = [o for o in (*refused, *reading.left_out) if o.what.startswith("rule")]
    files = {o.what for o in reading.left_out if not o.what.startswith("rule")}
    reasons = [f"{o.what} was not run: {o.why}" for o in bad_rules[:3]]
    if len(bad_rules) > 3:
        reasons.append(f"{len(bad_rules) - 3} more rules were not run")
    if files:
        reasons.append(f"{len(files)} file{'s were' if len(files) > 1 else ' was'} not fully read")
    return reasons
