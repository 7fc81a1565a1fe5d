"""A commit's files, laid out from the object store: no checkout, so no hook, filter, submodule or LFS runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vibeaudit import process
from vibeaudit.acquire.history import NO_CONFIG, SAFE_GIT, git
from vibeaudit.acquire.sieve import NOT_OWN, VENDORED, printable, unfit_name, unfit_size
from vibeaudit.config import Config
from vibeaudit.errors import TargetError
from vibeaudit.model import LeftOut

_FILE_MODES = frozenset(("100644", "100755", "100664"))


@dataclass(frozen=True, slots=True)
class Entry:
    mode: str
    blob: str
    size: int
    path: PurePosixPath


def lay_out(git_dir: Path, commit: str, target: Path, config: Config) -> tuple[LeftOut, ...]:
    """Write a commit's files below `target`, and say what was left out. Raises TargetError over the limits."""
    wanted, left_out = [], []
    for entry in entries(git_dir, commit):
        if why := _unfit(entry, config):
            left_out.append(LeftOut(printable(str(entry.path)), why))
        else:
            wanted.append(entry)
    limits = config.limits
    if len(wanted) > limits.files:
        raise TargetError(f"more than {limits.files:,} files", "audit one application folder at a time")
    if sum(e.size for e in wanted) > limits.repository_bytes:
        raise TargetError(f"more than {limits.repository_bytes // 1_000_000:,} MB of files", "audit a part of it")
    _write(git_dir, wanted, target, config)
    return tuple(_briefly(left_out))


def entries(git_dir: Path, commit: str) -> list[Entry]:
    """Everything in a commit's tree, in git's order."""
    listed = git(git_dir, "ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    found = []
    for row in listed.decode("utf-8", "surrogateescape").split("\0"):
        head, _, name = row.partition("\t")
        if len(words := head.split()) == 4:
            size = int(words[3]) if words[3].isdigit() else 0
            found.append(Entry(words[0], words[2], size, PurePosixPath(name)))
    return found


def _unfit(entry: Entry, config: Config) -> str:
    parts = entry.path.parts
    if not parts or entry.path.is_absolute() or ".." in parts or any(p.lower() in {".git", "git~1"} for p in parts):
        return "a path that leads out of the repository"
    if entry.mode == "120000":
        return "a symlink, not followed"
    if entry.mode not in _FILE_MODES:
        return "a submodule, not fetched" if entry.mode == "160000" else f"unknown mode {entry.mode}"
    if vendored := next((p for p in parts[:-1] if p in VENDORED), ""):
        return f"below {vendored}/, not the app's own code"
    return unfit_name(entry.path, config.limits) or unfit_size(entry.path, entry.size, config.limits)


def _write(git_dir: Path, wanted: list[Entry], target: Path, config: Config) -> None:
    """One `cat-file --batch` gives all blobs, in the order asked."""
    asked = "".join(f"{e.blob}\n" for e in wanted).encode()
    done = process.run(
        [*SAFE_GIT, f"--git-dir={git_dir}", "cat-file", "--batch"],
        timeout=config.limits.clone_seconds,
        env=NO_CONFIG,
        stdin=asked,
    )
    at = 0
    for entry in wanted:
        line, _, _ = done.stdout[at : at + 200].partition(b"\n")
        words = line.split()
        if len(words) != 3:
            raise TargetError("the repository's objects are incomplete", "try again, or check the repository")
        start, size = at + len(line) + 1, int(words[2])
        disk = target / entry.path
        disk.parent.mkdir(parents=True, exist_ok=True)
        with disk.open("xb") as stream:
            stream.write(done.stdout[start : start + size])
        at = start + size + 1


def _briefly(left_out: list[LeftOut]) -> list[LeftOut]:
    """Vendored files by the folder instead of one by one."""
    brief: dict[tuple[str, str], LeftOut] = {}
    for entry in left_out:
        if entry.why.startswith("below "):
            folder = entry.why.removeprefix("below ").split("/")[0]
            what = entry.what.split(f"{folder}/")[0] + f"{folder}/"
            entry = LeftOut(what, NOT_OWN)
        brief[(entry.what, entry.why)] = entry
    return list(brief.values())
