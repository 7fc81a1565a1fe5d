"""What rules may ask of a table."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Table
from vibeaudit.survey.words import personal

_INTERNAL = re.compile(
    r"(^_|^(schema_migrations|alembic_version|spatial_ref_sys|__drizzle_migrations|knex_migrations\w*"
    r"|_prisma_migrations)$)"
)

_SERVER_KEY = re.compile(rb"(?i)service_?role|secret_?key|supabase_?admin|admin_?client")


@predicate("table", "reachable from the browser")
def _(s: Subject) -> bool:
    table = s.table
    return (
        table is not None and table.store == "supabase" and "." not in table.name and not _INTERNAL.search(table.name)
    )


@predicate("table", "under row-level security")
def _(s: Subject) -> bool:
    return s.table is not None and s.table.rls is True


@predicate("table", "has policies")
def _(s: Subject) -> bool:
    return s.table is not None and bool(s.table.policies)


@predicate("table", "asked for with the public key")
def _(s: Subject) -> bool:
    """A file that knows no server key names the table: without a policy it gets nothing, and is tempted to open all."""
    if s.table is None:
        return False
    named = re.compile(rb"\.from_?\(\s*['\"`]" + re.escape(s.table.name.encode()) + rb"['\"`]")
    return any(
        f.holds(named) and not f.holds(_SERVER_KEY) for f in s.snapshot.of("javascript", "typescript", "tsx", "python")
    )


@predicate("table", "holds personal data")
def _(s: Subject) -> bool:
    return holds_personal(s.table)


def holds_personal(table: Table | None) -> bool:
    return table is not None and any(personal(c) for c in table.columns)
