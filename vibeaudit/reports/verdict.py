"""Can it go live? Never a grade, never an all-clear over something that did not run."""

from __future__ import annotations

from collections import Counter

from vibeaudit.model import Finding, Outcome, Report, Severity, Status

BLOCKED, UNANSWERED, OPEN_POINTS, NO_BLOCKER = "blocked", "unanswered", "open-points", "no-blocker"


def verdict(report: Report) -> str:
    """`blocked`: critical or high findings. Else `unanswered` while any check did not run in full; else
    `open-points` or `no-blocker`."""
    worst = max((f.severity for f in report.open_findings), default=None)
    if worst is not None and worst >= Severity.HIGH:
        return BLOCKED
    if not assessed(report):
        return UNANSWERED
    return NO_BLOCKER if worst is None else OPEN_POINTS


def assessed(report: Report) -> bool:
    """Whether something was looked at and every check of it ran to its end."""
    return bool(report.outcomes) and report.complete


def unfinished(report: Report) -> tuple[Outcome, ...]:
    """The checks that did not run to their end."""
    return tuple(o for o in report.outcomes if o.status is not Status.RAN)


def counts(findings: tuple[Finding, ...]) -> dict[str, int]:
    """How many of each severity, worst first, zeros included."""
    tally = Counter(f.severity for f in findings)
    return {s.label: tally[s] for s in sorted(Severity, reverse=True)}
