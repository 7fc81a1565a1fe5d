"""Columns whose names tell something: whose a row is, and what its user may do or have."""

from __future__ import annotations

import re

from vibeaudit.model import (
    Table,
)
from vibeaudit.survey.words import words

_OWNER = re.compile(
    r"^(user_?id|owner_?id|author_?id|account_?id|created_?by|owner|tenant_?id|org(anization)?_?id|team_?id"
    r"|workspace_?id|customer_?id|profile_?id|user)$",
    re.IGNORECASE,
)
_EDITABLE = re.compile(
    r"^(role|roles|is_?admin|admin|is_?staff|is_?superuser|is_?pro|is_?premium|credits?|balance|plan|plan_id"
    r"|tier|subscription\w*|permissions?|verified|is_verified|account_type|tokens_left|quota)$"
)
# in other tables a role is who spoke in a chat, or what a person does in a film
_PEOPLE = frozenset(
    "user users profile profiles account accounts member members membership memberships people person staff employee"
    " employees customer customers role roles admin admins".split()
)


def owner_column(table: Table) -> str:
    """The column that names a row's owner, if any."""
    return next((c for c in table.columns if _OWNER.match(c)), "")


def editable_columns(table: Table) -> tuple[str, ...]:
    """The columns that decide what their row's user may do or have."""
    people = bool(words(table.name) & _PEOPLE)
    return tuple(c for c in table.columns if _EDITABLE.match(c) and (people or not c.startswith("role")))
