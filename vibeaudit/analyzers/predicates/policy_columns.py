"""What rules may ask of the columns that a policy opens: those that decide rights, those that are kept inside."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import holds, predicate
from vibeaudit.model import Policy, Table
from vibeaudit.survey import people
from vibeaudit.survey.columns import editable_columns, inside_columns, kept_from_owner
from vibeaudit.survey.policy_conditions import asks_caller, of_own_row
from vibeaudit.survey.words import words

_WHOLLY_OWN = re.compile(r"\(*(?:auth\.uid\(\)\)* = \(*[\w.\"]+|[\w.\"]+ = \(*(?:select )?auth\.uid\(\))\)*")
_PEOPLE = frozenset("user users profile profiles account accounts member members employee employees".split())
# parties of a deal, who are no staff
_PARTY = "|".join(sorted(people.SERVED | people.TRADES | {"user", "member", "guest"}))
_ROLES = rf"(?:= '(?:{_PARTY})'|(?:in|= any) \((?:array ?\[)?'(?:{_PARTY})'(?: ?, ?'(?:{_PARTY})')*\]?\))"
_ASKS_ROLE = re.compile(rf"\w+\((?:\(?select )?auth\.uid\(\)\)*\)? {_ROLES}|\w+\(\) {_ROLES}")


@predicate("policy", "lets people make their own row with any rights")
def _(s: Subject) -> bool:
    """Where the server makes the row when somebody signs up, there is none left to make."""
    table, policy = s.table, s.policy
    if table is None or policy.command != "insert" or not policy.permissive or not of_own_row(policy.check):
        return False
    columns = editable_columns(table)
    if not columns or any(re.search(rf"\b{re.escape(c)}\b", policy.check) for c in columns):
        return False
    if not words(table.name) & _PEOPLE and any(_changes_own(p) for p in s.app.policies if p.table == policy.table):
        return False
    return not (_made_by_server(s, table) or _narrowed(s, table, "insert") or _watched(s, table))


def _changes_own(policy: Policy) -> bool:
    return policy.command in ("update", "all") and of_own_row(policy.using)


def _made_by_server(s: Subject, table: Table) -> bool:
    made = re.compile(rf"\binsert\s+into\s+(?:\"?public\"?\.)?\"?{_bare(table)}\b", re.IGNORECASE)
    return any(f.returns == "trigger" and made.search(f.body) for f in s.app.database_functions)


def _watched(s: Subject, table: Table) -> bool:
    """Whether a trigger looks at one of the columns."""
    columns = "|".join(map(re.escape, editable_columns(table)))
    set_by = re.compile(rf"\bnew\.(?:{columns})\b", re.IGNORECASE)
    runs = re.compile(rf"\bbefore\s+insert[^;]*\bon\s+(?:\"?public\"?\.)?\"?{_bare(table)}\b", re.IGNORECASE)
    watching = any(f.returns == "trigger" and set_by.search(f.body) for f in s.app.database_functions)
    return watching and s.in_sql(runs)


def _narrowed(s: Subject, table: Table, verb: str) -> bool:
    """By grants on columns."""
    on = rf"\bon\s+(?:table\s+)?(?:\"?public\"?\.)?\"?{_bare(table)}\b"
    grants = re.compile(
        rf"\bgrant\s+{verb}\s*\([^)]*\)[^;]*{on}|\brevoke\s+[\w\s,]*\b(?:{verb}|all)\b[^;]*{on}", re.IGNORECASE
    )
    return s.in_sql(grants)


def _bare(table: Table) -> str:
    return re.escape(table.name.rsplit(".", 1)[-1])


@predicate("policy", "shows columns that are kept inside")
def _(s: Subject) -> bool:
    """To everybody who may see the row at all. Whole tables of personal data open to all are a finding of their own."""
    table, policy = s.table, s.policy
    if table is None or policy.command != "select" or not policy.permissive:
        return False
    if _WHOLLY_OWN.fullmatch(policy.using):
        return bool(kept_from_owner(table)) and not _narrowed(s, table, "select")
    if asks_caller(policy.using) and not holds("true for every signed-in user", s):
        return False
    told = holds("always true", s) and holds("holds personal data", s)
    told = told or (holds("asks at most for a login", s) and holds("about rows that are between few", s))
    return bool(inside_columns(table)) and not told and not _narrowed(s, table, "select")


@predicate("policy", "shows people to a whole role")
def _(s: Subject) -> bool:
    """The caller is asked for a role that anybody may have, and not what they have to do with the person."""
    table, policy = s.table, s.policy
    if table is None or policy.command not in ("select", "all") or not policy.permissive:
        return False
    rest, found = _ASKS_ROLE.subn(" ", policy.using)
    linked = asks_caller(rest) or " select " in rest
    return bool(found) and not linked and bool(words(table.name) & _PEOPLE) and holds("holds personal data", s)
