"""What earlier audits worked out, by the hash of all that it rests on, in the user's own cache folder.

Nothing is written into the audited folder. A key holds the app's paths and contents, the rules asked for, and this
program's own code and tools, so that whatever changes, changes the key. What is read back can only build the nouns of
`vibeaudit/model/`, whoever wrote it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from vibeaudit import model
from vibeaudit.model import Snapshot
from vibeaudit.rules import RuleBook, folder

T = TypeVar("T")
VARIABLE = "VIBEAUDIT_CACHE"  # another folder than the user's own; empty for none
MAX_BYTES = 500_000_000  # of all that is kept; the least used goes first
_TOOLS = ("semgrep", "bandit", "ast-grep-py", "pyahocorasick", "tree-sitter", "pyyaml", "tree-sitter-python",
          "tree-sitter-javascript", "tree-sitter-typescript", "tree-sitter-sql", "tree-sitter-html")  # fmt: skip
_BUILDERS = {("builtins", "frozenset"), ("builtins", "set"), ("pathlib", "PurePosixPath")}


@dataclass(frozen=True, slots=True)
class Cache:
    """Keeps results for one input. Without a folder it keeps nothing."""

    folder: Path | None = None
    key: str = ""

    def recall(self, name: str, kind: type[T], make: Callable[[], T], lasting: Callable[[T], bool] = bool) -> T:
        """The result kept under this name, else what `make` gives; which is kept where it is `lasting`."""
        if self.folder is None:
            return make()
        place = self.folder / hashlib.sha256(f"{self.key}\0{name}".encode()).hexdigest()
        known = _read(place)
        if isinstance(known, kind):
            with contextlib.suppress(OSError):
                os.utime(place)
            return known
        made = make()
        if lasting(made):
            with contextlib.suppress(OSError, pickle.PicklingError):
                _write(place, pickle.dumps(made, protocol=5))
        return made


NONE = Cache()


def cache_for(snapshot: Snapshot, rules: RuleBook, *also: object) -> Cache:
    """The cache for this app and these rules; `also` is whatever else the results rest on."""
    folder_ = home()
    if folder_ is None or folder_.is_relative_to(snapshot.root.resolve()) or not _ours(folder_):
        return NONE
    prune(folder_)
    told = hashlib.sha256(_program().encode())
    told.update(repr((sorted(r.id for r in rules), snapshot.name, snapshot.left_out, snapshot.links, also)).encode())
    for file in snapshot.files:
        told.update(os.fsencode(f"{file.path}\0{file.sha256}\0"))
    return Cache(folder_, told.hexdigest())


def home() -> Path | None:
    """Where results are kept; None when the person wants none kept."""
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE]).resolve() if os.environ[VARIABLE] else None
    import platformdirs

    return Path(platformdirs.user_cache_dir("vibeaudit", appauthor=False), "results").resolve()


def prune(folder_: Path, limit: int = MAX_BYTES) -> None:
    """Delete what was not used for the longest time, until the rest is small enough."""
    held = 0
    with contextlib.suppress(OSError):
        entries = sorted(((e.stat(), e.path) for e in os.scandir(folder_)), key=lambda e: -e[0].st_mtime)
        for told, path in entries:
            held += told.st_size
            if held > limit:
                os.unlink(path)


@lru_cache
def _program() -> str:
    """This program's code, rules and tools as one hash. Of its own files size and time are enough."""
    told = hashlib.sha256(f"{sys.version}\0{sys.platform}".encode())
    for tool in _TOOLS:
        with contextlib.suppress(PackageNotFoundError):
            told.update(f"{tool} {version(tool)}\0".encode())
    for path in _sources():
        at = path.stat()
        told.update(f"{path} {at.st_size} {at.st_mtime_ns}\0".encode())
    return told.hexdigest()


def _sources() -> Iterator[Path]:
    for top, ending in ((Path(__file__).parent, ".py"), (folder("rulesets"), ".yaml")):
        yield from sorted(top.rglob(f"*{ending}"))


def _ours(folder_: Path) -> bool:
    """Whether the folder is there, and nobody else may write to it."""
    try:
        folder_.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = folder_.stat()
    except OSError:
        return False
    return told.st_uid == os.getuid() and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(place: Path) -> object:
    try:
        data = place.read_bytes()
        digest, held = data[:32], data[32:]
        return _Nouns(io.BytesIO(held)).load() if hashlib.sha256(held).digest() == digest else None
    except Exception:  # missing, cut short, or written by something else: worked out anew
        return None


def _write(place: Path, held: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(held).digest() + held)
        os.replace(name, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


class _Nouns(pickle.Unpickler):
    """Builds nouns, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _BUILDERS:
            return super().find_class(module, name)
        noun = getattr(model, name, None) if name in model.__all__ else None
        if isinstance(noun, type) and noun.__module__ == module:
            return noun
        raise pickle.UnpicklingError(f"{module}.{name} is no noun")
