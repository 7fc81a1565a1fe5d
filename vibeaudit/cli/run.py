"""Performs an audit for a command: progress on stderr, report on disk, summary, exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vibeaudit.config import Config
from vibeaudit.errors import UsageError
from vibeaudit.model import Report, Status

if TYPE_CHECKING:
    from rich.console import Console

FOUND, INCOMPLETE = 1, 3


def perform(target: str, config: Config, out: Path, *, quiet: bool) -> Report:
    """Audit, and write the report below `out`. Raises VibeauditError when that cannot be done."""
    from vibeaudit import egress
    from vibeaudit.acquire import acquire
    from vibeaudit.pipeline import audit
    from vibeaudit.reports import write

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; the report needs a folder", "give another --out")
    door = egress.Door(offline=config.offline)
    with egress.guarded(door), _progress(quiet) as say:
        say(f"Reading {target_shown(target)}")
        with acquire(target, config, door) as snapshot:
            say(f"Auditing {len(snapshot.files):,} files")
            report = audit(snapshot, config, door, say)
            say("Writing the report")
            write(report, out, config.lang)
    return report


def finish(report: Report, config: Config, out: Path, *, quiet: bool) -> int:
    """Print the summary, and give the exit code that the contract asks for."""
    if not quiet:
        from vibeaudit.reports.terminal import summary

        summary(report, config.lang, console(), out)
    threshold = config.fail_on
    if threshold is not None and any(f.severity >= threshold for f in report.open_findings):
        return FOUND
    wanting = [o for o in report.outcomes if o.status is not Status.RAN and o.analyzer != "review"]
    return INCOMPLETE if config.strict and wanting else 0


def console() -> Console:
    """A console on stderr. Rich respects NO_COLOR and knows terminals from files."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 110)


def target_shown(target: str) -> str:
    """The target as it may be printed: without credentials and control characters."""
    from vibeaudit.redact import strip_credentials

    return "".join(c for c in strip_credentials(target) if c.isprintable())[:200]


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[_Say]:
    """On a terminal, one line that changes; in CI and pipes, nothing."""
    if quiet or not sys.stderr.isatty() or os.environ.get("CI"):
        yield _Say(None)
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("Starting") as status:
        yield _Say(lambda words: status.update(escape(words)))


class _Say:
    """Takes a line of progress."""

    def __init__(self, show: object) -> None:
        self._show = show

    def __call__(self, words: str) -> None:
        if callable(self._show):
            self._show(words)
