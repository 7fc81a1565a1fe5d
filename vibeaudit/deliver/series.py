"""Commits made of patches, in a git directory of ours: no working tree, no hook, no filter, no foreign setting."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vibeaudit.acquire.history import git
from vibeaudit.errors import ToolError
from vibeaudit.model import Patch
from vibeaudit.reports.visible import line

AUTHOR = {
    "GIT_AUTHOR_NAME": "vibeaudit",
    "GIT_AUTHOR_EMAIL": "vibeaudit@localhost",
    "GIT_COMMITTER_NAME": "vibeaudit",
    "GIT_COMMITTER_EMAIL": "vibeaudit@localhost",
}
TRAILER = "Vibeaudit-Patch"


@dataclass(frozen=True, slots=True)
class Commit:
    """`id` is the commit that holds the patch."""

    patch: Patch
    id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A patch that no longer applies, and git's word on it."""

    patch: Patch
    reason: str


def commit_each(
    git_dir: Path, base: str, patches: Sequence[Patch], *, stacked: bool, env: Mapping[str, str] | None = None
) -> tuple[tuple[Commit, ...], tuple[Failed, ...]]:
    """A commit for each patch: one on another when `stacked`, else each on `base`. One that does not apply is
    passed over."""
    made: list[Commit] = []
    failed: list[Failed] = []
    for patch in patches:
        parent = made[-1].id if stacked and made else base
        try:
            made.append(Commit(patch, _commit(git_dir, parent, patch, dict(env or {}))))
        except ToolError as error:
            failed.append(Failed(patch, error.message))
    return tuple(made), tuple(failed)


def message(patch: Patch) -> str:
    """An imperative line, what it closes, and a trailer by which a later run knows its own commit."""
    closes = ", ".join(patch.rule_ids)
    return f"fix(security): {line(patch.title.en, 72)}\n\nCloses {closes}.\n\n{TRAILER}: {patch.id}\n"


def _commit(git_dir: Path, parent: str, patch: Patch, env: dict[str, str]) -> str:
    with tempfile.TemporaryDirectory(prefix="vibeaudit-index-") as room:
        env = {**env, **AUTHOR, "GIT_INDEX_FILE": str(Path(room) / "index")}
        ask(git_dir, "read-tree", parent, env=env)
        diff = patch.diff.encode("utf-8", "surrogateescape")
        ask(git_dir, "apply", "--cached", "--whitespace=nowarn", "-", env=env, stdin=diff)
        tree = ask(git_dir, "write-tree", env=env)
        if tree == ask(git_dir, "rev-parse", f"{parent}^{{tree}}", env=env):
            raise ToolError("the patch changes nothing here")
        return ask(git_dir, "commit-tree", tree, "-p", parent, "-F", "-", env=env, stdin=message(patch).encode())


def ask(git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
    """A git command's output on a git directory of ours, as text. Raises ToolError with git's last word."""
    return git(git_dir, *words, env=env, stdin=stdin).decode("utf-8", "replace").strip()
