"""Branches of ours on a remote: made, updated while they are ours alone, and left when a person touched them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vibeaudit import process
from vibeaudit.acquire.clone import environment, without_credentials
from vibeaudit.acquire.target import Target
from vibeaudit.deliver.series import AUTHOR, TRAILER, Commit, ask
from vibeaudit.errors import ToolError
from vibeaudit.redact import strip_credentials
from vibeaudit.reports.visible import line

PREFIX = "vibeaudit/"


@dataclass(frozen=True, slots=True)
class Pushed:
    """`state` is created, updated, unchanged or touched (a person's commits lie on it: left alone)."""

    branch: str
    commit: Commit
    state: str


def branch_of(commit: Commit) -> str:
    return f"{PREFIX}{commit.patch.id}"


def push(git_dir: Path, remote: Target, commits: Sequence[Commit]) -> tuple[Pushed, ...]:
    """Bring each commit to a branch of its own. Raises ToolError when the remote refuses."""
    known = _branches(git_dir, remote)
    return tuple(_push(git_dir, remote, c, known.get(branch_of(c), "")) for c in commits)


def _push(git_dir: Path, remote: Target, commit: Commit, there: str) -> Pushed:
    branch = branch_of(commit)
    if there:
        _git(git_dir, remote, "fetch", "--quiet", "--no-tags", "--depth=2", "{url}", there)
        if not _ours(git_dir, there):
            return Pushed(branch, commit, "touched")
        if _same(git_dir, there, commit.id):
            return Pushed(branch, commit, "unchanged")
    lease = f"--force-with-lease=refs/heads/{branch}:{there}"
    _git(git_dir, remote, "push", "--quiet", lease, "{url}", f"{commit.id}:refs/heads/{branch}")
    return Pushed(branch, commit, "updated" if there else "created")


def _ours(git_dir: Path, commit: str) -> bool:
    """Whether the newest commit on the branch is one that we made."""
    told = ask(git_dir, "show", "-s", "--format=%cn%n%B", commit)
    return told.startswith(AUTHOR["GIT_COMMITTER_NAME"] + "\n") and f"{TRAILER}: " in told


def _same(git_dir: Path, there: str, here: str) -> bool:
    """Same files, same parent: nothing to push."""
    trees = [ask(git_dir, "rev-parse", f"{c}^{{tree}}") for c in (there, here)]
    try:
        parents = [ask(git_dir, "rev-parse", f"{c}^") for c in (there, here)]
    except ToolError:
        return False
    return trees[0] == trees[1] and parents[0] == parents[1]


def _branches(git_dir: Path, remote: Target) -> dict[str, str]:
    listed = _git(git_dir, remote, "ls-remote", "--heads", "{url}", f"refs/heads/{PREFIX}*")
    rows = (row.split("\t", 1) for row in listed.splitlines() if "\t" in row)
    return {name.removeprefix("refs/heads/"): commit for commit, name in rows}


def _git(git_dir: Path, remote: Target, *words: str) -> str:
    """A git command that talks to the remote, with our settings alone and the credentials in the environment."""
    url, headers = without_credentials(remote)
    done = process.run(
        ["git", f"--git-dir={git_dir}", *(w.replace("{url}", url) for w in words)],
        timeout=300,
        env=environment(headers),
        network=True,
    )
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no word why"]
        raise ToolError(
            f"git {words[0]} to {remote.shown} failed: {line(strip_credentials(said[-1]), 200)}",
            "check that the token may write to the repository, then run the same command again",
        )
    return done.stdout.decode("utf-8", "replace")
