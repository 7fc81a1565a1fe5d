"""Statements about functions and views of the database."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.model import DatabaseFunction
from vibeaudit.survey.migrations.database import Database, Place
from vibeaudit.survey.sql import Statement, name_at


def create_function(database: Database, statement: Statement, where: Place, store: str) -> None:
    kind = "function" if "function" in statement.words[:5] else "procedure"
    at = statement.words.index(kind) + 1
    name, _ = name_at(statement.tokens, at)
    bodies = [t.text for t in statement.tokens if t.kind == "dollar"] or [
        t.text for t in statement.tokens if t.kind == "string"
    ][-1:]
    outside = " ".join(t.low for t in statement.tokens if t.kind != "dollar")
    returns = re.search(r"\breturns (?:setof )?(\w+)", outside)
    database.functions[name] = DatabaseFunction(
        "function",
        name,
        "security definer" in outside,
        bool(re.search(r"\bset search_path\b", outside)),
        " ".join(bodies),
        where.of(statement),
        returns[1] if returns else "",
        database.functions[name].revoked if name in database.functions else (),
    )


def alter_function(database: Database, statement: Statement, where: Place, store: str) -> None:
    name, _ = name_at(statement.tokens, statement.words.index("function") + 1)
    known = database.functions.get(name)
    said = " ".join(statement.words)
    if known:
        definer = (known.definer and "security invoker" not in said) or "security definer" in said
        database.functions[name] = replace(
            known, search_path=known.search_path or "set search_path" in said, definer=definer
        )


def revoke(database: Database, statement: Statement, where: Place, store: str) -> None:
    said = " ".join(statement.words)
    if "function" not in statement.words or " from " not in said:
        return
    roles = tuple(sorted({w for w in said.rsplit(" from ", 1)[1].split() if w.isidentifier()}))
    name, _ = name_at(statement.tokens, statement.words.index("function") + 1)
    if name in database.functions:
        known = database.functions[name]
        database.functions[name] = replace(known, revoked=tuple(sorted({*known.revoked, *roles})))


def drop_function(database: Database, statement: Statement, where: Place, store: str) -> None:
    kind = next(k for k in ("function", "view") if k in statement.words)
    found = tuple(t for t in statement.tokens[statement.words.index(kind) + 1 :] if t.low not in ("if", "exists"))
    database.functions.pop(name_at(found, 0)[0], None)


def create_view(database: Database, statement: Statement, where: Place, store: str) -> None:
    materialized = "materialized" in statement.words[:4]
    at = statement.words.index("view") + 1
    name, _ = name_at(statement.tokens, at + 3 if statement.words[at] == "if" else at)
    invoker = bool(re.search(r"security_invoker = (true|on|'true'|'on'|1)", " ".join(statement.words)))
    kind = "materialized view" if materialized else "view"
    database.functions[name] = DatabaseFunction(
        kind, name, not invoker, True, " ".join(t.low for t in statement.tokens)[:4000], where.of(statement)
    )


def alter_view(database: Database, statement: Statement, where: Place, store: str) -> None:
    name, _ = name_at(tuple(t for t in statement.tokens[2:] if t.low not in ("if", "exists", "view")), 0)
    if name in database.functions and re.search(r"security_invoker = (true|on|1)", " ".join(statement.words)):
        database.functions[name] = replace(database.functions[name], definer=False)
