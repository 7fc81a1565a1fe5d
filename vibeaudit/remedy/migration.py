"""A new migration after the last one: where it lies, what it is called, how its SQL is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from vibeaudit.model import Edit, Location
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.lines import append
from vibeaudit.survey.sql import Statement, Token, group, name_at, split, statements

_KEYWORDS = re.compile(
    r"\b(?:alter|table|enable|row|level|security|create|drop|policy|if|exists|on|for|all|select|insert|update|delete|"
    r"to|using|with|check|and|function|view|set|revoke|grant|execute|from|where)\b"
)
_QUOTED = re.compile(r"(\"[^\"]*\"|'(?:[^']|'')*')")
_STAMP = "%Y%m%d%H%M%S"


def migration(bench: Bench, at: Location, words: str, sql: list[str]) -> Edit | None:
    """The edit that adds these statements as a migration of their own after the last one beside `at`, or at the end
    of a script that is no migration. None where migrations are listed elsewhere, so that a new file would not run."""
    file = bench.snapshot.by_path[str(at.path)]
    folder = at.path.parent
    text = "\n".join(_styled(one, file.text) for one in sql) + "\n"
    if at.path.name == "migration.sql":  # a folder a migration
        names, home = _names(bench, folder.parent, folders=True), folder.parent
    else:
        names, home = _names(bench, folder, folders=False), folder
    if any(bench.file(home / "meta" / n) for n in ("_journal.json",)):
        return None
    last = max((n for n in names if re.match(r"\d+", n)), default="")
    if not last or "migrations" not in home.parts:
        return append(file, "\n" + text)
    name = f"{_after(last, _rank(bench, words))}_{_slug(words)}"
    path = home / name / "migration.sql" if at.path.name == "migration.sql" else home / f"{name}.sql"
    return Edit(path, 0, 0, text.encode())


def table_name(name: str) -> str:
    """`notes` -> public.notes, quoted where it must be."""
    parts = name.split(".") if "." in name else ["public", name]
    return ".".join(map(identifier, parts))


def identifier(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def statement_at(bench: Bench, at: Location) -> Statement | None:
    """The SQL statement that starts on a location's line or holds it."""
    file = bench.file(at.path)
    if file is None:
        return None
    wanted, found = file.offset(at.line), None
    for one in statements(file.text):
        line = len(file.text[: one.start].encode()) + (3 if file.data.startswith(b"\xef\xbb\xbf") else 0)
        if line > wanted + len(file.line(at.line).encode()):
            break
        found = one
    return found


def column_definitions(statement: Statement) -> dict[str, tuple[Token, ...]]:
    """Column -> its tokens, from a `create table`."""
    if "table" not in statement.words[:4]:
        return {}
    at = statement.words.index("table") + 1
    while at < len(statement.tokens) and statement.tokens[at].low in ("if", "not", "exists"):
        at += 1
    _, at = name_at(statement.tokens, at)
    if at >= len(statement.tokens) or statement.tokens[at].text != "(":
        return {}
    return {part[0].low: part for part in split(group(statement.tokens, at)[0])}


def _names(bench: Bench, folder: PurePosixPath, *, folders: bool) -> list[str]:
    if folders:
        return sorted({f.path.parent.name for f in bench.snapshot.of("sql") if f.path.parent.parent == folder})
    return sorted(f.path.name for f in bench.snapshot.of("sql") if f.path.parent == folder)


def _after(last: str, rank: int) -> str:
    """A number after the last migration's, the same number of digits; each patch of one audit has its own."""
    digits = re.match(r"\d+", last)
    assert digits is not None
    try:
        moment = datetime.strptime(digits[0], _STAMP).replace(tzinfo=UTC) if len(digits[0]) == 14 else None
    except ValueError:
        moment = None
    if moment is not None:
        return (moment + timedelta(seconds=rank)).strftime(_STAMP)
    return str(int(digits[0]) + rank).zfill(len(digits[0]))


def _rank(bench: Bench, words: str) -> int:
    """A number from 1, the same in every run and another for each patch: two migrations must not share one."""
    app = bench.app
    subjects = [
        *(f"close table {t.name}" for t in app.tables),
        *(f"replace policy {p.table} {p.name}" for p in app.policies),
        *(f"grant columns {p.table} {p.name}" for p in app.policies),
        *(f"close bucket {b.name}" for b in app.buckets),
        *(f"{verb} {f.name}" for f in app.database_functions for verb in ("fix path of", "revoke calls of", "narrow")),
    ]
    listed = sorted(set(subjects))
    return listed.index(words) + 1 if words in listed else len(listed) + 1


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:80]


def _styled(line: str, beside: str) -> str:
    """Keywords in capitals where the file beside writes them so."""
    if line.startswith("--") or len(re.findall(r"\bCREATE\b", beside)) <= len(re.findall(r"\bcreate\b", beside)):
        return line
    parts = _QUOTED.split(line)
    return "".join(p if n % 2 else _KEYWORDS.sub(lambda m: m[0].upper(), p) for n, p in enumerate(parts))
