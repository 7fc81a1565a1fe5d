"""Findings become patches that are proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vibeaudit.config import Config
from vibeaudit.model import AppModel, Finding, Patch, Proof, Safety, Snapshot
from vibeaudit.remedy.edits import EditConflict, combine
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.plan import plan
from vibeaudit.remedy.verify import Examine, Verifier


def remedy(
    findings: tuple[Finding, ...], snapshot: Snapshot, app: AppModel, config: Config, examine: Examine
) -> tuple[Patch, ...]:
    """A patch for each finding that a fixer can repair, with its proof or the reason why it was held back.
    `examine` audits a snapshot again: all of it, or some files' own checks (see `verify.Examine`)."""
    wanted = plan(tuple(f for f in findings if f.suppressed is None), Bench(snapshot, app))
    verifier = Verifier(snapshot, findings, examine)
    patches = hold_back_conflicts([_proven(p, verifier) for p in wanted], snapshot)
    if config.run_tests:
        from vibeaudit.remedy.suite import with_tests

        return with_tests(patches, snapshot)
    return patches


def _proven(patch: Patch, verifier: Verifier) -> Patch:
    if patch.conflict or patch.safety is Safety.DISPLAY:
        return patch
    try:
        return verifier.proven(patch)
    except EditConflict as error:
        return replace(patch, conflict=str(error))
    except Exception as error:  # a patch that cannot be checked is advice, whatever went wrong
        return replace(patch, proof=Proof(reason=f"could not be checked: {type(error).__name__}: {error}"[:200]))


def hold_back_conflicts(patches: Iterable[Patch], snapshot: Snapshot) -> tuple[Patch, ...]:
    """The patches; each that overlaps an earlier verified one is marked, so that the others combine."""
    taken: list[Patch] = []
    marked = []
    for patch in patches:
        if patch.proof.verified and not patch.conflict:
            try:
                combine([*taken, patch], snapshot)
                taken.append(patch)
            except EditConflict as error:
                patch = replace(patch, conflict=f"overlaps another patch: {error}")
        marked.append(patch)
    return tuple(marked)
