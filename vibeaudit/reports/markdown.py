"""report.md: GitHub-flavoured Markdown in which nothing of the audited app is markup."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from vibeaudit.model import Finding, Location, Report
from vibeaudit.reports import tables, visible
from vibeaudit.reports.page import page
from vibeaudit.reports.words import Sentence

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&]")
_LINKED = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)
_MENTION = re.compile(r"@(?=\w)|#(?=\d)")  # a site would link them to people and tickets
_AT_START = re.compile(r"^(?=[#+\-=])|^(\d{1,9})(?=[.)](?:\s|$))")
_BLANKS = re.compile(r"\n{3,}")


class Said(str):
    """Markdown that we wrote ourselves."""


def render(report: Report, lang: str = "en") -> str:
    """The report. What a template prints is escaped unless one of these filters made it."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vibeaudit.reports", "templates"),
        autoescape=False,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"say": say, "code": code, "cell": cell, "place": place, "snippet": snippet, "fence": fence}
    text = environment.get_template("report.md").render(**page(report, lang))
    return _BLANKS.sub("\n\n", text).strip() + "\n"


def escape(text: str, limit: int = 1200) -> str:
    """One bounded line of which nothing is markup, a link or a mention."""
    shown = _SPECIAL.sub(r"\\\g<0>", visible.line(text, limit))
    shown = _LINKED.sub(r"\\\g<0>", shown)
    shown = _MENTION.sub(r"`\g<0>`", shown)
    return _AT_START.sub(lambda m: f"{m[1]}\\" if m[1] else "\\", shown)


def say(sentence: Sentence) -> Said:
    """A sentence, the app's own names in it as code."""
    return Said("".join(code(p.text) if p.code else _padded(p.text) for p in sentence))


def code(text: str) -> Said:
    """Text as inline code, whatever backticks it holds. Also safe inside a table."""
    shown = visible.line(str(text)).replace("|", "\u2502")
    if not shown:
        return Said("")
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or shown != shown.strip() else ""
    return Said(f"{ticks}{pad}{shown}{pad}{ticks}")


def cell(text: str) -> Said:
    """Text for a table's cell; a dash when there is none."""
    return Said(escape(text, 400) or "–")


def place(at: Location) -> Said:
    return code(tables.place(at))


def snippet(finding: Finding) -> Said:
    """The flagged lines in a fence."""
    return fence(textwrap.dedent(finding.snippet), visible.BLOCK_LINES)


def fence(text: str, lines: int = visible.DIFF_LINES, info: str = "") -> Said:
    """A fenced block that its content cannot close."""
    shown = visible.block(text.rstrip("\n"), lines)
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return Said(f"{ticks}{info}\n{shown}\n{ticks}")


def _padded(text: str) -> str:
    """Escaped, with the blanks around it kept."""
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' if lead else ''}{escape(text)}{' ' if trail and text.strip() else ''}"


def _shown(value: Any) -> Any:
    if isinstance(value, Said) or not isinstance(value, str):
        return "" if value is None else value
    return escape(value)
