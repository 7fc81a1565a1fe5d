"""Which patches to try: one a root cause, the same edits for several findings counted once."""

from __future__ import annotations

import logging
from dataclasses import replace

from vibeaudit.model import Finding, Patch, Safety, Text
from vibeaudit.remedy.edits import EditConflict, apply, diff_of
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal, fixers


def plan(findings: tuple[Finding, ...], bench: Bench) -> list[Patch]:
    """Unproven patches in the order of the findings. What a fixer refused is there too, as DISPLAY with the
    reason in `conflict`."""
    by_edits: dict[object, Patch] = {}
    known = fixers()
    for finding in findings:
        propose = known.get(finding.rule_id)
        if propose is None:
            continue
        try:
            answer = propose(finding, bench)
        except Exception as error:  # one fixer's crash costs its patch only
            logging.getLogger("vibeaudit").debug("the fixer of %s crashed", finding.rule_id, exc_info=True)
            answer = Refusal(f"the fixer failed: {type(error).__name__}")
        patch = _patch(answer, finding, bench)
        key = patch.edits or (finding.fingerprint,)
        by_edits[key] = _joined(by_edits[key], patch) if key in by_edits else patch
    return list(by_edits.values())


def _patch(answer: Proposal | Refusal, finding: Finding, bench: Bench) -> Patch:
    fixes = frozenset({finding.fingerprint})
    if isinstance(answer, Refusal):
        title = Text(finding.message, finding.message)
        return Patch((finding.rule_id,), title, Safety.DISPLAY, "fixer", (), fixes, conflict=answer.reason)
    patch = Patch((finding.rule_id,), answer.title, answer.safety, "fixer", answer.edits, fixes, body=answer.check)
    try:
        return replace(patch, diff=diff_of(apply(patch.edits, bench.snapshot), bench.snapshot))
    except EditConflict as error:
        return replace(patch, conflict=str(error))


def _joined(first: Patch, second: Patch) -> Patch:
    rule_ids = tuple(sorted({*first.rule_ids, *second.rule_ids}))
    return replace(first, rule_ids=rule_ids, fixes=first.fixes | second.fixes, safety=min(first.safety, second.safety))
