"""The commit that a change is compared with, as a snapshot of its own."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.acquire.history import git
from vibeaudit.acquire.tree import lay_out
from vibeaudit.config import Config
from vibeaudit.errors import TargetError, ToolError
from vibeaudit.model import Snapshot


@contextlib.contextmanager
def base_of(snapshot: Snapshot, name: str, config: Config) -> Iterator[Snapshot]:
    """The snapshot of the commit where the audited code left `name` (a branch, tag or commit). Raises
    TargetError when it cannot be found."""
    git_dir, commit = _resolve(name, snapshot)
    with tempfile.TemporaryDirectory(prefix="vibeaudit-base-") as room:
        lay_out(git_dir, commit, Path(room), config)
        yield snapshot_of(Path(room), config, commit=commit)


def _resolve(name: str, snapshot: Snapshot) -> tuple[Path, str]:
    if snapshot.git_dir is None or snapshot.commit is None:
        raise TargetError("--diff needs a git checkout with at least one commit", "leave --diff out")
    if name.startswith("-"):
        raise TargetError(f"{name!r} is no commit", "give a branch, a tag or a commit")
    for ref in (name, f"refs/remotes/origin/{name}"):
        try:
            commit = _ask(snapshot.git_dir, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except ToolError:
            continue
        try:
            return snapshot.git_dir, _ask(snapshot.git_dir, "merge-base", commit, snapshot.commit)
        except ToolError:  # a shallow history, or none in common
            return snapshot.git_dir, commit
    raise TargetError(f"there is no commit {name!r} in this history", "fetch it first; CI often fetches one commit")


def _ask(git_dir: Path, *words: str) -> str:
    return git(git_dir, *words).decode().strip()
