"""What GitHub's runner shows: annotations as workflow commands, and a job summary in Markdown."""

from __future__ import annotations

from vibeaudit.model import Finding, Report, Severity
from vibeaudit.reports import story
from vibeaudit.reports.markdown import escape
from vibeaudit.reports.visible import line
from vibeaudit.reports.words import Words
from vibeaudit.wording import fill

ANNOTATIONS = 50  # the runner shows about this many; the report holds them all
LISTED = 30
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}


def commands(report: Report, lang: str = "en") -> str:
    """A workflow command a finding, the worst first. What the audited code says cannot start another command."""
    return "".join(f"{_command(f, report, lang)}\n" for f in report.open_findings[:ANNOTATIONS])


def summary(report: Report, lang: str = "en") -> str:
    """The job summary: what was assessed, the verdict, what to do first, the findings by place."""
    words = Words(lang)
    told = story.tell(report, words)
    rows = [f"## {escape(words('report.title', name=line(report.snapshot.name, 80)))}", f"**{escape(told.assurance)}**"]
    waiting = [c for c in told.checks if c.status != "ran"]
    rows.append("\n".join(f"- {escape(c.name)}{words.colon} {escape(c.state)}. {escape(c.reason)}" for c in waiting))
    rows += [f"### {escape(told.headline)}", escape(" ".join(told.reasons))]
    listed = report.open_findings[:LISTED]
    if listed:
        rows.append("\n".join(["| | | |", "| --- | --- | --- |", *(_row(f, report, words) for f in listed)]))
    if len(report.open_findings) > LISTED:
        rows.append(escape(words("report.more", n=words.number(len(report.open_findings) - LISTED))))
    return "\n\n".join(r for r in rows if r) + "\n"


def _row(finding: Finding, report: Report, words: Words) -> str:
    place = f"{finding.primary.path}:{finding.primary.line}"
    cells = (words(f"severity.{finding.severity.label}"), _title(finding, report, words.lang), place)
    return "| " + " | ".join(escape(c, 300).replace("\n", " ") for c in cells) + " |"


def _command(finding: Finding, report: Report, lang: str) -> str:
    at = finding.primary
    parts = [f"file={_value(str(at.path))}"]
    if at.line:
        parts += [f"line={at.line}", f"endLine={max(at.line, at.end_line)}"]
    parts.append(f"title={_value(f'vibeaudit: {finding.rule_id}')}")
    return f"::{_LEVELS.get(finding.severity, 'notice')} {','.join(parts)}::{_text(_title(finding, report, lang))}"


def _title(finding: Finding, report: Report, lang: str) -> str:
    rule = report.rules.get(finding.rule_id)
    return line(fill(rule.title, finding.facts, lang) if rule else finding.message)


def _text(words: str) -> str:
    return line(words, 500).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(words: str) -> str:
    """A property's value: the signs that end it are escaped too."""
    return _text(words).replace(":", "%3A").replace(",", "%2C")
