"""audit(): the whole program on one screen."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vibeaudit import __version__
from vibeaudit.analyzers import ALL, Context, run_all
from vibeaudit.config import Config
from vibeaudit.egress import Door
from vibeaudit.flow import trace
from vibeaudit.maps import chart
from vibeaudit.model import AppModel, Finding, Flows, Ledgers, Maps, Outcome, Report, Snapshot
from vibeaudit.rules import RuleBook, load
from vibeaudit.survey import survey
from vibeaudit.triage import triage


@dataclass(frozen=True, slots=True)
class Examined:
    """What the deterministic half of an audit gives."""

    app: AppModel
    flows: Flows
    maps: Maps
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def audit(snapshot: Snapshot, config: Config, door: Door) -> Report:
    """Audit an acquired snapshot: examine, review, triage, remedy."""
    from vibeaudit.remedy import remedy
    from vibeaudit.review import review

    started, rules = time.monotonic(), rules_for(config)
    examined = examine(snapshot, rules, config)
    opinion, inference = review(snapshot, examined.app, examined.findings, rules, config, door)
    findings = triage((*examined.outcomes, opinion), rules, snapshot, config)
    patches = remedy(findings, snapshot, examined.app, rules, config) if config.fix else ()
    return Report(
        snapshot=snapshot,
        app=examined.app,
        maps=examined.maps,
        outcomes=(*examined.outcomes, opinion),
        findings=findings,
        patches=patches,
        rules=rules.by_id,
        ledgers=Ledgers(door.ledger, inference),
        version=__version__,
        generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 2),
    )


def examine(snapshot: Snapshot, rules: RuleBook, config: Config) -> Examined:
    """Survey, trace, chart, analyze and triage, without a model and without patches."""
    app = survey(snapshot)
    flows = trace(snapshot, app, rules)
    maps = chart(app, flows)
    outcomes = run_all(ALL, Context(snapshot, rules, config, app, flows, maps))
    findings = triage(outcomes, rules, snapshot, config)
    return Examined(app, flows, maps, outcomes, findings)


def rules_for(config: Config) -> RuleBook:
    """The rules that this audit runs."""
    rules = load().without(config.disabled)
    return rules.only(config.only) if config.only else rules


def again(report: Report, **changes: object) -> Report:
    """A copy of a report with some fields replaced."""
    return replace(report, **changes)  # type: ignore[arg-type]
