"""report.html, report.md and the terminal: what they say, in both languages, whoever wrote the audited app."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from tests.report_samples import HOSTILE, RULES, a_complete_report, a_hostile_report, a_report, findings
from vibeaudit.model import Confidence, EgressEntry, Ledgers, Outcome, Status, Text
from vibeaudit.reports import render, visible
from vibeaudit.reports.markdown import cell, code, escape, fence
from vibeaudit.reports.terminal import summary
from vibeaudit.reports.words import Words, typeset
from vibeaudit.wording import catalogue

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]")
VOID = {"meta", "br", "wbr"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


@pytest.mark.parametrize("made", [a_report, a_complete_report, a_hostile_report])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_runs_and_fetches_nothing(made: Any, lang: str) -> None:
    page = Page(render(made(), "html", lang))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "svg", "input", "video"}
    for tag, attributes in page.tags:
        assert not [a for a in attributes if a.startswith("on") or a in {"style", "src", "srcset", "background"}], tag
        if tag == "a":
            assert re.match(r"#[\w.-]+$|https://owasp\.org/", attributes["href"] or "")


def test_the_policy_allows_the_own_style_and_nothing_else() -> None:
    html = render(a_report(), "html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert policy
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize("form", ["html", "md", "terminal"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_hidden_reaches_the_reader(form: str, lang: str) -> None:
    text = render(a_hostile_report(), form, lang)
    assert not HIDDEN.findall(text)
    assert "[U+001B]" in text.replace("\\", "")


def test_hostile_text_is_text_in_the_page() -> None:
    page = Page(render(a_hostile_report(), "html"))
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert max(map(len, page.text.split("\n"))) < 4000


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_hostile_text_is_text_in_markdown(lang: str) -> None:
    """Rendered as GitHub would, with HTML allowed, there is no tag, image or link that we did not write."""
    markdown = render(a_hostile_report(), "md", lang)
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    names = {tag for tag, _ in Page(html).tags}
    allowed = {"h1", "h2", "h3", "h4", "p", "strong", "em", "code", "pre", "ol", "ul", "li"}
    assert names <= allowed | {"table", "thead", "tbody", "tr", "th", "td"}
    headings = [row for row in markdown.split("\n") if row.startswith("# ")]
    assert len(headings) == 1
    for bare in (r"(?<!`)@octocat", r"(?<![`\\])www\.evil", "javascript:alert"):
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown, flags=re.DOTALL)
        assert "https://evil" not in outside
        if bare != "javascript:alert":
            assert not re.search(bare, outside)


def test_every_table_row_has_the_columns_of_its_head() -> None:
    html = MarkdownIt("commonmark").enable("table").render(render(a_hostile_report(), "md"))
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        widths = {len(re.findall(r"<t[hd]\b", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1
    assert "<p>|" not in html


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("# head", r"\# head"),
        ("1. item", r"1\. item"),
        ("0.1.0", "0.1.0"),
        ("x\n\n# y", "x # y"),
        ("@me", "`@`me"),
        ("see #12", "see `#`12"),
        ("https://a.b", r"https\://a.b"),
        ("<b>", r"\<b\>"),
        ("", ""),
    ],
)
def test_markdown_is_escaped_where_it_would_mean_something(text: str, safe: str) -> None:
    assert escape(text) == safe


@pytest.mark.parametrize("text", ["`", "``", "a`b", "``` ```", "`a`", "|", "\n", " "])
def test_no_text_leaves_its_code(text: str) -> None:
    html = MarkdownIt("commonmark").render(f"x {code(text)} *y*")
    assert html.count("<em>y</em>") == 1
    fenced = MarkdownIt("commonmark").render(f"{fence(text * 3)}\n\n*y*")
    assert fenced.count("<em>y</em>") == 1
    assert fenced.count("<pre>") == 1


def test_any_mixture_of_marks_stays_the_text_that_it_was() -> None:
    """What Markdown makes of escaped text, its tags taken off, is the text; also in code and in a table."""
    marks = [*"`*_[]()<>!|~$&#@:/\\.-+= \n1a\"'^{}", "https://", "www.", "<b>", "](x)", "```", "&amp;", "<!--", "1."]
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    chance = random.Random(7)
    for _ in range(3000):
        text = "".join(chance.choices(marks, k=chance.randint(1, 12)))
        html = reader.render(f"x {escape(text)}")
        assert unescape(re.sub("</?(p|code)>", "", html)).strip() == f"x {visible.line(text)}".strip()
        table = reader.render(f"| h | i |\n|---|---|\n| {cell(text)} | {code(text)} *y* |\n\nend")
        assert (table.count("<td>"), table.count("<em>y</em>"), table.count("<p>end</p>")) == (2, 1, 1)
        assert not re.search(r"<(a|b|img|!--)", table)


@pytest.mark.parametrize("form", ["html", "md"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_it_opens_with_what_was_not_assessed_and_then_the_verdict(form: str, lang: str) -> None:
    text, words = unescape(render(a_report(), form, lang)), Words(lang)
    body = text.partition("</nav>")[2] or text
    at = [body.index(words(f"{s}.title")) for s in ("assessed", "verdict", "first", "finding", "api", "data", "agents")]
    assert at == sorted(at)
    assert body.index("no advisory database was imported") < body.index(words("verdict.blocked"))


@pytest.mark.parametrize("form", ["html", "md", "terminal"])
@pytest.mark.parametrize("status", [Status.FAILED, Status.PARTIAL, Status.SKIPPED])
def test_it_never_clears_an_app_that_was_not_wholly_assessed(form: str, status: Status) -> None:
    outcomes = (*a_complete_report().outcomes, Outcome("agents", status, reason="it stopped early"))
    text = render(a_complete_report(outcomes=outcomes), form)
    words = Words("en")
    assert words("verdict.unanswered") in text
    assert words("verdict.no-blocker") not in text
    assert "it stopped early" in text


def test_it_says_so_when_nothing_ran_at_all() -> None:
    text = render(a_complete_report(outcomes=()), "md")
    assert Words("en")("assessed.none") in text
    assert Words("en")("verdict.no-blocker") not in text


def test_unassessed_libraries_are_never_called_free_of_holes() -> None:
    assert Words("en")("packages.not_assessed") in render(a_report(), "md")
    whole = render(a_complete_report(), "md")
    assert Words("en")("packages.clean_run") in whole


def test_what_to_do_first_holds_five_things_worst_and_surest_first() -> None:
    part = render(a_report(), "md").partition("## What to do first")[2].partition("## ")[0]
    rows = re.findall(r"^(\d)\. \*\*(.*?)\*\*", part, re.MULTILINE)
    assert [n for n, _ in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0][1] == "Anyone can read the whole database through `GET /api/notes?q=`"
    unsure = replace(findings()[0], confidence=Confidence.LOW)
    part = render(a_report(findings=(unsure, *findings()[1:])), "md").partition("## What to do first")[2]
    assert "1. **The payment key" in part


def test_findings_of_one_rule_are_told_once_with_each_place() -> None:
    text = render(a_report(), "md")
    assert text.count("**What could happen:** No one has to be logged in") == 1
    for place in ("src/routes/share.js:12", "src/routes/files.js:48", "src/routes/import.js:9"):
        assert f"`{place}`" in text


def test_a_thousand_findings_make_a_bounded_page_that_counts_the_rest() -> None:
    many = tuple(replace(findings()[2], occurrence=n) for n in range(1000))
    html = render(a_report(findings=many, patches=()), "html")
    assert len(html) < 200_000
    assert "… and 960 more" in html
    assert "… and 990 more findings" in render(a_report(findings=many), "terminal")


def test_unproven_patches_are_called_proposals() -> None:
    text = render(a_report(), "md")
    assert "**proven patch**: ✓ the code still parses; ✓ the hole is gone" in text
    assert "**a proposal, not proven**" in text
    assert "**patch held back**: ✕ Held back: another patch changes the same line" in text


def test_suppressed_findings_are_listed_with_their_reason() -> None:
    for form in ("md", "html"):
        text = render(a_report(), form)
        assert "only used on the intranet" in text
        assert "1 finding was set aside" in text


def test_it_says_what_left_the_machine() -> None:
    assert "These connections were made, and no others." in render(a_report(), "md")
    assert "Nothing left this machine." in render(a_complete_report(), "md")
    unsure = a_complete_report(ledgers=replace(a_complete_report().ledgers, sandboxed=False))
    text = render(unsure, "md")
    assert "Nothing left this machine." not in text
    assert "could not be cut off from the network" in text


def test_it_says_that_code_was_sent_to_a_model_elsewhere() -> None:
    def told(host: str) -> str:
        entry = EgressEntry(host, "reviewer qwen3", True)
        return render(a_complete_report(ledgers=Ledgers((entry,), sandboxed=True)), "md")

    assert "Excerpts of the code were sent to the AI model at models.example" in told("models.example")
    assert "Excerpts of the code" not in told("127.0.0.1")
    assert "Nothing left this machine." in told("127.0.0.1")


def test_a_note_can_be_a_key_of_the_facts() -> None:
    noted = replace(findings()[0], notes=("@ignore-without-reason",))
    assert "sans donner de raison" in render(a_report(findings=(noted,)), "md", "fr")


def test_french_is_french() -> None:
    html = render(a_report(), "html", "fr")
    assert '<html lang="fr">' in html
    page = Page(html).text
    assert "L’application notes peut-elle être mise en ligne\u202f?" in page
    assert "N’importe qui peut appeler POST /api/share" in re.sub(r"\s+", " ", page)
    ours = [p for p in page.split("\n") if "/" not in p and "`" not in p]
    assert not [row for row in ours if re.search(r"[^\W\d] [;!?]", row)]
    for english in ("What to do", "Not yet", "Confidence", "The patches", "changes stored data"):
        assert english not in page


def test_both_languages_say_the_same_things() -> None:
    en, fr = catalogue("en"), catalogue("fr")
    assert set(en) == set(fr)
    for section in set(en) - {"reasons", "data_types"}:
        assert set(en[section]) == set(fr[section]), section
        for key, sentence in en[section].items():
            gaps = re.compile(r"\{\w+\}")
            assert set(gaps.findall(str(sentence))) == set(gaps.findall(str(fr[section][key]))), (section, key)
            assert sentence
            assert fr[section][key]


def test_reasons_that_we_know_are_told_in_french() -> None:
    words = Words("fr")
    assert words.reason("larger than 5 MB") == "plus de 5 Mo"
    assert words.reason("not asked for") == "non demandé"
    assert words.reason("what nobody foresaw {x}") == "what nobody foresaw {x}"
    assert Words("en").reason("larger than 5 MB") == "larger than 5 MB"


def test_french_typography() -> None:
    assert typeset("Quoi ? Oui : « a » ; l'eau !", "fr") == "Quoi\u202f? Oui\u00a0: «\u00a0a\u00a0»\u202f; l’eau\u202f!"
    assert typeset("Quoi ? l'eau", "en") == "Quoi ? l'eau"


def test_the_page_can_be_read_by_a_machine_that_reads_aloud() -> None:
    page = Page(render(a_report(), "html"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(a["href"] or "")[1:] for tag, a in page.tags if tag == "a" and (a["href"] or "").startswith("#")}
    assert targets <= set(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_can_be_told_apart_by_weak_eyes(scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text on paper, and for the paper's colour on a severity's chip."""
    html = render(a_report(), "html")
    blocks = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", blocks[0 if scheme == "light" else 1]))
    for name in ("ink", "soft", "link", "critical", "high", "medium", "low", "info", "good", "warn"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    for name in ("ink", "soft"):
        for tint in ("page", "tint", "code", "warn-tint", "bad-tint", "good-tint"):
            assert contrast(colours[name], colours[tint]) >= 4.5, (name, tint)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_rule_text_from_a_stranger_is_text_too() -> None:
    theirs = replace(RULES["request-data-in-sql"], title=Text(HOSTILE, HOSTILE), risk=Text(HOSTILE, HOSTILE))
    theirs = replace(theirs, references=("javascript:alert(1)", "https://a.b/'onclick=x", "http://owasp.org/"))
    report = a_report(rules={**RULES, theirs.id: theirs})
    page = Page(render(report, "html"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert all((a["href"] or "").startswith(("#", "https://owasp.org/")) for tag, a in page.tags if tag == "a")


def on_screen(report: Any, **options: Any) -> str:
    page = io.StringIO()
    summary(report, "en", Console(file=page, width=80, **options))
    return page.getvalue()


def test_the_terminal_has_no_codes_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in on_screen(a_report())
    assert "\x1b[" in on_screen(a_report(), force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", on_screen(a_report(), force_terminal=True))


def test_hostile_text_does_not_steer_a_terminal() -> None:
    text = on_screen(a_hostile_report(), force_terminal=True, color_system="standard")
    assert not re.search(r"\x1b(?!\[[0-9;]*m)|\x07|\x9b|\u202e", text)
    assert "\x1b[31mred" not in text


def test_the_terminal_shows_brackets_as_they_are() -> None:
    odd = replace(findings()[2], facts=(("route", "GET /[bold]x[/bold]"),))
    assert "GET /[bold]x[/bold]" in on_screen(a_report(findings=(odd,)))


def test_the_terminal_says_the_essentials() -> None:
    text = render(a_report(), "terminal")
    for said in ("6 of 9 checks", "Known holes in libraries: not done", "Not yet.", "Critical 2", "src/db.js:41"):
        assert said in text
    assert "1 proven patch, 1 proposal" in text
    assert len(text.split("\n")) < 45


@pytest.mark.parametrize("text", ["a\tb", "é", "日本語", "👩‍💻", "naïve – “quoted”"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible.block(text) == text


def test_long_text_is_cut() -> None:
    assert len(visible.line("x" * 10_000)) == visible.LINE
    assert visible.block("a\n" * 500).count("\n") == visible.BLOCK_LINES


def test_the_entry_points_import_nothing_heavy() -> None:
    program = (
        "import sys, vibeaudit.reports as r; print([m for m in ('jinja2','rich','markupsafe') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
