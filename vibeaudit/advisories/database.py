"""The SQLite file that holds the advisories: how it is laid out, looked up and replaced."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from vibeaudit.advisories import Advisory, Range, Source
from vibeaudit.errors import TargetError
from vibeaudit.model import Severity

SCHEMA = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS advisory (
    ecosystem TEXT, package TEXT, id TEXT, modified TEXT, incomplete INTEGER, withdrawn INTEGER, body TEXT,
    PRIMARY KEY (ecosystem, package, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS imported (day TEXT);
CREATE TABLE IF NOT EXISTS source (id TEXT PRIMARY KEY, name TEXT, licence TEXT, as_of TEXT, revision TEXT);
"""
# The newer row wins; a complete one beats an incomplete one whatever their dates.
_UPSERT = """
INSERT INTO advisory VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (ecosystem, package, id) DO UPDATE SET
    modified = excluded.modified, incomplete = excluded.incomplete,
    withdrawn = excluded.withdrawn, body = excluded.body
WHERE excluded.incomplete < advisory.incomplete
   OR (excluded.incomplete = advisory.incomplete AND excluded.modified >= advisory.modified)
"""
_SOURCE = """
INSERT INTO source VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, licence = excluded.licence, as_of = excluded.as_of, revision = excluded.revision
WHERE excluded.as_of >= source.as_of
"""


class Database:
    """An opened database, for reading only. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Raises TargetError when there is none, or when it is another file."""
        if not path.is_file():
            raise TargetError(f"there is no advisory database at {path}", "run: vibeaudit advisories import PATH")
        try:
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise TargetError(f"{path} is not an advisory database: {error}", "import the advisories again") from error
        if version != SCHEMA:
            self._connection.close()
            raise TargetError(f"{path} was written by another version", "delete it and import the advisories again")

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def of(self, ecosystem: str, package: str) -> tuple[Advisory, ...]:
        """What is known about a package, by id; withdrawn ones are left out."""
        query = "SELECT body FROM advisory WHERE ecosystem = ? AND package = ? AND withdrawn = 0 ORDER BY id"
        return tuple(_thaw(body) for (body,) in self._connection.execute(query, (ecosystem, package)))

    def sources(self) -> tuple[Source, ...]:
        rows = self._connection.execute("SELECT id, name, licence, as_of, revision FROM source ORDER BY id")
        return tuple(Source(*row) for row in rows)

    def counts(self) -> dict[str, int]:
        """How many advisories each ecosystem has, withdrawn ones not counted."""
        query = "SELECT ecosystem, count(*) FROM advisory WHERE withdrawn = 0 GROUP BY ecosystem ORDER BY ecosystem"
        return dict(self._connection.execute(query).fetchall())

    def newest(self) -> dict[str, str]:
        """The day of the latest change that each ecosystem holds. Days after the last import are slips of the pen."""
        query = (
            "SELECT ecosystem, max(modified) FROM advisory"
            " WHERE modified <= (SELECT max(day) FROM imported) GROUP BY ecosystem ORDER BY ecosystem"
        )
        return dict(self._connection.execute(query).fetchall())

    def imported(self) -> str:
        """The day of the last import."""
        return str(self._connection.execute("SELECT max(day) FROM imported").fetchone()[0] or "")


def add(path: Path, sources: Iterable[Source], advisories: Iterable[Advisory]) -> int:
    """Add to the database at `path`, which is replaced only when all went well. How many rows were read.

    `sources` is asked last. Raises TargetError when there is no advisory at all."""
    count = 0
    with _replacement(path) as connection:
        for one in advisories:
            connection.execute(_UPSERT, _row(one))
            count += 1
        if not count:
            raise TargetError("no advisory for PyPI or npm was found there", "OSV publishes one archive an ecosystem")
        for source in sources:
            connection.execute(_SOURCE, (source.id, source.name, source.licence, source.as_of, source.revision))
        connection.execute("DELETE FROM imported")
        connection.execute("INSERT INTO imported VALUES (?)", (datetime.now(UTC).date().isoformat(),))
    return count


@contextlib.contextmanager
def _replacement(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy beside `path`, moved over it at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise TargetError(
            f"cannot write below {path.parent}: {error.strerror}", "give another place with --db"
        ) from error
    os.close(handle)
    copy = Path(name)
    try:
        if path.is_file():
            Database(path).close()  # refuses a file that is not ours
            shutil.copyfile(path, copy)
        connection = sqlite3.connect(copy)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(f"PRAGMA user_version = {SCHEMA};{_TABLES}")
            with connection:
                yield connection
        finally:
            connection.close()
        copy.chmod(0o644)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _row(one: Advisory) -> tuple[str, str, str, str, int, int, str]:
    return one.ecosystem, one.package, one.id, one.modified, int(one.incomplete), int(one.withdrawn), _freeze(one)


def _freeze(one: Advisory) -> str:
    spans = [(r.introduced, r.fixed, r.last_affected, r.after) for r in one.ranges]
    body = asdict(replace(one, ranges=()))
    kept = {k: v for k, v in body.items() if v not in ("", (), None, False)}
    return json.dumps(kept | {"ranges": spans}, sort_keys=True, separators=(",", ":"))


def _thaw(body: str) -> Advisory:
    data = json.loads(body)
    ranges = tuple(Range(*span) for span in data.pop("ranges"))
    severity = data.pop("severity", None)
    for name in ("aliases", "versions", "fixed", "sources"):
        data[name] = tuple(data.get(name, ()))
    return Advisory(**data, ranges=ranges, severity=None if severity is None else Severity(severity))
