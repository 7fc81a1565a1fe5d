"""A target (folder, git URL, owner/name, archive) becomes a Snapshot, read-only and without running any of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vibeaudit.acquire.sieve import NOT_OWN
from vibeaudit.acquire.target import Kind, Target, read_target
from vibeaudit.config import Config
from vibeaudit.egress import Door
from vibeaudit.errors import TargetError
from vibeaudit.model import Snapshot

__all__ = ["Target", "acquire", "read_target"]


@contextlib.contextmanager
def acquire(words: str, config: Config, door: Door) -> Iterator[Snapshot]:
    """The snapshot of what the person named. What was fetched is deleted when the block ends.
    Raises TargetError when there is nothing to audit, EgressDenied when --offline forbids the clone."""
    target = read_target(words)
    with tempfile.TemporaryDirectory(prefix="vibeaudit-") as room:
        snapshot = _snapshot(target, config, door, Path(room))
        if not snapshot.files and all(o.why == NOT_OWN for o in snapshot.left_out):
            raise TargetError(f"{target.shown} holds no file to audit", "is it the right folder or branch?")
        yield snapshot


def _snapshot(target: Target, config: Config, door: Door, room: Path) -> Snapshot:
    if target.kind is Kind.FOLDER:
        from vibeaudit.acquire.folder import snapshot_of

        return snapshot_of(Path(target.place), config, origin="folder", room=room)
    if target.kind is Kind.ARCHIVE:
        from vibeaudit.acquire.archive import unpack

        return unpack(Path(target.place), config, room)
    from vibeaudit.acquire.clone import clone

    return clone(target, config, door, room)
