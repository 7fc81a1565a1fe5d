"""Runs a script's statements: which act each of them is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibeaudit.survey.migrations.buckets import insert_bucket, update_bucket
from vibeaudit.survey.migrations.database import Database, Place
from vibeaudit.survey.migrations.functions import (
    alter_function,
    alter_view,
    create_function,
    create_view,
    drop_function,
    revoke,
)
from vibeaudit.survey.migrations.policies import alter_policy, create_policy, drop_policy
from vibeaudit.survey.migrations.tables import alter_table, create_table, drop_table
from vibeaudit.survey.sql import Statement, Token, statements

if TYPE_CHECKING:
    from vibeaudit.source import SourceFile


def run(database: Database, file: SourceFile, text: str, offset: int, store: str) -> None:
    """Apply a script. `offset` is the byte where the text starts in the file."""
    lead = _bom(file)
    for statement in statements(text):
        where = Place(file, text, offset + lead)
        _apply(database, statement, where, store)


def _bom(file: SourceFile) -> int:
    return 3 if file.data.startswith(b"\xef\xbb\xbf") else 0


def _apply(database: Database, statement: Statement, where: Place, store: str) -> None:
    said = statement.words
    if said[0] == "do" and len(said) > 1:  # do $$ ... $$: the statements inside count
        body = next((t for t in statement.tokens if t.kind == "dollar"), None)
        if body:
            _inside(database, body, where, store)
        return
    for opening, act in _ACTS:
        if re.match(opening, " ".join(said[:8])):
            act(database, statement, where, store)
            return


def _inside(database: Database, body: Token, where: Place, store: str) -> None:
    lead = body.text.index("$", 1) + 1
    inner = body.text[lead : len(body.text) - lead]
    start = len(where.text[: body.start + lead].encode()) + where.offset
    for statement in statements(inner):
        place = Place(where.file, inner, start)
        for at, word in enumerate(statement.words):
            if word in ("create", "alter", "drop") and at < len(statement.words) - 1:
                rest = statement.tokens[at:]
                _apply(database, Statement(rest, rest[0].start), place, store)
                break


_Act = Callable[[Database, Statement, Place, str], None]
_ACTS: tuple[tuple[str, _Act], ...] = (
    (r"create (unlogged |temp |temporary )?table\b", create_table),
    (r"alter table\b", alter_table),
    (r"drop table\b", drop_table),
    (r"create (or replace )?policy\b", create_policy),
    (r"drop policy\b", drop_policy),
    (r"alter policy\b", alter_policy),
    (r"create (or replace )?(function|procedure)\b", create_function),
    (r"alter function\b", alter_function),
    (r"revoke\b", revoke),
    (r"drop (function|view|materialized view)\b", drop_function),
    (r"create (or replace )?(temp |temporary |recursive |materialized )*view\b", create_view),
    (r"alter (materialized )?view\b", alter_view),
    (r"insert into\b", insert_bucket),
    (r"update storage\b", update_bucket),
)
