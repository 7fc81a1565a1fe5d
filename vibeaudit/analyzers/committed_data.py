"""Databases and dumps of them that lie beside the code, with the accounts of real people in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from vibeaudit.analyzers.found import found
from vibeaudit.model import Finding, Location, Rule, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.source.testing import is_test
from vibeaudit.survey import people

RULE = "database-committed"
_NAMED = re.compile(r"(?i)\.(?:sqlite3?|db3?|s3db|sqlitedb)$")
# the laid-out copy of a clone holds no binary files: then the name has to say it
_SURELY = re.compile(
    r"(?i)(?:^|/)(?:db|app|data|database|users?|prod\w*|site|main|dev)\.(?:sqlite3?|db3?)$|(?:^|/)instance/"
)
_MAGIC = b"SQLite format 3\x00"
_OF_PEOPLE = re.compile(rb"(?is)create table[^;]{0,4000}?\b\w*(?:passw|email|e_mail|phone)\w*")
_DUMP = re.compile(r"(?i)^(?:--|/\*)[^\n]{0,80}(?:dump|phpmyadmin|mysqldump|pg_dump|adminer|heidisql)", re.MULTILINE)
_ROWS = re.compile(
    r"(?im)^(?:insert\s+into|copy)\s+[`\"\[]?(?:\w+[`\"\]]?\.[`\"\[]?)?(?:\w+_)?"
    rf"(?:{people.SOMEBODY}|admin|client)s?[`\"\]]?[\s(][^\n]*"
)
_ACCOUNT = re.compile(r"(?i)@[\w-]+\.\w|\$2[aby]\$|\bpbkdf2|\bargon2|\bscrypt:|'[0-9a-f]{32,128}'|passw")
_MAX_BYTES = 8_000_000


def committed(snapshot: Snapshot, rule: Rule) -> Iterator[Finding]:
    """One finding a file."""
    for entry in snapshot.left_out:
        path = PurePosixPath(entry.what)
        aside = entry.why == "binary" or entry.why.startswith("larger than")
        if aside and _NAMED.search(path.name) and not is_test(str(path)) and _holds_people(snapshot.root, path):
            file = SourceFile(path, snapshot.root / path)
            yield found(rule, "secrets", file, Location(path), anchor=path.name)
    for file in snapshot.of("sql"):
        if is_test(str(file.path)) or not _DUMP.search(file.text[:4000]):
            continue
        rows = [m for m in _ROWS.finditer(file.text) if _ACCOUNT.search(file.text, m.start(), m.end() + 400)]
        if rows:
            row = next((m for m in rows if "admin" not in m[0][:60].lower()), rows[0])  # customers, if there are any
            at = Location(file.path, file.text.count("\n", 0, row.start()) + 1)
            yield found(rule, "secrets", file, at, anchor=file.path.name, secrets=(row[0],))


def _holds_people(root: Path, path: PurePosixPath) -> bool:
    disk = root / path
    if not disk.is_file() or disk.is_symlink():
        return _SURELY.search(str(path)) is not None
    with disk.open("rb") as stream:
        data = stream.read(_MAX_BYTES)
    return data.startswith(_MAGIC) and _OF_PEOPLE.search(data) is not None
