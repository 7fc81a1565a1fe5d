"""Whose row it is: the column that holds its user, and policies that let only that user at it."""

from __future__ import annotations

import re

from vibeaudit.model import Table
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.migration import column_definitions, identifier, quoted_name, statement_at, table_name

_OWNERS = ("user_id", "owner_id", "author_id", "profile_id", "created_by", "owner", "user", "userid", "user_uuid")


def owner_condition(bench: Bench, table: Table) -> str:
    """The SQL that is true for a row's own user; empty when no column says whose row it is."""
    found = statement_at(bench, table.location)
    columns = column_definitions(found) if found is not None else {}
    signed_in = [c for c, d in columns.items() if " auth . users" in " " + " ".join(t.low for t in d)]
    for name in (*signed_in, *(c for c in _OWNERS if c in columns)):
        kind = columns[name][1].low if len(columns[name]) > 1 else ""
        if name not in signed_in and "references" in {t.low for t in columns[name]}:
            target = " ".join(t.low for t in columns[name]).split("references", 1)[1]
            if not re.search(r"\b(?:profiles|users)\b", target):
                continue
        if kind == "uuid":
            return f"(select auth.uid()) = {identifier(name)}"
        if kind in ("text", "varchar"):
            return f"(select auth.uid())::text = {identifier(name)}"
    return ""


def owner_policies(table: Table, condition: str, commands: tuple[str, ...], *, replaces: bool = False) -> list[str]:
    """A `create policy` for each command (all, select, insert, update, delete); one of the same name goes first when
    another patch may have made it."""
    where = table_name(table.name)
    made = []
    for command in commands:
        name = quoted_name(f"Owners {'manage' if command == 'all' else command} their {table.name}")
        using = f"\n  using ({condition})" if command != "insert" else ""
        check = f"\n  with check ({condition})" if command in ("all", "insert", "update") else ""
        made += [f"drop policy if exists {name} on {where};"] if replaces else []
        made.append(f"create policy {name} on {where}\n  for {command} to authenticated{using}{check};")
    return made


def server_policy(table: Table) -> list[str]:
    """Only the server's own key: said aloud, so that the next reader knows that it is meant."""
    name = quoted_name(f"Only the server uses {table.name}")
    where = table_name(table.name)
    return [f"create policy {name} on {where}\n  for all to service_role\n  using (true)\n  with check (true);"]
