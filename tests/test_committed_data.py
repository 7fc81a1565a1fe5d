from __future__ import annotations

import sqlite3
from pathlib import Path

from vibeaudit.analyzers.committed_data import RULE, committed
from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.rules import load


def _database(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def _flagged(root: Path) -> list[str]:
    binary = tuple(LeftOut(p.name, "binary") for p in sorted(root.iterdir()))
    snapshot = Snapshot(root, str(root), root.name, None, (), binary)
    return [str(f.primary.path) for f in committed(snapshot, load()[RULE])]


def test_a_database_with_accounts_is_flagged_and_one_without_is_not(tmp_path: Path) -> None:
    _database(tmp_path / "app.db", "CREATE TABLE users (id INTEGER, email TEXT, password TEXT)")
    _database(tmp_path / "towns.sqlite3", "CREATE TABLE towns (id INTEGER, name TEXT)")
    (tmp_path / "notes.db").write_bytes(b"\x00 CREATE TABLE users (email)")
    assert _flagged(tmp_path) == ["app.db"]


def test_where_the_file_was_not_laid_out_its_name_decides(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path, "x", "x", None, (), (LeftOut("db.sqlite3", "binary"), LeftOut("search.db", "binary")))
    assert [str(f.primary.path) for f in committed(snapshot, load()[RULE])] == ["db.sqlite3"]
