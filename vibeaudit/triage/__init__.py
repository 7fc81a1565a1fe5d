"""Outcomes become findings: merged, put in context, suppressed, compared with a baseline, ranked."""

from __future__ import annotations

from collections.abc import Iterable

from vibeaudit.config import Config, ProjectConfig
from vibeaudit.model import Finding, Outcome, Snapshot
from vibeaudit.rules import RuleBook
from vibeaudit.triage.baseline import read_baseline
from vibeaudit.triage.context import in_context
from vibeaudit.triage.declared import told_once
from vibeaudit.triage.merge import merge, number
from vibeaudit.triage.second_views import without_second_views
from vibeaudit.triage.suppress import suppress


def triage(
    outcomes: Iterable[Outcome],
    rules: RuleBook,
    snapshot: Snapshot,
    config: Config,
    project: ProjectConfig | None = None,
) -> tuple[Finding, ...]:
    """One finding a hole, most urgent first, the suppressed ones last. Raises ConfigError for a baseline that
    cannot be read."""
    seen = [in_context(f, rules, snapshot) for o in outcomes for f in o.findings]
    findings = number(without_second_views(merge(told_once(seen))))
    known = read_baseline(config.baseline) if config.baseline else frozenset()
    ignores = (*config.ignores, *(project.ignores if project else ()))
    return ranked(suppress(f, snapshot, ignores, known) for f in findings)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The order in which a person should read them."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (f.suppressed is not None, -f.severity, -f.confidence, f.primary, f.rule_id, f.anchor),
        )
    )
