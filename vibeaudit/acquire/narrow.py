"""Leaves out what the person, or the project's own settings, want left out. The ledger shows each."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.config import Config, ProjectConfig, read_project
from vibeaudit.errors import ConfigError
from vibeaudit.model import LeftOut, Outcome, Snapshot, Status


def narrow(snapshot: Snapshot, config: Config) -> tuple[Snapshot, ProjectConfig, tuple[Outcome, ...]]:
    """The snapshot without excluded files, the project's settings, and an outcome when these are unreadable."""
    files = {n: f.text for n in (".vibeaudit.toml", "pyproject.toml") if (f := snapshot.file(n))}
    outcomes: tuple[Outcome, ...] = ()
    try:
        project = read_project(files)
    except ConfigError as error:
        project = ProjectConfig()
        outcomes = (Outcome("settings", Status.FAILED, reason=error.message),)
    for globs, whose in ((config.exclude, "--exclude"), (project.exclude, project.where)):
        snapshot = _without(snapshot, globs, f"excluded by {whose}")
    return snapshot, project, outcomes


def _without(snapshot: Snapshot, globs: tuple[str, ...], why: str) -> Snapshot:
    if not globs:
        return snapshot
    import pathspec

    spec = pathspec.GitIgnoreSpec.from_lines(globs)
    gone = {str(f.path) for f in snapshot.files if spec.match_file(str(f.path))}
    files = tuple(f for f in snapshot.files if str(f.path) not in gone)
    return replace(
        snapshot,
        files=files,
        by_path={str(f.path): f for f in files},
        left_out=(*snapshot.left_out, *(LeftOut(path, why) for path in sorted(gone))),
    )
