"""What rules may ask of routes in apps that know more than one kind of user."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_rows import accesses_of
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Access, Route
from vibeaudit.survey.guards.trades import ROLE_OF_MANY
from vibeaudit.survey.owned_tables import is_owned, is_people, tables_named
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
# rows that whoever uses the app adds: files, tries at a test, things asked for
_ADDED_BY_ALL = frozenset(
    "asset file upload attachment image picture photo media document submission answer response attempt score result"
    " ticket report request application enquiry inquiry message comment review rating vote like log event visit click"
    " feedback notification token session".split()
)
_OWN = frozenset(("auth", "me", "profile", "account"))
_PERSONS = re.compile(
    r"\b(?:req|request|ctx|context|c|event|locals|info\.context)\??\.(?:\w+\??\.)?(?:user|auth|session|account)\w*"
    r"|\bcurrent_?[uU]ser\b|\bsession\b|\bg\.\w+|\buser_?[iI]d\b|\buser\.\w+|\bgetUser\w*\(|\bme\b|\b(?:owner|author)\w*(?!\.\w+\(|\w)"
)


_ACTS = frozenset(
    "delete remove update edit approve reject cancel close add create toggle set reset activate deactivate".split()
)


def sets_people(s: Subject) -> bool:
    """By an id in a form, not in the address: a page of the staff's, not somebody's own record."""
    named = any(a.bound == "id" and a.verb in ("update", "delete") and is_people(a.table) for a in accesses_of(s))
    return named and not any(p.source in ("path", "query") for p in s.route.parameters) and _is_open(s)


def _is_open(s: Subject) -> bool:
    return not words(s.route.path) & (_OWN | {"password", "reset", "settings", "user", "users", "account"})


@predicate("route", "changes rows that are nobody's own")
def _(s: Subject) -> bool:
    """Writes to tables that everybody shares, and leaves no trace of who did so."""
    reached = accesses_of(s)
    written = [a for a in reached if a.verb in _WRITES]
    everybodys = _EVERYBODYS - (set() if all(a.verb == "insert" for a in written) else {"track"})
    if words(s.route.path.rsplit("/", 1)[-1]) & everybodys or words(s.route.path) & _OWN:
        return False
    if s.route.framework == "nest" and s.route.methods == ("GET",) and not words(s.route.path) & _ACTS:
        return False  # what a GET writes there is a copy that it keeps, or a count
    if sets_people(s):
        return True
    if all(a.verb == "insert" and _kind(a.table) in _ADDED_BY_ALL for a in written):
        return False
    return (
        bool(written)
        and not any(a.bound == "caller" for a in reached)
        and not any((_somebodys(s, a) and not is_people(a.table)) or not a.table for a in written)
        and not _PERSONS.search(_HANDED_ON.sub(" ", without_presence(_without_writers(s, written))))
    )


def _without_writers(s: Subject, written: list[Access]) -> str:
    """The handler's text, but for the author of a book, who is a name in a column and uses no app."""
    known = [t for a in written for t in tables_named(s.app, a.table)]
    if any("author" in t.columns and not t.owners for t in known):
        return re.sub(r"\bauthor\b", " ", s.text)
    return s.text


_FILLED_IN = re.compile(r"\b\w*form\w*\.save\(\s*\)", re.IGNORECASE)


def _somebodys(s: Subject, access: Access) -> bool:
    """Whether the row has an owner; one that a form of Django fills in whole has whomever the caller chooses there."""
    if not is_owned(s.app, access.table):
        return False
    file = s.snapshot.file(access.location.path) if access.verb == "insert" and access.bound == "none" else None
    line = file.text.split("\n")[access.location.line - 1] if file is not None else ""
    return _FILLED_IN.search(line) is None


# `current_user: User = Depends(current)`, `current_user=current_user`: who it is gets asked for, and handed on; whether
# a row is bound to them shows where it is looked up
_HANDED_ON = re.compile(
    r"\bcurrent_?user\s*(?::\s*[\w.\[\], |]{1,80})?\s*=\s*(?:Depends|Security)\([^()]{0,80}\)"
    r"|\bcurrent_?user\s*=\s*current_?user\b"
    r"|\bcurrent_?user\s*:\s*Annotated\[[^\[\]]{0,160}\]"
)


def _kind(table: str) -> str:
    """What the rows are, by the last word of the table: `sp_LogAnimalSurvey` writes surveys."""
    said = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", re.sub(r"(?<=\w)(?:Serializer|Form)$", "", table))
    return said[-1].lower().removesuffix("s") if said else ""


@predicate("route", "for few")
def _(s: Subject) -> bool:
    """A role or right is asked for that nobody has who merely registered."""
    return s.route.has("authorization") and not s.route.has(ROLE_OF_MANY)


@predicate("route", "in an app with roles")
def knows_roles(s: Subject) -> bool:
    return s.once("roles", lambda: any(r.has("authorization") for r in s.app.routes) or _kept(s) or _spoken_of(s))


@predicate("route", "in an app with roles, or whose rows anybody changes who joins")
def _(s: Subject) -> bool:
    """Where all may join, whoever is signed in is anybody: what exists already is not theirs to change or remove."""
    if knows_roles(s):
        return True
    return any(a.verb in ("update", "delete") for a in accesses_of(s)) and _may_join(s)


@predicate("route", "in an app with roles, or that anybody may join")
def _(s: Subject) -> bool:
    return knows_roles(s) or _may_join(s)


def _may_join(s: Subject) -> bool:
    return s.once("open accounts", lambda: any(_opens_accounts(s, r) for r in s.app.routes))


def _opens_accounts(s: Subject, route: Route) -> bool:
    """A route of strangers that writes a new account."""
    if route.has("authentication") or route.has("authorization") or set(route.methods) <= {"GET", "HEAD"}:
        return False
    subject = Subject("route", route, s.app, s.snapshot, s.shared)
    return any(a.verb == "insert" and is_people(a.table) for a in accesses_of(subject))


@predicate("route", "in everybody's own area")
def _(s: Subject) -> bool:
    """`/admin/profile` of an app that knows no roles: pages by that name that give their visitors their own rows."""
    if knows_roles(s):
        return False
    first = s.route.path.strip("/").partition("/")[0]
    owners = s.once("areas of everybody", lambda: _own_areas(s))
    return bool(first) and first in owners


def _own_areas(s: Subject) -> frozenset[str]:
    bodies = {a.body for a in s.app.accesses if a.bound == "caller"} - {None}
    spots = [(str(a.location.path), a.location.line) for a in s.app.accesses if a.bound == "caller"]
    return frozenset(
        r.path.strip("/").partition("/")[0]
        for r in s.app.routes
        if r.body is not None
        and (
            r.body in bodies
            or any(str(r.body.path) == path and r.body.line <= line <= r.body.end_line for path, line in spots)
        )
    )


_ROLE_COLUMN = re.compile(
    r"(?i)(?:user_?)?(?:role|type)|roles|role_?id|is_?(?:admin|staff|superuser|moderator)|account_?type"
)


def _kept(s: Subject) -> bool:
    """A column of the people says who is more than a user."""
    return any(is_people(t.name) and any(_ROLE_COLUMN.fullmatch(c) for c in t.columns) for t in s.app.tables)


def _spoken_of(s: Subject) -> bool:
    return any(f.holds(_ROLES) for f in s.snapshot.of("python", "javascript", "typescript", "tsx", "html"))
