"""What the database looks like after all migrations: tables, policies, functions, buckets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Bucket, DatabaseFunction, LeftOut, Location, Policy, Snapshot, Table
from vibeaudit.survey.sql import MAX_BYTES, Statement, Token, group, joined, name_at, split, statements

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
_NOT_COLUMNS = frozenset("primary foreign unique constraint check exclude like index key".split())


@dataclass
class Database:
    """The state that the statements so far have made."""

    tables: dict[str, Table] = field(default_factory=dict)
    policies: dict[tuple[str, str], Policy] = field(default_factory=dict)
    functions: dict[str, DatabaseFunction] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


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


def run(database: Database, file: SourceFile, text: str, offset: int, store: str) -> None:
    """Apply a script. `offset` is the byte where the text starts in the file."""
    lead = _bom(file)
    for statement in statements(text):
        where = _Place(file, text, offset + lead)
        _apply(database, statement, where, store)


def _bom(file: SourceFile) -> int:
    return 3 if file.data.startswith(b"\xef\xbb\xbf") else 0


@dataclass(frozen=True, slots=True)
class _Place:
    file: SourceFile
    text: str
    offset: int

    def of(self, statement: Statement) -> Location:
        """The statement's first line."""
        start = len(self.text[: statement.start].encode()) + self.offset
        end = self.file.data.find(b"\n", start)
        return self.file.at(start, len(self.file.data) if end == -1 else end)


def _apply(database: Database, statement: Statement, where: _Place, store: str) -> None:
    said = statement.words
    if said[0] == "do" and len(said) > 1:  # do $$ ... $$: the statements inside count
        body = next((t for t in statement.tokens if t.kind == "dollar"), None)
        if body:
            _inside(database, body, where, store)
        return
    for opening, act in _ACTS:
        if re.match(opening, " ".join(said[:8])):
            act(database, statement, where, store)
            return


def _inside(database: Database, body: Token, where: _Place, store: str) -> None:
    lead = body.text.index("$", 1) + 1
    inner = body.text[lead : len(body.text) - lead]
    start = len(where.text[: body.start + lead].encode()) + where.offset
    for statement in statements(inner):
        place = _Place(where.file, inner, start)
        for at, word in enumerate(statement.words):
            if word in ("create", "alter", "drop") and at < len(statement.words) - 1:
                rest = statement.tokens[at:]
                _apply(database, Statement(rest, rest[0].start), place, store)
                break


def _create_table(database: Database, statement: Statement, where: _Place, store: str) -> None:
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
    columns: list[str] = []
    if at < len(found) and found[at].text == "(":
        inside, _ = group(found, at)
        columns = [p[0].low for p in split(inside) if p[0].kind == "quoted" or p[0].low not in _NOT_COLUMNS]
    database.tables[name] = Table(
        store, name, tuple(columns), where.of(statement), False if store == "supabase" else None
    )


def _alter_table(database: Database, statement: Statement, where: _Place, store: str) -> None:
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
        if added[1] not in _NOT_COLUMNS and added[1] not in columns:
            columns.append(added[1])
    for dropped in re.finditer(r"\bdrop column (?:if exists )?(\w+)", rest):
        columns = [c for c in columns if c != dropped[1]]
    if renamed := re.match(r"rename column (\w+) to (\w+)", rest):
        columns = [renamed[2] if c == renamed[1] else c for c in columns]
    table = replace(table, columns=tuple(columns))
    if moved := re.match(r"rename to (\w+)", rest):
        _rename(database, name, moved[1], table)
        return
    if moved := re.match(r"set schema (\w+)", rest):
        _rename(database, name, f"{moved[1]}.{name.split('.')[-1]}", table)
        return
    database.tables[name] = table


def _rename(database: Database, old: str, new: str, table: Table) -> None:
    database.tables.pop(old)
    database.tables[new] = replace(table, name=new)
    for key in [k for k in database.policies if k[0] == old]:
        policy = database.policies.pop(key)
        database.policies[(new, key[1])] = replace(policy, table=new)


def _drop_table(database: Database, statement: Statement, where: _Place, store: str) -> None:
    at = statement.words.index("table") + 1
    for part in split(statement.tokens[at:]):
        words = [t for t in part if t.low not in ("if", "exists", "cascade", "restrict")]
        name, _ = name_at(tuple(words), 0)
        database.tables.pop(name, None)
        for key in [k for k in database.policies if k[0] == name]:
            del database.policies[key]


def _create_policy(database: Database, statement: Statement, where: _Place, store: str) -> None:
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


def _drop_policy(database: Database, statement: Statement, where: _Place, store: str) -> None:
    at = statement.words.index("policy") + 1
    if statement.words[at : at + 2] == ("if", "exists"):
        at += 2
    name, at = name_at(statement.tokens, at)
    table, _ = name_at(statement.tokens, at + 1)
    database.policies.pop((table, name), None)


def _alter_policy(database: Database, statement: Statement, where: _Place, store: str) -> None:
    """`alter policy x on t [to r] [using (...)] [with check (...)]` replaces those parts."""
    before = dict(database.policies)
    _create_policy(database, statement, where, store)
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


def _create_function(database: Database, statement: Statement, where: _Place, store: str) -> None:
    kind = "function" if "function" in statement.words[:5] else "procedure"
    at = statement.words.index(kind) + 1
    name, _ = name_at(statement.tokens, at)
    bodies = [t.text for t in statement.tokens if t.kind == "dollar"] or [
        t.text for t in statement.tokens if t.kind == "string"
    ][-1:]
    outside = " ".join(t.low for t in statement.tokens if t.kind != "dollar")
    returns = re.search(r"\breturns (?:setof )?(\w+)", outside)
    database.functions[name] = DatabaseFunction(
        "function",
        name,
        "security definer" in outside,
        bool(re.search(r"\bset search_path\b", outside)),
        " ".join(bodies),
        where.of(statement),
        returns[1] if returns else "",
        database.functions[name].revoked if name in database.functions else (),
    )


def _alter_function(database: Database, statement: Statement, where: _Place, store: str) -> None:
    name, _ = name_at(statement.tokens, statement.words.index("function") + 1)
    known = database.functions.get(name)
    said = " ".join(statement.words)
    if known:
        definer = (known.definer and "security invoker" not in said) or "security definer" in said
        database.functions[name] = replace(
            known, search_path=known.search_path or "set search_path" in said, definer=definer
        )


def _revoke(database: Database, statement: Statement, where: _Place, store: str) -> None:
    said = " ".join(statement.words)
    if "function" not in statement.words or " from " not in said:
        return
    roles = tuple(sorted({w for w in said.rsplit(" from ", 1)[1].split() if w.isidentifier()}))
    name, _ = name_at(statement.tokens, statement.words.index("function") + 1)
    if name in database.functions:
        known = database.functions[name]
        database.functions[name] = replace(known, revoked=tuple(sorted({*known.revoked, *roles})))


def _drop_function(database: Database, statement: Statement, where: _Place, store: str) -> None:
    kind = next(k for k in ("function", "view") if k in statement.words)
    found = tuple(t for t in statement.tokens[statement.words.index(kind) + 1 :] if t.low not in ("if", "exists"))
    database.functions.pop(name_at(found, 0)[0], None)


def _create_view(database: Database, statement: Statement, where: _Place, store: str) -> None:
    materialized = "materialized" in statement.words[:4]
    at = statement.words.index("view") + 1
    name, _ = name_at(statement.tokens, at + 3 if statement.words[at] == "if" else at)
    invoker = bool(re.search(r"security_invoker = (true|on|'true'|'on'|1)", " ".join(statement.words)))
    kind = "materialized view" if materialized else "view"
    database.functions[name] = DatabaseFunction(
        kind, name, not invoker, True, " ".join(t.low for t in statement.tokens)[:4000], where.of(statement)
    )


def _alter_view(database: Database, statement: Statement, where: _Place, store: str) -> None:
    name, _ = name_at(tuple(t for t in statement.tokens[2:] if t.low not in ("if", "exists", "view")), 0)
    if name in database.functions and re.search(r"security_invoker = (true|on|1)", " ".join(statement.words)):
        database.functions[name] = replace(database.functions[name], definer=False)


def _insert(database: Database, statement: Statement, where: _Place, store: str) -> None:
    """`insert into storage.buckets (id, name, public) values ('x', 'x', true)`."""
    name, at = name_at(statement.tokens, statement.words.index("into") + 1)
    if name != "storage.buckets" or at >= len(statement.tokens) or statement.tokens[at].text != "(":
        return
    inside, at = group(statement.tokens, at)
    columns = [p[0].low for p in split(inside)]
    while at < len(statement.tokens):
        if statement.tokens[at].text == "(":
            row, at = group(statement.tokens, at)
            values = [joined(p).strip("'") for p in split(row)]
            found = dict(zip(columns, values, strict=False))
            bucket = found.get("id") or found.get("name", "")
            start = row[0].start if row else statement.start
            database.buckets[bucket] = Bucket(
                "supabase", bucket, found.get("public") == "true", _row(where, statement, start)
            )
        elif statement.tokens[at].low == "on":
            break
        else:
            at += 1


def _row(where: _Place, statement: Statement, start: int) -> Location:
    """The statement's line for a bucket, so that a single row and its statement agree; the row's in a list of rows."""
    rows = sum(t.text == "(" for t in statement.tokens)
    return where.of(statement) if rows <= 2 else where.of(Statement(statement.tokens, start))


def _update(database: Database, statement: Statement, where: _Place, store: str) -> None:
    said = " ".join(statement.words)
    if (m := re.match(r"update storage \. buckets set public = (true|false)", said)) and (
        row := re.search(r"(?:id|name) = '([^']+)'", said)
    ):
        bucket = database.buckets.get(row[1])
        place = where.of(statement) if m[1] == "true" or bucket is None else bucket.location
        database.buckets[row[1]] = Bucket("supabase", row[1], m[1] == "true", place)


_Act = Callable[[Database, Statement, _Place, str], None]
_ACTS: tuple[tuple[str, _Act], ...] = (
    (r"create (unlogged |temp |temporary )?table\b", _create_table),
    (r"alter table\b", _alter_table),
    (r"drop table\b", _drop_table),
    (r"create (or replace )?policy\b", _create_policy),
    (r"drop policy\b", _drop_policy),
    (r"alter policy\b", _alter_policy),
    (r"create (or replace )?(function|procedure)\b", _create_function),
    (r"alter function\b", _alter_function),
    (r"revoke\b", _revoke),
    (r"drop (function|view|materialized view)\b", _drop_function),
    (r"create (or replace )?(temp |temporary |recursive |materialized )*view\b", _create_view),
    (r"alter (materialized )?view\b", _alter_view),
    (r"insert into\b", _insert),
    (r"update storage\b", _update),
)
