"""Stored procedures, which do to a table what their names say: `CALL AddMember(?, ?)`, `EXEC dbo.sp_delete_order`."""

from __future__ import annotations

import re

from vibeaudit.survey.words import words

_CALL = re.compile(
    r"[\s'\"`(]*(?:\{\s*)?(?:call|exec(?:ute)?)\s+(?:\w+\.)?[\"`\[]?(?P<name>[A-Za-z_]\w*)", re.IGNORECASE
)
_UPDATES = (
    "update edit set change assign approve reject mark close transfer adjust promote activate ban block fire restock"
)
_INSERTS = "add insert create register log record save new book submit hire enroll enrol admit issue place"
_VERBS = (
    ("delete", frozenset(("delete", "remove", "cancel", "drop", "purge"))),
    ("update", frozenset((*_UPDATES.split(), "deactivate"))),
    ("insert", frozenset(_INSERTS.split())),
    ("read", frozenset(("get", "list", "find", "select", "fetch", "search", "show", "count", "report"))),
)


def called(statement: str) -> tuple[str, str] | None:
    """(procedure, verb) of a call; None for other statements, and where the name does not say what it does."""
    found = _CALL.match(statement)
    said = words(found["name"]) if found else frozenset[str]()
    verb = next((v for v, names in _VERBS if names & said), "")
    return (found["name"], verb) if found and verb else None
