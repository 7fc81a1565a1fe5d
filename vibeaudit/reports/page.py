"""What the HTML and the Markdown template are given."""

from __future__ import annotations

from typing import Any

from vibeaudit.model import Report, Severity
from vibeaudit.redact import strip_credentials
from vibeaudit.reports import fixes, story, tables
from vibeaudit.reports.document import egress, file_count
from vibeaudit.reports.verdict import counts
from vibeaudit.reports.words import Words


def page(report: Report, lang: str) -> dict[str, Any]:
    """The names that a template may use."""
    words = Words(lang)
    rules = report.rules
    suppressed = tuple(f for f in report.findings if f.suppressed)
    return {
        "w": words,
        "lang": lang,
        "report": report,
        "name": report.snapshot.name or report.snapshot.origin,
        "origin": strip_credentials(report.snapshot.origin),
        "commit": (report.snapshot.commit or "")[:12],
        "day": tables.day(report),
        "file_count": file_count(report),
        "made_with": tables.made_with(report),
        "story": story.tell(report, words),
        "counts": counts(report.open_findings),
        "severities": [s.label for s in sorted(Severity, reverse=True)],
        "doors": tables.doors(report, words),
        "homes": tables.vendors(report, words),
        "agents": tables.agents(report, words),
        "libraries": tables.libraries(report),
        "patches": [(p, fixes.status(p), tables.evidence(p, words), fixes.file_of(p)) for p in report.patches],
        "shown_diff": fixes.shown_diff,
        "suppressed": [(f, story.title_of(f, rules.get(f.rule_id), words)) for f in suppressed],
        "egress": egress(report),
        "connections": tables.connections(report),
        "remote_models": tables.remote_models(report),
        "rows": tables.ROWS,
    }
