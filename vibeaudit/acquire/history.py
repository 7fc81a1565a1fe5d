"""A checkout's history, read through a git directory of our own.

The audited folder's `.git/config` may name programs (fsmonitor, filters, pagers, ssh commands) that git would
start. So git never runs there: we lay a bare repository in a folder of ours, point its object store at the
audited objects, and copy names of commits only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vibeaudit import process
from vibeaudit.acquire.sieve import printable
from vibeaudit.errors import ToolError

SAFE_GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
NO_CONFIG = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}
_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/[\w./@+=-]{1,250}")
_MAX_REFS_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class History:
    """`tracked` is None-free: empty when the index could not be read."""

    git_dir: Path
    head: str | None
    tracked: frozenset[str]


def open_history(root: Path, room: Path) -> History | None:
    """The history of a checkout, or None when the folder is not one (or its history cannot be read)."""
    theirs = _git_dir(root)
    if theirs is None:
        return None
    common = _common(theirs)
    refs = _refs(common)
    head = _head(theirs, refs)
    ours = room / "history.git"
    try:
        _lay(ours, common, refs, head)
        listed = git(ours, "ls-files", "-z", "--cached", env={"GIT_INDEX_FILE": str(theirs / "index")})
    except (OSError, ToolError):
        return None
    names = listed.decode("utf-8", "surrogateescape").split("\0")
    return History(ours, head, frozenset(n for n in names if n))


def git(git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> bytes:
    """The output of a git command on a git directory of ours. Raises ToolError when it fails."""
    command = [*SAFE_GIT, f"--git-dir={git_dir}", *words]
    done = process.run(command, timeout=120, env={**NO_CONFIG, **(env or {})}, stdin=stdin)
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ToolError(f"git {words[0]} failed: {printable(said[-1])[:200] if said else 'no word why'}")
    return done.stdout


def common_dir(root: Path) -> Path:
    """Where a checkout keeps its objects and refs. Raises FileNotFoundError when it is none."""
    found = _git_dir(root)
    if found is None:
        raise FileNotFoundError(root / ".git")
    return _common(found)


def _git_dir(root: Path) -> Path | None:
    place = root / ".git"
    if place.is_file() and not place.is_symlink():  # a worktree's pointer
        text = place.read_text("utf-8", "replace")[:4096]
        place = (root / text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") else place
    return place if (place / "HEAD").is_file() else None


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return git_dir / pointer.read_text("utf-8", "replace").strip() if pointer.is_file() else git_dir


def _refs(common: Path) -> dict[str, str]:
    """Names of refs and the commits that they name; anything that does not look so is passed over."""
    refs: dict[str, str] = {}
    packed = common / "packed-refs"
    if packed.is_file() and packed.stat().st_size < _MAX_REFS_BYTES:
        for line in packed.read_text("utf-8", "replace").splitlines():
            commit, _, name = line.partition(" ")
            if _HEX.fullmatch(commit) and _REF.fullmatch(name):
                refs[name] = commit
    for folder, _, names in os.walk(common / "refs"):
        for name in names:
            path = Path(folder, name)
            ref = path.relative_to(common).as_posix()
            commit = _first_line(path)
            if _HEX.fullmatch(commit) and _REF.fullmatch(ref):
                refs[ref] = commit
    return refs


def _head(git_dir: Path, refs: dict[str, str]) -> str | None:
    line = _first_line(git_dir / "HEAD")
    return refs.get(line.removeprefix("ref: ")) if line.startswith("ref: ") else _hex(line)


def _lay(ours: Path, common: Path, refs: dict[str, str], head: str | None) -> None:
    (ours / "objects" / "info").mkdir(parents=True)
    (ours / "refs").mkdir()
    (ours / "objects" / "info" / "alternates").write_text(f"{(common / 'objects').resolve()}\n")
    wide = any(len(c) == 64 for c in refs.values())
    extension = "[extensions]\n\tobjectFormat = sha256\n" if wide else ""
    (ours / "config").write_text(f"[core]\n\trepositoryformatversion = {int(wide)}\n\tbare = true\n{extension}")
    (ours / "packed-refs").write_text("".join(f"{c} {n}\n" for n, c in sorted(refs.items())))
    (ours / "HEAD").write_text(f"{head}\n" if head else "ref: refs/heads/none\n")
    if shallow := [w for w in _text(common / "shallow").split() if _HEX.fullmatch(w)]:
        (ours / "shallow").write_text("\n".join(shallow) + "\n")


def _first_line(path: Path) -> str:
    return next(iter(_text(path)[:300].splitlines()), "").strip()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.is_file() and not path.is_symlink() else ""
    except OSError:
        return ""


def _hex(word: str) -> str | None:
    return word if _HEX.fullmatch(word) else None
