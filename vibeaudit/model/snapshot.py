"""What is audited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model.findings import LeftOut

if TYPE_CHECKING:
    from vibeaudit.source.file import SourceFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A read-only view of one commit or of a working tree. `origin` is what the person typed, without
    credentials; `files` are sorted by path; `left_out` says what exists but is not looked at."""

    root: Path
    origin: str
    name: str
    commit: str | None
    files: tuple[SourceFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    links: tuple[tuple[PurePosixPath, str], ...] = ()  # symlinks, and where they point
    by_path: Mapping[str, SourceFile] = field(default_factory=dict)
    git_dir: Path | None = None  # a git directory of our own over the audited objects, when there is history
    changed: frozenset[str] | None = None  # with --diff: the paths that changed since the base

    def file(self, path: str | PurePosixPath) -> SourceFile | None:
        return self.by_path.get(str(path))

    def of(self, *languages: str) -> Iterator[SourceFile]:
        """The files in any of these languages, in path order."""
        return (f for f in self.files if f.language in languages)
