"""Statements that make, change and drop tables."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.model import Table
from vibeaudit.survey.migrations.database import NOT_COLUMNS, Database, Place
from vibeaudit.survey.migrations.references import referred
from vibeaudit.survey.sql import Statement, Token, group, name_at, split


def create_table(database: Database, statement: Statement, where: Place, store: str) -> None:
    found = statement.tokens
    at = statement.words.index("table") + 1
    if statement.words[at : at + 3] == ("if", "not", "exists"):
        at += 3
        if (known := name_at(found, at)[0]) in database.tables and database.tables[known].columns:
            return
    name, at = name_at(found, at)
    if (
        not name
        or "temp" in statement.words[:3]
        or "temporary" in statement.words[:3]
        or "partition" in statement.words[at : at + 1]
    ):
        return
    entries: list[tuple[Token, ...]] = []
    if at < len(found) and found[at].text == "(":
        entries = split(group(found, at)[0])
    columns = tuple(p[0].low for p in entries if p[0].kind == "quoted" or p[0].low not in NOT_COLUMNS)
    guarded = False if store == "supabase" else None
    owners, parents = referred(entries)
    database.tables[name] = Table(store, name, columns, where.of(statement), guarded, owners=owners, parents=parents)


def alter_table(database: Database, statement: Statement, where: Place, store: str) -> None:
    found = statement.tokens
    at = statement.words.index("table") + 1
    while at < len(found) and found[at].low in ("if", "exists", "only"):
        at += 1
    name, at = name_at(found, at)
    rest = " ".join(t.low for t in found[at:])
    table = database.tables.get(name)
    if table is None:
        return
    if re.search(r"\b(enable|force) row level security", rest):
        table = replace(table, rls=True, rls_location=where.of(statement))
    elif re.search(r"\bdisable row level security", rest):
        table = replace(table, rls=False, rls_location=where.of(statement))
    columns = list(table.columns)
    for added in re.finditer(r"\badd (?:column )?(?:if not exists )?(\w+)", rest):
        if added[1] not in NOT_COLUMNS and added[1] not in columns:
            columns.append(added[1])
    for dropped in re.finditer(r"\bdrop column (?:if exists )?(\w+)", rest):
        columns = [c for c in columns if c != dropped[1]]
    if renamed := re.match(r"rename column (\w+) to (\w+)", rest):
        columns = [renamed[2] if c == renamed[1] else c for c in columns]
    owners, parents = referred(_added(part) for part in split(found[at:]))
    table = replace(table, columns=tuple(columns), owners=(*table.owners, *owners), parents=(*table.parents, *parents))
    if moved := re.match(r"rename to (\w+)", rest):
        _rename(database, name, moved[1], table)
        return
    if moved := re.match(r"set schema (\w+)", rest):
        _rename(database, name, f"{moved[1]}.{name.split('.')[-1]}", table)
        return
    database.tables[name] = table


def _added(part: tuple[Token, ...]) -> tuple[Token, ...]:
    """What stands behind `add column if not exists`, `add constraint x`."""
    at = 0
    while at < len(part) and part[at].low in ("add", "column", "if", "not", "exists"):
        at += 1
    return part[at:]


def _rename(database: Database, old: str, new: str, table: Table) -> None:
    database.tables.pop(old)
    database.tables[new] = replace(table, name=new)
    for key in [k for k in database.policies if k[0] == old]:
        policy = database.policies.pop(key)
        database.policies[(new, key[1])] = replace(policy, table=new)


def drop_table(database: Database, statement: Statement, where: Place, store: str) -> None:
    at = statement.words.index("table") + 1
    for part in split(statement.tokens[at:]):
        words = [t for t in part if t.low not in ("if", "exists", "cascade", "restrict")]
        name, _ = name_at(tuple(words), 0)
        database.tables.pop(name, None)
        for key in [k for k in database.policies if k[0] == name]:
            del database.policies[key]
