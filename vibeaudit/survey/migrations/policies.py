"""Statements about row-level security policies."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.model import Policy
from vibeaudit.survey.migrations.database import Database, Place
from vibeaudit.survey.sql import Statement, group, joined, name_at


def create_policy(database: Database, statement: Statement, where: Place, store: str) -> None:
    found = statement.tokens
    at = statement.words.index("policy") + 1
    if statement.words[at : at + 3] == ("if", "not", "exists"):
        at += 3
    name, at = name_at(found, at)
    if at >= len(found) or found[at].low != "on":
        return
    table, at = name_at(found, at + 1)
    command, roles, using, check, permissive = "all", (), "", "", True  # type: tuple[str, tuple[str, ...], str, str, bool]
    while at < len(found):
        word = found[at].low
        if word == "restrictive":
            permissive = False
        elif word == "for" and at + 1 < len(found):
            command = found[at + 1].low
            at += 1
        elif word == "to":
            listed = [t.low for t in found[at + 1 :]]
            stop = next((i for i, w in enumerate(listed) if w in ("using", "with")), len(listed))
            roles = tuple(w for w in listed[:stop] if w != ",")
            at += stop
        elif word in ("using", "check") and at + 1 < len(found) and found[at + 1].text == "(":
            inside, at = group(found, at + 1)
            using, check = (joined(inside), check) if word == "using" else (using, joined(inside))
            continue
        at += 1
    policy = Policy(table, name, command, roles, using, check, where.of(statement), permissive)
    database.policies[(table, name)] = policy


def drop_policy(database: Database, statement: Statement, where: Place, store: str) -> None:
    at = statement.words.index("policy") + 1
    if statement.words[at : at + 2] == ("if", "exists"):
        at += 2
    name, at = name_at(statement.tokens, at)
    table, _ = name_at(statement.tokens, at + 1)
    database.policies.pop((table, name), None)


def alter_policy(database: Database, statement: Statement, where: Place, store: str) -> None:
    """`alter policy x on t [to r] [using (...)] [with check (...)]` replaces those parts."""
    before = dict(database.policies)
    create_policy(database, statement, where, store)
    for key, policy in database.policies.items():
        old = before.get(key)
        if old is not None and policy is not old:
            database.policies[key] = replace(
                policy,
                command=old.command,
                using=policy.using or old.using,
                check=policy.check or old.check,
                roles=policy.roles or old.roles,
            )
