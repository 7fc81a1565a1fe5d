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
    r"|tier|subscription\w*|permissions?|verified|is_verified|account_type|tokens_left|quota|role_?id|user_role"
    r"|(is_)?approved|is_verified_\w+|verified_purchase|is_featured|commission_rate)$"
)
# what a shop or a game counts for somebody
_COUNTED = re.compile(r"^((loyalty|reward|bonus)_)?points$|^(total|lifetime)_(spent|spend|points)$|^xp$|^loyalty_tier$")
# what the business keeps to itself
_INSIDE = re.compile(
    r"^((unit_)?cost_?price|purchase_price|buying_price|wholesale_price|(profit_)?margin|internal_(notes?|comments?)"
    r"|(admin|staff)_(notes?|comments?)|tax_?(id|number)|commission(_rate)?|iban|bank_\w+|routing_number"
    r"|password(_?hash)?|hashed_password|(reset|verification|access|refresh|api|secret)_?(token|key)|secret(_key)?"
    r"|webhook_secret|(totp|mfa|two_factor)_secret|(risk|fraud)_score|ssn|national_id|passport_number)$"
)
_ABOUT_OWNER = re.compile(r"^(internal_(notes?|comments?)|(admin|staff)_(notes?|comments?)|(risk|fraud)_score)$")
_MAILED = frozenset("reset verification otp recovery magic".split())
_CODE = re.compile(r"^(token|code|otp|reset_token|reset_code|otp_code|verification_code|verification_token)$")
# in other tables a role is who spoke in a chat, or what a person does in a film
_PEOPLE = frozenset(
    "user users profile profiles account accounts member members membership memberships people person staff employee"
    " employees customer customers role roles admin admins".split()
)


def owner_column(table: Table) -> str:
    """The column that names a row's owner, if any: by its name, or by the people that it refers to."""
    return next((c for c in table.columns if _OWNER.match(c)), "") or next(iter(table.owners), "")


def editable_columns(table: Table) -> tuple[str, ...]:
    """The columns that decide what their row's user may do or have."""
    people = bool(words(table.name) & _PEOPLE)
    return tuple(
        c
        for c in table.columns
        if (_EDITABLE.match(c) and (people or not c.startswith("role"))) or (people and _COUNTED.match(c))
    )


def inside_columns(table: Table) -> tuple[str, ...]:
    """The columns that are not for everybody who may see the row: what a thing cost, what staff wrote, secrets."""
    return tuple(c for c in table.columns if _INSIDE.match(c))


def kept_from_owner(table: Table) -> tuple[str, ...]:
    """The columns that not even the row's owner should read: what staff wrote of them, codes that a mailbox proves."""
    mailed = bool(words(table.name) & _MAILED)
    return tuple(c for c in table.columns if _ABOUT_OWNER.match(c) or (mailed and _CODE.match(c)))
