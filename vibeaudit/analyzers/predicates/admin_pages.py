"""What rules may ask of an app about its pages for administrators."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import holds, predicate
from vibeaudit.survey.admin_gate import admin_gate

# a template, and not the form by which administrators sign in
_SHOWS = re.compile(
    r"\b(?:render_template|TemplateResponse|render|aiohttp_jinja2\.render_template|view)\(\s*(?:request,\s*|name=)?"
    r"['\"](?![^'\"]*(?:log_?-?in|sign_?-?in|\b40\d|error))[^'\"]+['\"]",
    re.IGNORECASE,
)


@predicate("app", "lets every signed-in person into the admin pages")
def _(s: Subject) -> bool:
    return admin_gate(s.snapshot, s.app) is not None


@predicate("route", "does or shows something")
def _(s: Subject) -> bool:
    """Acts, reads rows, or shows a page that is written for those who may."""
    shown = "GET" in s.route.methods and bool(_SHOWS.search(s.text))
    return shown or holds("does something that matters", s)
