"""The report folder: every file written whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from vibeaudit.errors import UsageError
from vibeaudit.model import Patch
from vibeaudit.reports.visible import line

PATCH_FILE = re.compile(r"patches/(?:unverified/)?[A-Za-z0-9._-]+\.patch")
END_OF_HEADER = "\n---\n"


def write_all(out: Path, files: Mapping[str, Callable[[], Iterable[bytes]]]) -> tuple[Path, ...]:
    """Write `files` (what makes each, by path below `out`), one after the other, and remove the patches that an earlier
    report left there. Raises UsageError when `out` or a folder in it is a file or a link."""
    _folder(out)
    for stale in _earlier_patches(out) - set(files):
        if not (out / stale).parent.is_symlink():
            (out / stale).unlink(missing_ok=True)
    return tuple(_write(out, name, make()) for name, make in files.items())


def patch_file(patch: Patch, lang: str) -> bytes:
    """A patch for `git am`, `git apply` and `patch`: a short message, then the diff as it is."""
    told = [
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001",
        "From: vibeaudit <vibeaudit@localhost>",
        f"Subject: [PATCH] {line(patch.title.to(lang), 200)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Closes {line(', '.join(sorted(patch.rule_ids)), 200)} ({patch.safety.label}, written by a {patch.author}).",
    ]
    diff = patch.diff if patch.diff.endswith("\n") else patch.diff + "\n"
    return ("\n".join(told) + END_OF_HEADER + diff).encode("utf-8", "surrogateescape")


def _folder(path: Path) -> None:
    if path.is_symlink():
        raise UsageError(f"{path} is a symbolic link", "give --out the folder that it points to")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{path} is a file, not a folder", "give --out a folder") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be created: {error.strerror}", "give --out a folder you may write") from error


def _write(out: Path, name: str, data: Iterable[bytes]) -> Path:
    target = out / name
    for parent in reversed(Path(name).parents[:-1]):
        _folder(out / parent)
    if target.is_dir() and not target.is_symlink():
        raise UsageError(f"{target} is a folder", "remove it, or give --out another folder")
    try:
        handle, temporary = tempfile.mkstemp(prefix=".vibeaudit-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(data)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)  # a link in its place is replaced, not followed
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}", "give --out a folder you may write"
        ) from error
    return target


def _earlier_patches(out: Path) -> set[str]:
    """The patch files that an earlier findings.json of ours names."""
    if not (out / "patches").is_dir():
        return set()
    try:
        earlier = json.loads((out / "findings.json").read_bytes())
        names = {str(p["file"]) for p in earlier["patches"] if earlier["tool"]["name"] == "vibeaudit"}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {n for n in names if PATCH_FILE.fullmatch(n)}
