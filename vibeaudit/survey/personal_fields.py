"""Which personal data a body handles, by the names in its text."""

from __future__ import annotations

import re

from vibeaudit.survey.words import personal, words

# what a query is narrowed by is not what it gives
_CONDITION = re.compile(r"\b(?:filter_by|where|eq)\([^()]{0,300}\)|\bWHERE\b[^'\"`]{0,300}")
# the address of whoever runs the app: `"email": settings.CONTACT_EMAIL`, `env.REPORT_EMAIL`
_OF_OPERATOR = re.compile(
    r"(?:['\"]?(?<!\w)\w++['\"]?\s*+[:=]\s*+)?\b(?:settings|env|process\.env|config|current_app\.config|app\.config)"
    r"(?:\.|\[['\"])[A-Z][A-Z0-9_]*"
)
# a page's name, a path, a sentence for people: `render("partials/email")`, `title: "Reset password"`
_SAID = re.compile(
    r"\brender\w*\(\s*(?:(?:self\.)?request,\s*)?(['\"])[^'\"\n]{0,200}\1"
    r"|(['\"])[\w.-]*/[\w./-]*\2|(['\"])[A-Z][a-z]+(?:'[a-z]+)?[ ][^'\"\n]{0,300}\3"
)
# `reset_password_token`, `password_changed`: about a password, and none
_ABOUT = frozenset(("token", "expires", "changed"))
_WORD = re.compile(r"[A-Za-z_][A-Za-z_]{2,40}")


def fields_in(text: str) -> set[str]:
    """The kinds of personal data that the names in a body's text stand for."""
    said = _SAID.sub("", _OF_OPERATOR.sub("", _CONDITION.sub("", text[:60_000])))
    named = (w for w in set(_WORD.findall(said)) if not words(w) & _ABOUT)
    return {kind for w in named if (kind := personal(w))}
