"""What a fixer is: `propose(finding, bench)` in fixers/<rule_id>.py, giving a Proposal or a Refusal.

A fixer module is found by the name of its rule (dashes as underscores). A module that serves several rules
names them in `RULES`. It imports only `vibeaudit.*`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from types import ModuleType

from vibeaudit.model import AppModel, Edit, Finding, Safety, Snapshot, Text
from vibeaudit.rules import folder
from vibeaudit.source import SourceFile


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits of the audited files' bytes. `check` says what a person should look at, empty when nothing."""

    title: Text
    edits: tuple[Edit, ...]
    safety: Safety
    check: Text = Text("", "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why this finding cannot be repaired mechanically."""

    reason: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What a fixer may look at."""

    snapshot: Snapshot
    app: AppModel

    def file(self, path: PurePosixPath | str) -> SourceFile | None:
        return self.snapshot.file(path)

    def flagged(self, finding: Finding) -> SourceFile:
        """The file that a finding stands in. Raises KeyError when it is not in the snapshot."""
        return self.snapshot.by_path[str(finding.primary.path)]


Propose = Callable[[Finding, Bench], Proposal | Refusal]


@lru_cache
def fixers() -> dict[str, Propose]:
    """Rule id -> its fixer, from the modules in fixers/."""
    found: dict[str, Propose] = {}
    for module in pkgutil.iter_modules([str(folder("fixers"))]):
        loaded = importlib.import_module(f"{_package()}.{module.name}")
        for rule_id in getattr(loaded, "RULES", (module.name.replace("_", "-"),)):
            found[rule_id] = _propose(loaded)
    return found


def _package() -> str:
    return "vibeaudit.fixers"


def _propose(module: ModuleType) -> Propose:
    propose: Propose = module.propose
    return propose
