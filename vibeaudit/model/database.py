"""What an app keeps, who may reach for it there, and who does."""

from __future__ import annotations

from dataclasses import dataclass

from vibeaudit.model.findings import Location


@dataclass(frozen=True, slots=True)
class Table:
    """A table, collection or bucket as the repository defines it. `rls` is None where it does not apply."""

    store: str  # supabase, postgres, sqlite, prisma, firestore...
    name: str
    columns: tuple[str, ...]
    location: Location
    rls: bool | None = None
    policies: tuple[tuple[str, str, str, Location], ...] = ()  # (name, command, condition, where)
    rls_location: Location | None = None  # the statement that last set it
    owners: tuple[str, ...] = ()  # the columns that point at people
    parents: tuple[str, ...] = ()  # the tables that its rows hang on, people apart


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy. `command`: all, select, insert, update, delete. Empty `roles` means everyone.
    `using` and `check` are the conditions as written, in lower case, white space folded."""

    table: str
    name: str
    command: str
    roles: tuple[str, ...]
    using: str
    check: str
    location: Location
    permissive: bool = True


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place for files, as the repository defines it."""

    store: str
    name: str
    public: bool
    location: Location


@dataclass(frozen=True, slots=True)
class DatabaseFunction:
    """A function or view that lives in the database. `kind`: function, view, materialized view.
    `revoked`: the roles that may not call it. `body` is its text."""

    kind: str
    name: str
    definer: bool
    search_path: bool
    body: str
    location: Location
    returns: str = ""
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """One read or write of a table. `bound`: caller (owner filter), id (an id the caller chooses), none.
    `body` is the span of the handler that leads to it, when it stands in another function. `all_rows`: a read of many
    rows, the same for every caller. `names_owner`: the statement itself has a column that says whose a row is.
    `mixed`: a read of many rows that asks for nobody's in particular, whatever else it asks for."""

    table: str
    verb: str
    bound: str
    location: Location
    body: Location | None = None
    all_rows: bool = False
    names_owner: bool = False
    mixed: bool = False


@dataclass(frozen=True, slots=True, order=True)
class RowWrite:
    """A call that writes rows, whoever makes it. `verb`: insert or update. `statement` is its SQL, if it has one."""

    location: Location
    table: str
    verb: str
    statement: str = ""
