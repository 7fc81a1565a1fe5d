"""What rules may ask of a row-level security policy."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.analyzers.predicates.tables import holds_personal
from vibeaudit.model import Table
from vibeaudit.survey.columns import editable_columns, owner_column
from vibeaudit.survey.policy_conditions import (
    alternatives,
    always_true,
    asks_caller,
    asks_nothing,
    of_own_row,
    true_for_any_user,
)
from vibeaudit.survey.words import personal, words

# the telephone and the address of a business are on its door
_BUSINESSES = frozenset(
    "agency branch business businesses clinic company companies gym hotel library location office organisation"
    " organization pharmacy restaurant salon school shop store studio supplier vendor venue agencies branches clinics"
    " gyms hotels libraries locations offices organisations organizations pharmacies restaurants salons schools shops"
    " stores studios suppliers vendors venues".split()
)


@predicate("policy", "holds personal data")
def _(s: Subject) -> bool:
    if s.table is not None and words(s.table.name) <= _BUSINESSES:
        kinds = {personal(c) for c in s.table.columns} - {"", "phone", "address", "place", "email"}
        return bool(kinds)
    return holds_personal(s.table)


@predicate("policy", "only for the server")
def _(s: Subject) -> bool:
    return (
        bool(s.policy.roles) and set(s.policy.roles) <= {"service_role", "postgres", "supabase_admin", "dashboard_user"}
    ) or not s.policy.permissive


@predicate("policy", "always true")
def _(s: Subject) -> bool:
    return any(always_true(c) for c in _conditions(s))


def _conditions(s: Subject) -> tuple[str, ...]:
    p = s.policy
    return tuple(
        c
        for c in {"select": (p.using,), "delete": (p.using,), "insert": (p.check,)}.get(p.command, (p.using, p.check))
        if c
    )


@predicate("policy", "true for every signed-in user")
def _(s: Subject) -> bool:
    return any(true_for_any_user(c) for c in _conditions(s))


@predicate("policy", "lets rows be changed")
def _(s: Subject) -> bool:
    """Updates and deletes; inserts only into tables whose rows have an owner (a contact form is legitimate)."""
    if s.policy.command == "insert":
        return s.table is not None and bool(owner_column(s.table))
    return s.policy.command in ("all", "update", "delete")


@predicate("policy", "lets rows be read")
def _(s: Subject) -> bool:
    return s.policy.command == "select"


@predicate("policy", "about files")
def _(s: Subject) -> bool:
    return s.policy.table == "storage.objects"


@predicate("policy", "about one's own table")
def _(s: Subject) -> bool:
    return s.table is not None and s.table.rls is not None


@predicate("policy", "lets files be written")
def _(s: Subject) -> bool:
    return s.policy.command in ("all", "insert", "update", "delete")


@predicate("policy", "asks who is calling")
def _(s: Subject) -> bool:
    conditions = _conditions(s)
    return bool(conditions) and all(asks_caller(c) for c in conditions)


@predicate("policy", "trusts what users write about themselves")
def _(s: Subject) -> bool:
    return any("user_metadata" in c or "raw_user_meta_data" in c for c in (s.policy.using, s.policy.check))


@predicate("policy", "lets people change their own row")
def _(s: Subject) -> bool:
    return (
        s.policy.command in ("update", "all")
        and s.policy.permissive
        and any(of_own_row(a) for a in alternatives(s.policy.using))
    )


@predicate("policy", "guards the columns that decide rights")
def _(s: Subject) -> bool:
    table = s.table
    if table is None or not editable_columns(table):
        return True
    own = [a for a in alternatives(s.policy.check) if of_own_row(a)] or [s.policy.check]
    named = re.compile("|".join(rf"\b{re.escape(c)}\b" for c in editable_columns(table)))
    return all(named.search(a) for a in own) or _column_grants(s, table)


def _column_grants(s: Subject, table: Table) -> bool:
    """`revoke update on t from authenticated`, `grant update (a, b) on t`, or a trigger before update."""
    name = re.escape(table.name)
    pattern = re.compile(
        rf"(revoke\s+[\w\s,]*(update|all)[^;]*\son\s+(table\s+)?(public\.)?\"?{name}\"?[^;]*from|grant\s+update\s*\([^)]*\)\s*on\s+(table\s+)?(public\.)?\"?{name}\b|before\s+update[^;]*\son\s+(public\.)?\"?{name}\b)",
        re.IGNORECASE,
    )
    triggers = (
        f
        for f in s.app.database_functions
        if re.search(r"\b(old|new)\.(role|is_admin|credits?|plan|tier|balance)\b", f.body, re.IGNORECASE)
        and f.returns == "trigger"
    )
    for file in s.snapshot.of("sql"):
        for m in pattern.finditer(file.text):
            if not m[0].lower().startswith("before") or any(True for _ in triggers):
                return True
    return False


# What people write to each other, pay, keep to themselves: their names say that it is not for all members.
_PRIVATE_ROWS = frozenset(
    "message messages dm dms conversation conversations chat chats inbox order orders payment payments invoice invoices"
    " transaction transactions booking bookings appointment appointments prescription prescriptions patient patients"
    " medical health journal journals diary diaries document documents subscription subscriptions address addresses"
    " card cards payout payouts wallet wallets receipt receipts reservation reservations secret secrets token tokens"
    " session sessions invite invites invitation invitations notification notifications statement statements".split()
)
_FOR_ALL = frozenset(
    "public template templates type types kind kinds category categories status statuses slot slots".split()
)


@predicate("policy", "about rows that are between few")
def _(s: Subject) -> bool:
    said = words(s.policy.table.rpartition(".")[2])
    table = s.table
    if table is None or said & _FOR_ALL:
        return False
    if any(_shown_to_few(s, p) for p in table.parents if p != table.name):
        return True
    if not said & _PRIVATE_ROWS:
        return False
    return bool(owner_column(table)) or any(
        words(c)
        & {"sender", "recipient", "receiver", "user", "owner", "customer", "patient", "profile", "buyer", "created"}
        for c in table.columns
    )


def _shown_to_few(s: Subject, name: str) -> bool:
    """Whether what the rows hang on is itself shown to those only whom its policies ask for."""
    table = next((t for t in s.app.tables if t.name == name and t.rls), None)
    reads = [p for p in s.app.policies if p.table == name and p.command in ("select", "all") and p.permissive]
    if table is None or not any(p.command == "select" for p in reads):
        return False
    return not any(always_true(p.using) or true_for_any_user(p.using) or asks_nothing(p.using) for p in reads)


@predicate("policy", "asks nothing of the caller")
def _(s: Subject) -> bool:
    """A condition on the row alone: whoever writes such a row, or finds one, may."""
    return any(asks_nothing(c) for c in _conditions(s))


@predicate("policy", "said before")
def _(s: Subject) -> bool:
    """An earlier policy of the table allows the same under the same condition: that is the place to start."""
    policy = s.policy
    mine = (policy.using, policy.check)
    for other in s.app.policies:
        if other is policy:
            return False
        if (other.table, other.command, (other.using, other.check)) == (policy.table, policy.command, mine):
            return other.permissive and set(policy.roles or ("public",)) <= set(
                other.roles or policy.roles or ("public",)
            )
    return False


@predicate("policy", "lets files be read")
def _(s: Subject) -> bool:
    return s.policy.command in ("all", "select")


@predicate("policy", "asks at most for a login")
def _(s: Subject) -> bool:
    """What is personal and open to everybody is a finding of its own."""
    return any(true_for_any_user(c) or (always_true(c) and not holds_personal(s.table)) for c in _conditions(s))


_BUCKET = re.compile(r"bucket_id = \(?'([^']+)'")


@predicate("policy", "about a bucket that is not public")
def _(s: Subject) -> bool:
    named = [b for c in _conditions(s) for b in _BUCKET.findall(c)]
    private = {b.name for b in s.app.buckets if not b.public}
    return bool(named) and all(n in private for n in named)
