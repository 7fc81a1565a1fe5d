"""Which template language a file is in, and its reading."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from vibeaudit.pages import braces, indents, mustaches, percents
from vibeaudit.pages.page import Page
from vibeaudit.pages.places import places
from vibeaudit.source import SourceFile

MAX_BYTES = 400_000
_BY_SUFFIX = {
    ".ejs": "ejs", ".eta": "eta", ".hbs": "handlebars", ".handlebars": "handlebars", ".mustache": "mustache",
    ".pug": "pug", ".jade": "pug", ".mako": "mako",
    ".njk": "jinja", ".nunjucks": "jinja", ".jinja": "jinja", ".jinja2": "jinja", ".j2": "jinja",
    ".twig": "jinja", ".swig": "jinja", ".liquid": "jinja", ".dust": "dust",
}  # fmt: skip
_BY_CONTENT = (("jinja", re.compile(rb"\{%|\{\{[^{}]*\|\s*(?:safe|raw|e|escape)\b")), ("ejs", re.compile(rb"<%[=\-]")))
SUFFIXES = (*_BY_SUFFIX, ".html", ".htm", ".tpl", ".xhtml", ".svg")
_TEST_PAGE = re.compile(r"(^|/)(node_modules|tests?|__tests__|fixtures|vendor|docs?)/")


@dataclass(frozen=True, slots=True)
class Engines:
    """What the app renders pages with. `unescaped`: the languages whose values are not escaped by themselves;
    `escaped_endings`: where Flask looks at a template's name to tell."""

    plain_html: str = "jinja"  # what an .html file with `{{ }}` and nothing else is taken for; empty: no template
    unescaped: frozenset[str] = frozenset()
    escaped_endings: tuple[str, ...] = ()


def dialect_of(file: SourceFile, engines: Engines) -> str:
    """The template language of a file; empty when it is none."""
    suffix = file.path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix not in SUFFIXES or _TEST_PAGE.search(str(file.path)):
        return ""
    for name, sign in _BY_CONTENT:
        if file.holds(sign):
            return name
    if b"{{{" in file.data:
        return "handlebars"
    return engines.plain_html if b"{{" in file.data else ""


def read(file: SourceFile, engines: Engines) -> Page | None:
    """A template, read; None for other files. Text is taken byte by byte, so that offsets are those of the file."""
    if len(file.data) > MAX_BYTES:
        return None
    dialect = dialect_of(file, engines)
    text = file.data.decode("latin-1")
    escaping = dialect not in engines.unescaped
    if dialect == "jinja" and engines.escaped_endings and not file.path.name.lower().endswith(engines.escaped_endings):
        escaping = False
    if not dialect or dialect == "mako":
        return None
    if dialect == "pug":
        outputs, needs = indents.read(text)
        return Page(file, dialect, outputs, needs, str(file.path))
    if dialect == "jinja":
        holes, outputs, needs = braces.read(text, escaping)
    elif dialect in ("ejs", "eta"):
        holes, outputs, needs = percents.read(text, "~" if dialect == "eta" else "-=" if not escaping else "-")
    elif dialect == "dust":
        holes, outputs, needs = mustaches.read_dust(text)
    else:
        holes, outputs, needs = mustaches.read(text, escaping)
    where = places(text, holes)
    placed = tuple(replace(o, place=where[o.start][0], element=where[o.start][1]) for o in outputs if o.start in where)
    return Page(file, dialect, placed, needs, str(file.path))
