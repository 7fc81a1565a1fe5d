"""What the database looks like after all migrations: tables, policies, functions, buckets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.survey.migrations.database import Database
from vibeaudit.survey.migrations.statements import run
from vibeaudit.survey.sql import MAX_BYTES

if TYPE_CHECKING:
    from vibeaudit.source import SourceFile

_SQL = re.compile(
    r"(^|/)(supabase/.*|migrations?/.*|schemas?/.*|db/.*|database/.*|sql/.*|drizzle/.*|prisma/.*|[^/]*)\.sql$"
)
_DOWN = re.compile(r"(^|[._/-])(down|rollback|revert|undo)([._/-]|$)|seed", re.IGNORECASE)
# the migrations of a library that speaks to the database itself
_OWN_CONNECTION = frozenset(("prisma", "drizzle"))
_PUBLIC_KEY = re.compile(
    rb"\b(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|REACT_APP|VITE|PUBLIC)_SUPABASE"
    rb"|createBrowserClient|createClientComponentClient|createPagesBrowserClient"
)


def replay(snapshot: Snapshot) -> Database:
    """Run every migration of the snapshot, in the order of file names, folder by folder, over an empty database."""
    database = Database()
    own = any("supabase" in f.path.parts for f in snapshot.files)
    supabase = own or _names_supabase(snapshot)
    public = supabase and (own or _public_key(snapshot))
    for file in sorted(snapshot.of("sql"), key=_order):
        if _DOWN.search(file.path.name) or not _SQL.search(str(file.path)):
            continue
        if len(file.data) > MAX_BYTES:
            database.left_out.append(LeftOut(str(file.path), "larger than 2 MB: a dump, not replayed"))
            continue
        try:
            reached = public if _OWN_CONNECTION & set(file.path.parts) else supabase
            run(database, file, file.text, 0, "supabase" if reached else "sql")
        except Exception as error:  # one bad file costs only itself
            database.left_out.append(LeftOut(str(file.path), f"could not be replayed: {type(error).__name__}"))
    return database


def _order(file: SourceFile) -> tuple[bool, str]:
    """Declarative schemas and loose scripts first, then dated migrations."""
    return ("migrations" in file.path.parts, str(file.path))


def _names_supabase(snapshot: Snapshot) -> bool:
    return any(f.path.name == "package.json" and b"@supabase/" in f.data for f in snapshot.files)


def _public_key(snapshot: Snapshot) -> bool:
    """Whether a browser is given the vendor's key, and with it the way to the tables: a server that keeps it, for its
    files say, shows nobody a table."""
    return any(
        f.holds(_PUBLIC_KEY)
        or (f.path.suffix in (".tsx", ".jsx", ".vue", ".svelte", ".html") and f.holds(re.compile(rb"@supabase/")))
        for f in snapshot.files
    )
