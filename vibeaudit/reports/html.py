"""report.html: one file that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from typing import Any

from markupsafe import Markup, escape

from vibeaudit.model import Finding, Location, Report
from vibeaudit.reports import tables, visible
from vibeaudit.reports.page import page
from vibeaudit.reports.words import Sentence


def render(report: Report, lang: str = "en") -> str:
    """The page. Everything out of the audited app is escaped, bounded and made visible on its way out."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vibeaudit.reports", "templates"),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"say": say, "snippet": snippet, "diff": diff, "place": place}
    style = environment.get_template("report.css").render().strip() + "\n"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page_html = environment.get_template("report.html").render(
        **page(report, lang), style=Markup(style), style_digest=digest
    )
    return "\n".join(row for row in page_html.split("\n")) + "\n"


def say(sentence: Sentence) -> Markup:
    """A sentence, the app's own names in it as code."""
    return Markup("").join(Markup("<code>{}</code>").format(p.text) if p.code else escape(p.text) for p in sentence)


def snippet(finding: Finding) -> Markup:
    """The flagged lines with their numbers."""
    first = finding.primary.line
    rows = visible.block(textwrap.dedent(finding.snippet)).split("\n")
    numbered = (
        Markup('<span class="row"><span class="n">{}</span>{}</span>').format(first + n if first else "", row)
        for n, row in enumerate(rows)
    )
    return Markup('<pre class="snippet"><code>{}</code></pre>').format(Markup("").join(numbered))


def place(at: Location) -> Markup:
    """`path:line`, which may be broken after a slash."""
    return escape(visible.line(tables.place(at))).replace("/", Markup("/<wbr>"))


def diff(text: str) -> Markup:
    """A diff, added and removed lines apart."""
    rows = visible.block(text.rstrip("\n"), visible.DIFF_LINES).split("\n")
    return Markup('<pre class="diff"><code>{}</code></pre>').format(Markup("\n").join(map(_diff_row, rows)))


def _diff_row(row: str) -> Markup:
    kind = {"+": "add", "-": "del", "@": "at"}.get(row[:1], "")
    if row.startswith(("+++", "---", "diff ", "index ")):
        kind = "head"
    return Markup('<span class="{}">{}</span>').format(kind, row) if kind else escape(row)


def _shown(value: Any) -> Any:
    """What a template prints: text from anywhere becomes one bounded, visible line."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return "" if value is None else value
    return visible.line(value, 1200)
