"""What rules may ask of routes in apps that know more than one kind of user."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_facts import Subject, accesses_of
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.owned_tables import is_owned, is_people
from vibeaudit.survey.ownership import without_presence
from vibeaudit.survey.words import words

_ROLES = re.compile(
    rb"\b(?:user_?)?role['\"]?\]?\)?\s*[!=]==?\s*['\"](?:\w*admin\w*|staff|manager|super_?user|owner|moderator|employee)['\"]"
    rb"|\b(?:is_?admin|isAdmin|is_staff|is_superuser)\b",
    re.IGNORECASE,
)
_WRITES = frozenset(("insert", "update", "delete"))
# what everybody may add to, whatever their role
_EVERYBODYS = frozenset(
    "comment comments review reviews feedback like likes vote votes contact subscribe cart basket order orders booking"
    " bookings profile account settings preferences me message messages chat upload search checkout payment follow"
    " favorite favourites favorites bookmark bookmarks tag tags log track event events post posts register login signup"
    " logout quiz".split()
)
_OWN = frozenset(("auth", "me", "profile", "account"))
_PERSONS = re.compile(
    r"\b(?:req|request|ctx|context|c|event|locals|info\.context)\??\.(?:\w+\??\.)?(?:user|auth|session|account)\w*"
    r"|\bcurrent_?[uU]ser\b|\bsession\b|\bg\.\w+|\buser_?[iI]d\b|\buser\.\w+|\bgetUser\w*\(|\bme\b|\bowner\w*|\bauthor\w*"
)


@predicate("route", "changes rows that are nobody's own")
def _(s: Subject) -> bool:
    """Writes to tables that everybody shares, and leaves no trace of who did so."""
    if words(s.route.path.rsplit("/", 1)[-1]) & _EVERYBODYS or words(s.route.path) & _OWN:
        return False
    reached = accesses_of(s)
    written = [a for a in reached if a.verb in _WRITES]
    return (
        bool(written)
        and not any(a.bound == "caller" for a in reached)
        and not any((is_owned(s.app, a.table) and not is_people(a.table)) or not a.table for a in written)
        and not _PERSONS.search(without_presence(s.text))
    )


@predicate("route", "in an app with roles")
def _(s: Subject) -> bool:
    return s.once("roles", lambda: any(r.has("authorization") for r in s.app.routes) or _spoken_of(s))


def _spoken_of(s: Subject) -> bool:
    return any(f.holds(_ROLES) for f in s.snapshot.of("python", "javascript", "typescript", "tsx", "html"))
