"""Patches as commits on a new branch of a local checkout, whose working tree and index are not touched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vibeaudit.acquire.history import common_dir, open_history
from vibeaudit.deliver import deliverable
from vibeaudit.deliver.series import Commit, Failed, ask, commit_each
from vibeaudit.errors import TargetError, ToolError, UsageError
from vibeaudit.model import Patch, Report


def commit_patches(
    checkout: Path, report: Report, branch: str, *, unsafe: bool
) -> tuple[tuple[Commit, ...], tuple[Failed, ...]]:
    """One commit a patch, on top of one another, on a new branch from HEAD. Patches that rest on changes that
    are not committed do not apply, and come back as failed. Raises TargetError when the folder is no checkout,
    UsageError when the branch exists or its name will not do."""
    with tempfile.TemporaryDirectory(prefix="vibeaudit-git-") as room:
        history = open_history(checkout, Path(room))
        if history is None or history.head is None:
            raise TargetError(f"{checkout} is not a git checkout with a commit", "--branch needs one")
        theirs = common_dir(checkout)
        _check_name(branch, theirs, history.git_dir)
        # New objects go to the checkout's own store; git runs with our settings alone.
        env = {"GIT_OBJECT_DIRECTORY": str(theirs / "objects")}
        wanted: tuple[Patch, ...] = deliverable(report, unsafe=unsafe)
        made, failed = commit_each(history.git_dir, history.head, wanted, stacked=True, env=env)
        if made:
            _create(theirs / "refs" / "heads" / branch, made[-1].id)
    return made, failed


def _check_name(branch: str, theirs: Path, ours: Path) -> None:
    try:
        ask(ours, "check-ref-format", "--branch", branch)
    except ToolError as error:
        raise UsageError(f"{branch!r} is no name for a branch", "letters, digits, dashes and slashes") from error
    packed = theirs / "packed-refs"
    known = packed.read_text("utf-8", "replace") if packed.is_file() else ""
    if (theirs / "refs" / "heads" / branch).exists() or f" refs/heads/{branch}\n" in known:
        raise UsageError(f"the branch {branch} exists already", "give another --branch, or delete it first")


def _create(ref: Path, commit: str) -> None:
    """A new ref, never through a link and never over another."""
    ref.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(ref, flags, 0o644), "w") as stream:
        stream.write(f"{commit}\n")
