"""Where a finding about the app points."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import cast

from vibeaudit.analyzers.appmodel_fields import personal_field
from vibeaudit.analyzers.appmodel_rows import accesses_of, told_rows
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.model import (
    Access,
    AppModel,
    Location,
    Server,
    Service,
    Table,
)
from vibeaudit.survey.admin_gate import admin_gate
from vibeaudit.survey.payment_notices import counted_again, paid_by_word, paid_whatever_sum
from vibeaudit.survey.whole_rows import whole_rows

_ANY_ORIGIN = re.compile(r"""['"]Access-Control-Allow-Origin['"]\s*[:,]\s*['"]\*['"]""", re.IGNORECASE)
_SAMPLE = re.compile(
    r"\.env\b(?:.{0,200}[._-])(example|sample|template|dist)\b|(example|sample|template)\.env$", re.IGNORECASE
)
_WITHIN = {
    "dynamic statement": re.compile(r"^\s*(return query )?execute\b", re.IGNORECASE),
    "right from metadata": re.compile(r"raw_user_meta_data\s*->", re.IGNORECASE),
    "token column": re.compile(r"^\s*[\"`]?(?:\w+_)?token[\"`]?\s+(?:text|varchar|character|char|uuid)", re.IGNORECASE),
    "random number": re.compile(r"\brandom\s*\(\s*\)", re.IGNORECASE),
    "whole row": re.compile(r"\b(?:to_jsonb|row_to_json|to_json|hstore)\s*\(\s*(?:new|old)\s*\)", re.IGNORECASE),
    "lock": re.compile(
        r"\b(?:locked(?:_until|_at)?|lockout_until|is_locked|account_locked)\s*=\s*(?:now|true|curr)", re.IGNORECASE
    ),
    "security definer": re.compile(r"\bsecurity\s+definer\b", re.IGNORECASE),
}


def spot(subject: Subject, flag: str) -> Location:
    """Where the finding points."""
    thing = subject.thing
    if flag in _IN_HANDLER and (inside := _IN_HANDLER[flag](subject)):
        return inside
    if flag == "headers" and isinstance(thing, Server):
        return thing.headers or thing.location
    if flag == "sessions" and isinstance(thing, Server):
        return (
            thing.location
            if thing.framework == "flask" and not _in_settings(subject, thing)
            else thing.sessions or thing.location
        )
    if flag in _WITHIN:
        return _line_within(subject, _WITHIN[flag])
    if flag == "row level security" and isinstance(thing, Table):
        return thing.rls_location or thing.location
    if isinstance(thing, Service):
        return next((at for at in thing.evidence if not is_sample(at)), thing.evidence[0])
    if isinstance(thing, AppModel):
        gate = admin_gate(subject.snapshot, thing) if flag == "admin gate" else None
        return gate or Location(PurePosixPath("."))
    return cast(Location, thing.location)  # type: ignore[attr-defined]


def _in_settings(subject: Subject, server: Server) -> bool:
    """Whether an app of Flask keeps its settings in a class of a module of their own."""
    at = server.sessions
    if at is None or at.path == server.location.path:
        return False
    file = subject.snapshot.file(at.path)
    return (
        file is not None
        and re.search(r"^class \w+", file.text, re.MULTILINE) is not None
        and file.line(at.line)[:1].isspace()
    )


# a whole object as the new values: that it is, is a finding of its own
_WHOLE = re.compile(r"(?:\$set:|\bdata:|,)\s*(?:\.\.\.)?[A-Za-z_]\w*(?:\.body)?\s*[,})]")


def _as_sure(subject: Subject, read: Access, write: Access) -> bool:
    """Whether a write comes as surely as the read before it: it stands no deeper, in no branch of its own."""
    file = subject.snapshot.file(write.location.path)
    if file is None or read.location.path != write.location.path:
        return True
    lines = [file.line(a.location.line) for a in (read, write)]
    before, after = (len(line) - len(line.lstrip()) for line in lines)
    return after <= before


def _writes_whole(subject: Subject, row: Access) -> bool:
    file = subject.snapshot.file(row.location.path)
    lines = range(row.location.line, row.location.end_line + 1) if file is not None else ()
    return file is not None and _WHOLE.search("\n".join(file.line(n) for n in lines)) is not None


def _row(subject: Subject) -> Location | None:
    """The row that is taken; where a script reads it first and then writes some of it by the same id, the write."""
    rows = told_rows(subject)
    first = rows[0] if rows else None
    if first is not None and first.verb == "read" and first.location.path.suffix != ".py":
        written = (r for r in rows if r.verb in ("update", "delete") and r.table == first.table)
        first = next((r for r in written if _as_sure(subject, first, r) and not _writes_whole(subject, r)), first)
    at = first.location if first else None
    return replace(at, end_line=at.line, end_column=at.column) if at else None


def _everybodys_deals(subject: Subject) -> Location | None:
    """The query, when a service of the app's makes it; else the route."""
    from vibeaudit.analyzers.predicates.people import everybodys_deals

    found = everybodys_deals(subject)
    at = found[0].location if found and found[0].location.path != subject.route.location.path else None
    return replace(at, end_line=at.line, end_column=at.column) if at else None


def _given_right(subject: Subject) -> Location | None:
    from vibeaudit.analyzers.predicates.promotions import given_right

    return given_right(subject)


def _unpublished(subject: Subject) -> Location | None:
    from vibeaudit.analyzers.predicates.drafts import unpublished

    rows = unpublished(subject)
    return replace(at := rows[0].location, end_line=at.line, end_column=at.column) if rows else None


def _whole(subject: Subject) -> Location | None:
    whole = whole_rows(subject.snapshot, subject.app, subject.route, subject.text)
    return whole[0][2] if whole else None


def _model_call(subject: Subject) -> Location | None:
    """The first model call inside the handler; None when a helper makes it."""
    body = subject.route.body
    if body is None:
        return None
    inside = (
        c.location
        for c in subject.app.model_calls
        if c.location.path == body.path and body.line <= c.location.line <= body.end_line
    )
    first = next(iter(sorted(inside)), None)
    return replace(first, end_line=first.line, end_column=first.column) if first else None


def any_origin(subject: Subject) -> Location | None:
    """The first line of a route's file that lets every site read the answers."""
    file = subject.snapshot.file(subject.route.body.path) if subject.route.body else None
    lines = enumerate(file.lines, 1) if file else ()
    number = next((n for n, line in lines if _ANY_ORIGIN.search(line)), 0)
    return file.whole_line(number) if file and number else None


def _line_within(subject: Subject, pattern: re.Pattern[str]) -> Location:
    """The first matching line of a database function or table; else its first line."""
    at = cast(Location, subject.thing.location)  # type: ignore[attr-defined]
    file = subject.snapshot.file(at.path)
    for number in range(at.line, at.line + 200):
        if file is not None and pattern.search(file.line(number)):
            return file.whole_line(number)
    return at


def is_sample(at: Location) -> bool:
    """Whether a place is in a sample of the environment file: it names what may be used, not what is."""
    return _SAMPLE.search(at.path.name) is not None


_IN_HANDLER: Mapping[str, Callable[[Subject], Location | None]] = {
    "model call": _model_call,
    "row": _row,
    "everybody's deals": _everybodys_deals,
    "unpublished row": _unpublished,
    "personal field": lambda s: personal_field(s, accesses_of(s)),
    "given right": _given_right,
    "whole rows": _whole,
    "paid": lambda s: paid_whatever_sum(s.snapshot, s.route, s.text),
    "said to be paid": lambda s: paid_by_word(s.snapshot, s.route, s.text),
    "added row": lambda s: counted_again(s.snapshot, s.route, s.text),
    "allowed origin": any_origin,
}
