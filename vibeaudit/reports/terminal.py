"""The summary on a terminal: a screen at most, readable without colour."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from vibeaudit.model import Report, Severity
from vibeaudit.reports import fixes, story
from vibeaudit.reports.tables import place
from vibeaudit.reports.verdict import counts
from vibeaudit.reports.visible import clean, line
from vibeaudit.reports.words import Words, text_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text as Rich

SHOWN = 10
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "info": "dim"}
_VERDICTS = {"blocked": "bold red", "unanswered": "bold yellow", "open-points": "bold", "no-blocker": "bold green"}


def summary(report: Report, lang: str, console: Console, out: Path | None = None) -> None:
    """Print the assurance, the verdict, the top findings, the patches, and where the report is."""
    words = Words(lang)
    told = story.tell(report, words)
    console.print()
    _print(console, f"{words('report.title', name=line(report.snapshot.name, 60))}", "bold")
    _print(console, told.assurance, "" if report.complete and report.outcomes else "yellow")
    for check in story.missing(report, words):
        _print(
            console,
            f"  {line(check.name, 80)}{words.colon} {check.state.lower()}{_in_brackets(check.reason)}",
            "yellow",
        )
    console.print()
    _print(console, told.headline, _VERDICTS[told.verdict])
    for reason in told.reasons:
        _print(console, reason)
    _findings(report, words, console)
    _patches(report, words, console)
    if out is not None:
        _print(console, f"{words.label('terminal.report')} {line(str(out / 'report.html'), 400)}", "bold")


def render(report: Report, lang: str = "en") -> str:
    """The summary as plain text."""
    from rich.console import Console

    page = io.StringIO()
    summary(report, lang, Console(file=page, width=100, color_system=None, force_terminal=False, highlight=False))
    return page.getvalue().lstrip("\n")


def _findings(report: Report, words: Words, console: Console) -> None:
    open_findings = report.open_findings
    numbers = [f"{words(f'severity.{s}')} {n}" for s, n in counts(open_findings).items() if n]
    if aside := len(report.findings) - len(open_findings):
        numbers.append(words.count("terminal.set_aside", aside))
    if numbers:
        console.print()
        _print(console, ", ".join(numbers), "bold")
    patches = fixes.by_finding(report.patches)
    for finding in open_findings[:SHOWN]:
        title = text_of(story.title_of(finding, report.rules.get(finding.rule_id), words))
        proven = fixes.status(patches.get(finding.fingerprint)) == "verified"
        _row(console, words, finding.severity, title, line(place(finding.primary), 200), proven)
    if (more := len(open_findings) - SHOWN) > 0:
        _print(console, f"  {words.count('terminal.more', more)}", "dim")


def _row(console: Console, words: Words, severity: Severity, title: str, where: str, proven: bool) -> None:
    row = _text(f"  {words(f'severity.{severity.label}'):<9} ", _STYLES[severity.label])
    row.append(line(title, 160), style="")
    if proven:
        row.append(f"  [{words('fix.verified')}]", style="green")
    console.print(row, soft_wrap=False)
    console.print(_text(f"            {where}", "dim"), soft_wrap=True)


def _patches(report: Report, words: Words, console: Console) -> None:
    ready = sum(fixes.ready(p) for p in report.patches)
    proposals = sum(fixes.status(p) == "available" for p in report.patches)
    parts = [words.count(f"terminal.{k}", n) for k, n in (("ready", ready), ("proposals", proposals)) if n]
    console.print()
    if parts:
        _print(console, f"{words.label('terminal.patches')} {', '.join(parts)}")


def _in_brackets(reason: str) -> str:
    return f" ({line(reason, 160)})" if reason else ""


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(_text(text, style), soft_wrap=False)


def _text(text: str, style: str) -> Rich:
    """Text in which square brackets are no markup."""
    from rich.text import Text

    return Text(clean(text), style=style)
