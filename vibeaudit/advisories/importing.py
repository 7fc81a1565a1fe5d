"""Reads advisories from where people have them: a bundle, OSV's zip archives, folders or single files."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vibeaudit.advisories import Advisory, Source, bundle, osv
from vibeaudit.advisories.database import add
from vibeaudit.errors import TargetError

MAX_RECORD = 20_000_000  # bytes of one OSV record
MAX_RECORDS = 2_000_000
MAX_UNFOLDED = 8_000_000_000
_FAMILIES = {
    "PYSEC": Source("pypa", "PyPA Advisory Database", "CC-BY-4.0"),
    "GHSA": Source("ghsa", "GitHub Advisory Database", "CC-BY-4.0"),
    "MAL": Source("ossf-malicious-packages", "OpenSSF Malicious Packages", "Apache-2.0"),
    "OSV": Source("osv", "OSV", "CC-BY-4.0"),
}
_OTHER = Source("osv-other", "OSV, other sources", "see the record's own source")


def import_from(path: Path, database: Path) -> int:
    """Add what `path` holds to the database. How many rows were read; raises TargetError for what is unreadable."""
    if not path.exists():
        raise TargetError(
            f"{path} does not exist", "give a bundle (.jsonl.gz), an OSV all.zip, a folder or a .json file"
        )
    if path.is_file() and path.name.endswith((".jsonl.gz", ".jsonl")):
        return add(database, bundle.sources(path), bundle.read(path))
    seen: dict[str, Source] = {}
    return add(database, _in_order(seen), _advisories(_records(path), seen))


def _in_order(seen: dict[str, Source]) -> Iterator[Source]:
    """What `seen` holds when it is asked."""
    yield from (seen[i] for i in sorted(seen))


def _advisories(records: Iterator[Any], seen: dict[str, Source]) -> Iterator[Advisory]:
    """Fills `seen` with each source and the day of its latest change."""
    today = datetime.now(UTC).date().isoformat()
    for record in records:
        try:
            family = _FAMILIES.get(str(record["id"]).split("-")[0], _OTHER)
            for one in osv.advisories(record, family.id):
                known = seen.get(family.id, family)
                as_of = max(known.as_of, one.modified if one.modified <= today else "")
                seen[family.id] = Source(family.id, family.name, family.licence, as_of)
                yield one
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue  # a record that is not OSV says nothing; the rest still counts


def _records(path: Path) -> Iterator[Any]:
    if path.is_dir():
        return _from_folder(path)
    if zipfile.is_zipfile(path):
        return from_zip(path)
    if path.suffix == ".json":
        return iter([_parsed(_bytes(path), path.name)])
    raise TargetError(
        f"{path.name} is none of the formats that can be imported", "known: .jsonl.gz bundle, OSV .zip, folder, .json"
    )


def _from_folder(folder: Path) -> Iterator[Any]:
    """Records of a folder's .json files, and those of the archives in it, by path."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".json", ".zip"}):
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix == ".zip":
            yield from from_zip(path)
        elif path.stat().st_size <= MAX_RECORD:
            yield _parsed(_bytes(path), path.name, strict=False)


def from_zip(path: Path) -> Iterator[Any]:
    """Records of an archive. What unfolds to too much ends the import: it is no advisory archive."""
    unfolded = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".json")]
            if len(members) > MAX_RECORDS:
                raise TargetError(f"{path.name} holds more than {MAX_RECORDS} files")
            for member in members:
                with archive.open(member) as stream:
                    data = stream.read(MAX_RECORD + 1)
                unfolded += len(data)
                if len(data) > MAX_RECORD or unfolded > MAX_UNFOLDED:
                    raise TargetError(f"{path.name} unfolds to too much (at {member.filename[:80]!r})")
                yield _parsed(data, member.filename, strict=False)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise TargetError(f"{path.name} is not a whole zip archive: {error}", "download it again") from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_RECORD:
            raise TargetError(f"{path.name} is larger than {MAX_RECORD // 1_000_000} MB")
        return path.read_bytes()
    except OSError as error:
        raise TargetError(f"{path.name} cannot be read: {error.strerror}") from error


def _parsed(data: bytes, name: str, *, strict: bool = True) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        if strict:
            raise TargetError(f"{name[:80]} is not JSON") from error
        return None
