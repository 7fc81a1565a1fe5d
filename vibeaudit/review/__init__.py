"""The local model's opinion: bounded slices, answers in a schema, quotes checked against the file."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass, replace

from vibeaudit.config import Config
from vibeaudit.egress import Door
from vibeaudit.errors import VibeauditError
from vibeaudit.model import Coverage, Finding, InferenceEntry, LeftOut, Opinion, Outcome, Severity, Snapshot, Status
from vibeaudit.review.endpoint import Endpoint, choose
from vibeaudit.review.evidence import Checked, check
from vibeaudit.review.inference import ask
from vibeaudit.review.prompt import slice_of
from vibeaudit.rules import RuleBook

SECONDS = 600.0  # for all questions of one audit; a slow machine gets fewer answers, and the ledger says so


@dataclass(frozen=True, slots=True)
class Review:
    """What the reviewer gives: suspicions of its own as findings, opinions on those of others, its ledger."""

    outcome: Outcome
    opinions: tuple[Opinion, ...] = ()
    inference: tuple[InferenceEntry, ...] = ()


def review(snapshot: Snapshot, findings: tuple[Finding, ...], rules: RuleBook, config: Config, door: Door) -> Review:
    """Ask the model about the most urgent findings. Without a model: an outcome that says why."""
    if config.llm == "off":
        return _skipped("switched off (--llm off)")
    try:
        endpoint = choose(config.llm, door)
    except VibeauditError as error:
        return Review(Outcome("review", Status.FAILED, reason=error.message))
    if endpoint is None:
        return _skipped("no local model answers on this machine")
    if importlib.util.find_spec("litellm") is None:
        return _skipped("litellm is not installed (pip install 'vibeaudit[llm]')")
    return _ask_all(endpoint, snapshot, findings, rules, config, door)


def _skipped(reason: str) -> Review:
    return Review(Outcome("review", Status.SKIPPED, reason=reason))


def _ask_all(
    endpoint: Endpoint, snapshot: Snapshot, findings: tuple[Finding, ...], rules: RuleBook, config: Config, door: Door
) -> Review:
    wanted = [f for f in findings if f.suppressed is None and f.severity >= Severity.MEDIUM and f.primary.line]
    asked = sorted(wanted[: config.llm_max_findings], key=lambda f: f.primary)  # by file: a server reuses the prefix
    ledger: list[InferenceEntry] = []
    answers: list[Checked] = []
    unasked = [LeftOut(f.fingerprint, "beyond the number of questions") for f in wanted[config.llm_max_findings :]]
    until = time.monotonic() + SECONDS
    with door.permit(endpoint.host, f"reviewer {endpoint.model}"):
        for finding in asked:
            if time.monotonic() > until:
                unasked.append(LeftOut(finding.fingerprint, "the time for questions ran out"))
                continue
            piece = slice_of(finding, snapshot, rules)
            reply = ask(endpoint, piece)
            checked = check(reply, finding, snapshot, piece)
            ledger += [replace(e, result=checked.result if e.result == "answered" else e.result) for e in reply.entries]
            answers.append(checked)
    unanswered = sum(a.opinion.verdict == "unsure" and a.result != "used" for a in answers)
    status = Status.PARTIAL if unasked or unanswered else Status.RAN
    reason = f"model {endpoint.model}; {len(answers) - unanswered} of {len(wanted)} questions answered with evidence"
    outcome = Outcome(
        "review",
        status,
        tuple(f for a in answers for f in a.suspicions),
        reason,
        Coverage("findings", len(answers), tuple(sorted(unasked, key=lambda o: o.what))),
    )
    return Review(outcome, tuple(sorted((a.opinion for a in answers), key=lambda o: o.fingerprint)), tuple(ledger))
