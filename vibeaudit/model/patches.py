"""What a repair changes, and what was shown of it."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from vibeaudit.model.findings import Text


class Safety(enum.IntEnum):
    """What a patch may change. SAFE never changes behaviour for legitimate use; DISPLAY is advice."""

    DISPLAY = 0
    UNSAFE = 1
    SAFE = 2

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace bytes `start` to `end` of the audited file by `text`. `start == end == 0` on a missing file
    creates it."""

    path: PurePosixPath
    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown of a patch. `tests` is passed, failed, none or not-run; `reason` says why not."""

    parses: bool = False
    gone: bool = False
    new_findings: tuple[str, ...] = ()
    tests: str = "none"
    reason: str = ""
    sandbox: str = ""
    commands: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        return self.parses and self.gone and not self.new_findings and self.tests != "failed"


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that close findings (named by fingerprint). `author` is "fixer" or "model"."""

    rule_ids: tuple[str, ...]
    title: Text
    safety: Safety
    author: str
    edits: tuple[Edit, ...]
    fixes: frozenset[str]
    diff: str = ""
    body: Text = Text("", "")
    proof: Proof = Proof()
    conflict: str = ""  # why it was held back, when it was

    @property
    def id(self) -> str:
        """A short name from its root cause that survives a second run."""
        key = "\0".join((*sorted(self.rule_ids), *sorted(self.fixes)))
        return f"{sorted(self.rule_ids)[0]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
