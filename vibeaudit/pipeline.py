"""audit(): the whole program on one screen."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vibeaudit import __version__
from vibeaudit.acquire.base import base_of
from vibeaudit.acquire.narrow import narrow
from vibeaudit.analyzers import ALL, Context, run_all, started
from vibeaudit.cache import NONE, cache_for
from vibeaudit.config import Config, ProjectConfig
from vibeaudit.egress import Door
from vibeaudit.flow import FOLLOWED, trace
from vibeaudit.maps import chart
from vibeaudit.model import AppModel, Finding, Flows, Ledgers, Maps, Outcome, Patch, Report, Snapshot
from vibeaudit.process import isolation
from vibeaudit.remedy.verify import Examine
from vibeaudit.rules import RuleBook, load
from vibeaudit.survey import survey
from vibeaudit.triage import triage
from vibeaudit.triage.since import set_aside_known


@dataclass(frozen=True, slots=True)
class Examined:
    """What the deterministic half of an audit gives."""

    snapshot: Snapshot
    project: ProjectConfig
    app: AppModel
    flows: Flows
    maps: Maps
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def audit(snapshot: Snapshot, config: Config, door: Door, say: Callable[[str], object] = str) -> Report:
    """Audit an acquired snapshot: examine, review, remedy. `say` takes lines of progress."""
    from vibeaudit.review import review

    started, rules = time.monotonic(), rules_for(config)
    examined = examine(snapshot, rules, config)
    say("Asking the reviewer")
    opinion = review(examined.snapshot, examined.findings, rules, config, door)
    outcomes = (*examined.outcomes, opinion.outcome)
    findings = triage(outcomes, rules, examined.snapshot, config, examined.project)
    if config.diff:
        with base_of(snapshot, config.diff, config) as base:
            findings = set_aside_known(findings, examine(base, rules, config).findings, base.commit)
    say("Proving patches")
    patches = remedies(examined, findings, rules, config) if config.fix else ()
    return Report(
        snapshot=examined.snapshot,
        app=examined.app,
        maps=examined.maps,
        outcomes=outcomes,
        findings=findings,
        patches=patches,
        rules=rules.by_id,
        ledgers=Ledgers(door.ledger, opinion.inference, sandboxed=bool(isolation())),
        opinions=opinion.opinions,
        version=__version__,
        generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 2),
    )


def examine(snapshot: Snapshot, rules: RuleBook, config: Config) -> Examined:
    """The deterministic half: survey, trace, chart, analyze and triage."""
    snapshot, project, settings = narrow(snapshot, config)
    kept = cache_for(snapshot, rules, config.limits) if config.cache and not config.rules else NONE
    context = Context(snapshot, rules, config, cache=kept)
    with uncollected(), started(ALL, context) as finish:  # what needs only the snapshot runs meanwhile
        app = kept.recall("survey", AppModel, lambda: survey(snapshot))
        flows = kept.recall("flows", Flows, lambda: trace(snapshot, app, rules))
        maps = chart(app, flows)
        outcomes = (*finish(replace(context, app=app, flows=flows, maps=maps)), *settings)
    findings = triage(outcomes, rules, snapshot, config, project)
    return Examined(snapshot, project, app, flows, maps, outcomes, findings)


@contextmanager
def uncollected() -> Iterator[None]:
    """Nearly all that is built meanwhile stays until the end, so the collector would walk it again and again for
    nothing: a fifth of the time on thousands of files."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def remedies(examined: Examined, findings: tuple[Finding, ...], rules: RuleBook, config: Config) -> tuple[Patch, ...]:
    """The patches for these findings, proven by auditing each patched copy again."""
    from vibeaudit.remedy import remedy

    return remedy(findings, examined.snapshot, examined.app, config, _again(examined, rules, config))


def _again(before: Examined, rules: RuleBook, config: Config) -> Examine:
    """Audits a patched copy: file by file what changed, and what rests on the whole app anew. What analyzers that
    look at files alone had found in the others still holds, so all is merged as in a full audit."""
    by_file = tuple(a for a in ALL if a.by_file)
    names = {a.name for a in by_file}

    def examine_changes(snapshot: Snapshot, changed: frozenset[str]) -> tuple[Finding, ...]:
        touched = replace(snapshot, files=tuple(f for f in snapshot.files if str(f.path) in changed))
        app = survey(snapshot)
        flows = trace(snapshot, app, rules) if any(f.language in FOLLOWED for f in touched.files) else before.flows
        context = Context(snapshot, rules, config, app, flows, chart(app, flows))
        local = run_all(by_file, replace(context, snapshot=touched))
        whole = run_all(tuple(a for a in ALL if not a.by_file), context)
        held = tuple(
            replace(o, findings=tuple(f for f in o.findings if str(f.primary.path) not in changed))
            for o in before.outcomes
            if o.analyzer in names
        )
        return triage((*held, *local, *whole), rules, snapshot, config)

    return examine_changes


def rules_for(config: Config) -> RuleBook:
    """The rules that this audit runs."""
    rules = load().without(config.disabled)
    return rules.only(config.only) if config.only else rules
