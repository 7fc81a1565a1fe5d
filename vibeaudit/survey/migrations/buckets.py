"""Statements that open or close the buckets of Supabase's storage."""

from __future__ import annotations

import re

from vibeaudit.model import Bucket, Location
from vibeaudit.survey.migrations.database import Database, Place
from vibeaudit.survey.sql import Statement, group, joined, name_at, split


def insert_bucket(database: Database, statement: Statement, where: Place, store: str) -> None:
    """`insert into storage.buckets (id, name, public) values ('x', 'x', true)`."""
    name, at = name_at(statement.tokens, statement.words.index("into") + 1)
    if name != "storage.buckets" or at >= len(statement.tokens) or statement.tokens[at].text != "(":
        return
    inside, at = group(statement.tokens, at)
    columns = [p[0].low for p in split(inside)]
    while at < len(statement.tokens):
        if statement.tokens[at].text == "(":
            row, at = group(statement.tokens, at)
            values = [joined(p).strip("'") for p in split(row)]
            found = dict(zip(columns, values, strict=False))
            bucket = found.get("id") or found.get("name", "")
            start = row[0].start if row else statement.start
            database.buckets[bucket] = Bucket(
                "supabase", bucket, found.get("public") == "true", _row(where, statement, start)
            )
        elif statement.tokens[at].low == "on":
            break
        else:
            at += 1


def _row(where: Place, statement: Statement, start: int) -> Location:
    """The statement's line for a bucket, so that a single row and its statement agree; the row's in a list of rows."""
    rows = sum(t.text == "(" for t in statement.tokens)
    return where.of(statement) if rows <= 2 else where.of(Statement(statement.tokens, start))


def update_bucket(database: Database, statement: Statement, where: Place, store: str) -> None:
    said = " ".join(statement.words)
    if (m := re.match(r"update storage \. buckets set public = (true|false)", said)) and (
        row := re.search(r"(?:id|name) = '([^']+)'", said)
    ):
        bucket = database.buckets.get(row[1])
        place = where.of(statement) if m[1] == "true" or bucket is None else bucket.location
        database.buckets[row[1]] = Bucket("supabase", row[1], m[1] == "true", place)
