"""A .zip or tar archive becomes a Snapshot. Bombs, links and paths that lead out stay inside the archive."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.acquire.sieve import NOT_OWN, VENDORED, printable, unfit_name, unfit_size
from vibeaudit.config import Config
from vibeaudit.errors import TargetError
from vibeaudit.model import LeftOut, Snapshot

_CHUNK = 1 << 20
_Member = tuple[str, int, str, IO[bytes] | None]  # name, size, why not, stream


def unpack(archive: Path, config: Config, room: Path) -> Snapshot:
    """Write the archive's regular files below `room`. Raises TargetError when it is broken or too large."""
    target, left_out, written = room / "files", [], 0
    target.mkdir()
    seen = 0
    try:
        for name, size, why, stream in _members(archive):
            seen += 1
            if seen > config.limits.files * 4:
                raise TargetError(f"{archive.name} has too many entries", "unpack it and audit one folder")
            path = PurePosixPath(name.replace("\\", "/"))
            if why := why or _unfit(path, size, config):
                left_out.append(LeftOut(printable(name), why))
            elif stream is not None:
                written += _copy(stream, target / path, config.limits.repository_bytes - written, archive.name)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        NotImplementedError,
    ) as e:
        raise TargetError(
            f"{archive.name} cannot be unpacked: {str(e)[:120]}", "is it whole, and without a password?"
        ) from e
    root = _single_folder(target)
    snapshot = snapshot_of(root, config, origin=archive.name, name=archive.name.split(".")[0])
    return replace(snapshot, left_out=tuple(sorted({*snapshot.left_out, *left_out}, key=lambda o: o.what)))


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as box:
            for info in box.infolist():
                kind = info.external_attr >> 28
                why = "a symlink, not followed" if kind == 0xA else ""
                if not info.is_dir():
                    with closing(box.open(info)) as stream:
                        yield info.filename, info.file_size, why, stream
        return
    with tarfile.open(archive, "r:*") as tar:
        for member in tar:
            if member.isdir():
                continue
            why = "" if member.isfile() else "not a regular file"
            yield member.name, member.size, why, tar.extractfile(member) if member.isfile() else None


def _unfit(path: PurePosixPath, size: int, config: Config) -> str:
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        return "a path that leads out of the archive"
    if any(part in VENDORED for part in path.parts[:-1]):
        return NOT_OWN
    return unfit_name(path, config.limits) or unfit_size(path, size, config.limits)


def _copy(stream: IO[bytes], disk: Path, room: int, name: str) -> int:
    """Copy at most `room` bytes, whatever the archive's directory says."""
    disk.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with disk.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            written += len(chunk)
            if written > room:
                raise TargetError(f"{name} unpacks to more than the limit", "unpack it and audit one folder")
            out.write(chunk)
    return written


def _single_folder(target: Path) -> Path:
    """Archives of a forge hold one folder that holds all."""
    inner = list(target.iterdir())
    return inner[0] if len(inner) == 1 and inner[0].is_dir() and inner[0].name not in VENDORED else target
