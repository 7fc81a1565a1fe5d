"""The fields that a query of Prisma names (`select: { id: true }`), and people who are shown by their trade."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.model import Access, Location
from vibeaudit.survey.words import personal

_SELECT = re.compile(r"\bselect\s*:\s*\{")
_NAMED = re.compile(r"(\w+)\s*:\s*true\b")
_ALONG = re.compile(r"\binclude\s*:")
# who is looked for by strangers: the role that a query asks for says so
_TRADE = re.compile(
    r"(?i)\b(?:role|user_?type|account_?type)\s*[:=]\s*(?:\w+\.)?['\"]?(?:doctor|nurse|therapist|teacher|tutor|instructor|trainer|coach"
    r"|mentor|seller|vendor|artist|author|stylist|barber|guide|provider|professional|expert|consultant|freelancer|chef"
    r"|photographer|lawyer|specialist|practitioner)\b"
)


def named_fields(subject: Subject, access: Access) -> list[tuple[str, int]] | None:
    """(name, line) of the fields that a query asks for by name; None when it takes the row as it is."""
    file = subject.snapshot.file(access.location.path)
    if file is None or not access.location.end_line:
        return None
    at = access.location
    lines = file.text.split("\n")[at.line - 1 : at.end_line]
    if (start := _SELECT.search("\n".join(lines))) is None or _ALONG.search("\n".join(lines)):
        return None
    text = "\n".join(lines)
    found = _NAMED.finditer(text, start.end())
    return [(m[1], at.line + text.count("\n", 0, m.start())) for m in found] or None


def names_nothing_personal(subject: Subject, access: Access) -> bool:
    """Whether a query asks for its fields by name, and none of them says more of somebody than a name."""
    fields = named_fields(subject, access)
    return fields is not None and not any(personal(name) for name, _ in fields)


def shows_a_trade(subject: Subject) -> bool:
    """Whether a handler shows people whom everybody may look for: the doctors of a clinic, the teachers of a school."""
    return _TRADE.search(subject.text) is not None


def personal_field(subject: Subject, accesses: list[Access]) -> Location | None:
    """The first personal field that is shown of people who may be looked for by everybody."""
    if not shows_a_trade(subject):
        return None
    for access in accesses:
        file = subject.snapshot.file(access.location.path)
        for name, line in named_fields(subject, access) or ():
            if personal(name) and file is not None:
                return file.whole_line(line)
    return None
