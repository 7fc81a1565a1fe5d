"""To be written."""

from __future__ import annotations

from vibeaudit.analyzers import Context
from vibeaudit.model import Outcome, Status


def analyze(context: Context) -> Outcome:
    return Outcome("?", Status.SKIPPED, reason="not written yet")
