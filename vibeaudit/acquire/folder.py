"""A folder becomes a Snapshot: which files are looked at, and which are not and why."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from vibeaudit.config import Config
from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.source import SourceFile

_SKIPPED = frozenset((".git", "node_modules", ".venv", "__pycache__", ".next", ".mypy_cache"))


def snapshot_of(root: Path, config: Config, *, origin: str = "", name: str = "", commit: str | None = None) -> Snapshot:
    """The snapshot of a folder as it is."""
    files, left_out = [], []
    for folder, folders, names in os.walk(root):
        for skipped in sorted(set(folders) & _SKIPPED):
            left_out.append(LeftOut(skipped, "not the app's own code"))
        folders[:] = sorted(set(folders) - _SKIPPED)
        for file_name in sorted(names):
            disk = Path(folder, file_name)
            files.append(SourceFile(PurePosixPath(disk.relative_to(root).as_posix()), disk))
    files.sort(key=lambda f: f.path)
    by_path = {str(f.path): f for f in files}
    return Snapshot(root, origin, name or root.name, commit, tuple(files), tuple(left_out), by_path=by_path)
