"""What rules may ask of routes that were made to try something out."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.sign_ins import without_comments
from vibeaudit.survey.words import words

_TRIES = frozenset("test tests testing debug sentry playground crash".split())
_FAILS = frozenset("error err crash boom throw exception fail failure sentry 500".split())
_ON_PURPOSE = re.compile(
    r"\bthrow\s+(?:new\s+)?\w*(?:Error|Exception)\(|\braise\s+\w*(?:Exception|Error)\b|\b1\s*/\s*0\b"
)
_DEVELOPERS = re.compile(r"(?i)NODE_ENV|\bdebug\b\s*[:=)]|is_?dev|settings\.DEBUG|app\.debug|__DEV__|development")
# a test that people take, a result that a laboratory gives
_SUBJECTS = frozenset(
    "quiz exam exams question questions course courses lab labs patient patients result results student students"
    " attempt submit score scores driving language typing speed covid".split()
)


@predicate("route", "left from trying something out")
def _(s: Subject) -> bool:
    """By its path and by what it does: it fails on purpose, or acts though everybody may call it by design. What acts
    and should ask who is calling is another hole."""
    route = s.route
    parts = [p for p in route.path.split("/") if p]
    last = words(parts[-1]) if parts else frozenset()
    if not last & (_TRIES | _FAILS) or words(route.path) & _SUBJECTS or route.body is None:
        return False
    if any(g.kind in ("authentication", "authorization", "signature") for g in route.guards):
        return False
    text = without_comments(s.text)
    if _DEVELOPERS.search(text):
        return False
    if _ON_PURPOSE.search(text.split("catch", 1)[0][:600]) and not route.effects:
        return True
    acts = route.effects & {"writes-store", "sends-mail", "calls-model", "runs-command"}
    return bool(last & _TRIES and acts and route.public_reason)
