"""Statements that open or close the buckets of Supabase's storage."""

from __future__ import annotations

import re

from vibeaudit.model import Bucket, Location
from vibeaudit.survey.migrations.database import Database, Place
from vibeaudit.survey.sql import Statement, Token, group, joined, name_at, split


def insert_bucket(database: Database, statement: Statement, where: Place, store: str) -> None:
    """`insert into storage.buckets (id, name, public) values ('x', 'x', true)`."""
    name, at = name_at(statement.tokens, statement.words.index("into") + 1)
    if name != "storage.buckets" or at >= len(statement.tokens) or statement.tokens[at].text != "(":
        return
    inside, at = group(statement.tokens, at)
    columns = [p[0].low for p in split(inside)]
    while at < len(statement.tokens):
        if statement.tokens[at].text == "(" or statement.tokens[at].low == "select":
            row, at = group(statement.tokens, at) if statement.tokens[at].text == "(" else _selected(statement, at + 1)
            values = [joined(p).strip("'") for p in split(row)]
            found = dict(zip(columns, values, strict=False))
            bucket = found.get("id") or found.get("name", "")
            start = row[0].start if row else statement.start
            database.buckets[bucket] = Bucket(
                "supabase", bucket, found.get("public") == "true", _row(where, statement, start)
            )
        elif statement.tokens[at].low == "where" or statement.tokens[at].low == "on":
            break
        else:
            at += 1


def _selected(statement: Statement, at: int) -> tuple[tuple[Token, ...], int]:
    """The values of `select 'x', 'x', true where not exists (...)`, and the index after them."""
    end = next((i for i, t in enumerate(statement.tokens) if i > at and t.low in ("where", "from", "on")), None)
    end = len(statement.tokens) if end is None else end
    return statement.tokens[at:end], end


def _row(where: Place, statement: Statement, start: int) -> Location:
    """The statement's line for a bucket, so that a single row and its statement agree; the row's in a list of rows."""
    words = [t.low for t in statement.tokens]
    rows = sum(w == "(" for w in words[: words.index("where") if "where" in words else None])
    return where.of(statement) if rows <= 2 else where.of(Statement(statement.tokens, start))


def update_bucket(database: Database, statement: Statement, where: Place, store: str) -> None:
    said = " ".join(statement.words)
    if (m := re.match(r"update storage \. buckets set public = (true|false)", said)) and (
        row := re.search(r"(?:id|name) = '([^']+)'", said)
    ):
        bucket = database.buckets.get(row[1])
        place = where.of(statement) if m[1] == "true" or bucket is None else bucket.location
        database.buckets[row[1]] = Bucket("supabase", row[1], m[1] == "true", place)
