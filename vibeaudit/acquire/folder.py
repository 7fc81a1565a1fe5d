"""A folder becomes a Snapshot: which files are looked at, and which are not and why."""

from __future__ import annotations

import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from vibeaudit.acquire.sieve import NOT_OWN, VENDORED, printable, unfit_content, unfit_name, unfit_size
from vibeaudit.acquire.virtualenvs import belongs_to_virtualenv, is_virtualenv
from vibeaudit.config import Config
from vibeaudit.errors import TargetError
from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.source import SourceFile

_HEAD = 65_536


@dataclass
class _Haul:
    """What a walk brings home."""

    files: list[SourceFile] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    links: list[tuple[PurePosixPath, str]] = field(default_factory=list)
    ignored: int = 0
    bytes: int = 0


def snapshot_of(
    root: Path,
    config: Config,
    *,
    origin: str = "folder",
    name: str = "",
    commit: str | None = None,
    room: Path | None = None,
) -> Snapshot:
    """The snapshot of a folder as it is. `room` is an empty folder of ours; with it, and when the folder is a
    git checkout, its history is opened there (git itself never runs with the folder's own configuration).
    Raises TargetError when the folder is larger than the limits."""
    history = None
    if room is not None:
        from vibeaudit.acquire.history import open_history

        history = open_history(root, room)
    haul = _walk(root, config, history.tracked if history else None)
    haul.files.sort(key=lambda f: f.path)
    by_path = {str(f.path): f for f in haul.files}
    return Snapshot(
        root=root,
        origin=origin,
        name=name or _own_name(by_path),
        commit=commit or (history.head if history else None),
        files=tuple(haul.files),
        left_out=tuple(sorted(haul.left_out, key=lambda o: (o.what, o.why))),
        links=tuple(sorted(haul.links)),
        by_path=by_path,
        git_dir=history.git_dir if history else None,
    )


def _walk(root: Path, config: Config, tracked: frozenset[str] | None) -> _Haul:
    haul, limits = _Haul(), config.limits
    ignored = _ignore_rules(root) if tracked is not None else None
    vendored: Counter[str] = Counter()
    for folder, names in _folders(root, haul, vendored, ignored, tracked or frozenset()):
        for file_name in names:
            disk = Path(folder, file_name)
            path = PurePosixPath(disk.relative_to(root).as_posix())
            if ignored and str(path) not in (tracked or ()) and ignored.match_file(str(path)):
                haul.ignored += 1
            elif disk.is_symlink():
                haul.links.append((PurePosixPath(printable(str(path))), printable(os.readlink(disk))))
            elif why := _unfit(path, disk, config, haul):
                haul.left_out.append(LeftOut(printable(str(path)), why))
            else:
                haul.files.append(SourceFile(path, disk))
            if len(haul.files) > limits.files:
                raise TargetError(f"more than {limits.files:,} files", "audit one application folder at a time")
    haul.left_out += [LeftOut(f"{n}/", NOT_OWN) for n in sorted(vendored)]
    haul.left_out += [LeftOut(str(path), "a symlink, not followed") for path, _ in haul.links]
    if haul.ignored:
        haul.left_out.append(LeftOut(f"{haul.ignored} untracked files", "ignored by .gitignore"))
    return haul


def _folders(
    root: Path, haul: _Haul, vendored: Counter[str], ignored: Any, tracked: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    """Each folder with its file names, sorted; vendored and wholly ignored folders are not entered."""
    holders = {str(p) for t in tracked for p in PurePosixPath(t).parents}
    for folder, folders, names in os.walk(root):
        inner = []
        for sub in sorted(folders):
            path = PurePosixPath(Path(folder, sub).relative_to(root).as_posix())
            if Path(folder, sub).is_symlink():
                haul.links.append((PurePosixPath(printable(str(path))), printable(os.readlink(Path(folder, sub)))))
            elif sub in VENDORED or is_virtualenv(disk := Path(folder, sub)) or belongs_to_virtualenv(disk):
                vendored[printable(str(path))] += 1
            elif ignored and str(path) not in holders and ignored.match_file(f"{path}/"):
                haul.ignored += 1
            else:
                inner.append(sub)
        folders[:] = inner
        yield folder, sorted(names)


def _unfit(path: PurePosixPath, disk: Path, config: Config, haul: _Haul) -> str:
    if why := unfit_name(path, config.limits) or ("" if disk.is_file() else "not a regular file"):
        return why
    try:
        size = disk.stat().st_size
        if why := unfit_size(path, size, config.limits):
            return why
        with disk.open("rb") as stream:
            why = unfit_content(path, stream.read(_HEAD), size)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    haul.bytes += 0 if why else size
    if haul.bytes > config.limits.repository_bytes:
        cap = config.limits.repository_bytes // 1_000_000
        raise TargetError(f"more than {cap:,} MB of files", "audit one application folder at a time")
    return why


def _ignore_rules(root: Path) -> Any:
    """The .gitignore files of the tree, as one specification."""
    import pathspec

    lines: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - VENDORED)
        if ".gitignore" in names and not (disk := Path(folder, ".gitignore")).is_symlink():
            below = Path(folder).relative_to(root).as_posix()
            lines += [_rooted(line, below) for line in disk.read_text("utf-8", "replace").splitlines()]
    return pathspec.GitIgnoreSpec.from_lines(lines) if lines else None


def _rooted(line: str, below: str) -> str:
    """A .gitignore line of a sub-folder as one of the root."""
    if below == "." or not line.strip() or line.startswith("#"):
        return line
    sign, pattern = ("!", line[1:]) if line.startswith("!") else ("", line)
    anchored = "/" in pattern.rstrip("/")
    return f"{sign}/{below}/{pattern.lstrip('/')}" if anchored else f"{sign}/{below}/**/{pattern}"


def _own_name(by_path: dict[str, SourceFile]) -> str:
    """What the app calls itself, so that the folder's name does not matter."""
    try:
        if file := by_path.get("package.json"):
            return str(json.loads(file.text)["name"])[:100]
        if file := by_path.get("pyproject.toml"):
            return str(tomllib.loads(file.text)["project"]["name"])[:100]
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return "app"
