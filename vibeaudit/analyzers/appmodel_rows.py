"""The rows that a route's handler reads and writes, and those of them that are worth a finding."""

from __future__ import annotations

import re
from collections import defaultdict

from vibeaudit.analyzers.appmodel_fields import names_nothing_personal, shows_a_trade
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.model import (
    Access,
    AppModel,
    Location,
    Route,
)
from vibeaudit.survey.codes import asks_for_code
from vibeaudit.survey.owned_tables import (
    has_accounts,
    has_seller,
    is_content,
    is_owned,
    is_people,
    is_published,
    names_owner,
    tables_named,
)

_NEAR = 10  # lines
_VERBS = {
    "GET": ("read",),
    "POST": ("insert",),
    "PUT": ("update",),
    "PATCH": ("update",),
    "DELETE": ("delete",),
}
_CHANGING = frozenset(("writes-store", "writes-file", "sends-mail", "takes-payment"))


def accesses_of(subject: Subject) -> list[Access]:
    """The reads and writes of a route's handler, and of what it calls."""
    body = subject.route.body
    if body is None:
        return []
    by_file, by_body = subject.once("accesses", lambda: _indexed(subject.app))
    inside = {n for n, a in by_file[str(body.path)] if body.line <= a.location.line <= body.end_line}
    found = [subject.app.accesses[n] for n in sorted(inside | by_body[body])]
    done = {verb for method in subject.route.methods for verb in _VERBS.get(method, ())}
    if body.line != subject.route.location.line:  # a method of the class, that changes a row in its own words
        done |= {"update"} if "insert" in done else set()
    # what the class that a route belongs to does for others of its methods stands at the class, too
    return [a for a in found if a.location != subject.route.location or not done or a.verb in done]


def _indexed(app: AppModel) -> tuple[dict[str, list[tuple[int, Access]]], dict[Location | None, set[int]]]:
    """The numbers of the accesses by their file, and by the handler that reaches them."""
    by_file: dict[str, list[tuple[int, Access]]] = defaultdict(list)
    by_body: dict[Location | None, set[int]] = defaultdict(set)
    for number, access in enumerate(app.accesses):
        by_file[str(access.location.path)].append((number, access))
        by_body[access.body].add(number)
    return by_file, by_body


def unbound(subject: Subject) -> list[Access]:
    """The rows that a handler takes by an id of the caller, from tables whose rows belong to somebody."""
    app = subject.app
    return [
        a
        for a in accesses_of(subject)
        if a.bound == "id"
        and (a.names_owner or is_owned(app, a.table) or (a.verb != "read" and has_seller(app, a.table)))
        and not (a.verb == "read" and is_content(a.table))
        and not (a.names_owner and a.verb == "update" and _puts_in(subject, a))
    ]


def _puts_in(subject: Subject, access: Access) -> bool:
    """An upsert by the owner's id: it makes rows for whom the caller names, which is another hole."""
    file = subject.snapshot.file(access.location.path)
    at = file.text.split("\n")[access.location.line - 1 : access.location.end_line] if file is not None else []
    return any(re.search(r"\bupsert\b", line) for line in at[:3])


def told_rows(subject: Subject) -> list[Access]:
    """The rows that are worth a finding: all of them, but for a route that is said to be open to everybody, where only
    those tell something new that stand far below it in its file, or that the app elsewhere gives to nobody but their
    owner: asking who is there will not be enough for these."""
    rows, route = unbound(subject), subject.route
    if route.has("unread-role"):  # a role was meant to be asked for: that it is not, is the finding
        return []
    if route.has("authentication"):
        return rows
    rows = [a for a in rows if a.verb != "read" or not (shows_a_trade(subject) or names_nothing_personal(subject, a))]
    if not _said_open(subject):
        return [a for a in rows if not (_only_reads(route) and a.verb == "read" and not _told_of_people(subject, a))]
    at, body = route.location, route.body
    start = body.line if body is not None and body.path == at.path else at.line  # a class view's is at the class
    return [
        a
        for a in rows
        if a.location.path == at.path
        and (
            a.location.line - max(start, at.line) > _NEAR
            or (a.verb in ("update", "delete") and a.table in _asked_for_by_owner(subject))
        )
    ]


def _asked_for_by_owner(subject: Subject) -> frozenset[str]:
    """The tables of which some handler takes only the caller's own rows."""
    asked = (a.table for a in subject.app.accesses if a.bound == "caller" and a.verb != "insert")
    return subject.once("asked for by owner", lambda: frozenset(asked))


def _said_open(subject: Subject) -> bool:
    route = subject.route
    if not _only_reads(route):
        return bool(route.effects & _CHANGING)
    return bool(route.personal_data - {"password"}) or bool(shown_to_strangers(subject))


def _only_reads(route: Route) -> bool:
    """By its methods; where the framework asks for none, by what it does."""
    asked = set(route.methods) <= {"GET", "HEAD", "PAGE", "QUERY"}
    return asked or (route.methods == ("ANY",) and not route.effects & _CHANGING)


def _told_of_people(subject: Subject, access: Access) -> bool:
    """Whether what a stranger is shown by its id says something of somebody; the rest is there to be looked at."""
    return access.names_owner or is_people(access.table) or has_accounts(subject.app, access.table)


def shown_to_strangers(subject: Subject) -> list[Access]:
    """The reads of rows that belong to somebody, of a handler that lets anybody in: all rows, or any by its id."""
    app = subject.app
    text = subject.text
    if subject.route.has("authentication") or _KNOWS_CALLER.search(text) or _SHARED.search(text) or asks_for_code(text):
        return []
    return [
        a
        for a in accesses_of(subject)
        if a.verb == "read"
        and (a.all_rows or a.bound != "none")  # nobody is known, so that no owner that a query names is the caller
        and is_somebodys(app, a.table)
        and not is_content(a.table)
        and not names_nothing_personal(subject, a)
    ]


def is_somebodys(app: AppModel, table: str) -> bool:
    """Whether the rows themselves say whose they are: what a shop sells hangs on the shop, and is for all to see, like
    what its owner puts up for others."""
    known = [t for t in tables_named(app, table) if t.columns]
    if is_published(app, table):
        return False
    if not known or is_people(table):
        return is_owned(app, table)
    return any(t.owners or any(names_owner(c) for c in t.columns) for t in known)


# what is called for a share, or for what is public, gives what its owner has opened to all who know the address
_SHARED = re.compile(
    r"\b(?:\w{0,60}(?:Public|Share)(?:[A-Z]\w{0,60})?|\w{0,60}(?:public|share)_\w{0,60}|\w{0,60}_shared?)\("
)

_KNOWS_CALLER = re.compile(
    r"\bsession\b|current_?user|\bcookies?\b|authorization|\btoken|\bget_?(?:server_?)?(?:user|session)\w*\(|\bauth\w*\("
    r"|\b(?:req|request|ctx|c|g|event\.locals|locals)\??\.(?:state\.)?(?:user|auth)\b|\bpassw",
    re.IGNORECASE,
)
