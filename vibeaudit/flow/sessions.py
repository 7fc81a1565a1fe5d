"""What a caller said in one request, kept in the session, and read in the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vibeaudit.flow.form import Path
from vibeaudit.flow.taint import Value

SESSION = ("", "session")  # the key of its fields, for the engine
KEPT = "kept-in-session"
_SESSIONS = (
    ("flask", "session"), ("request", "session"), ("self", "session"), ("self", "request", "session"),
    ("req", "session"), ("ctx", "session"), ("quart", "session"),
)  # fmt: skip
_CALLERS = ("request", "form-field")


def field_of(names: Iterable[Path]) -> Path | None:
    """The field of the session that one of these names means; () for the whole, None when it is no session."""
    for name in names:
        for session in _SESSIONS:
            if name[: len(session)] == session:
                return name[len(session) :]
    return None


def kept(given: Value) -> Value:
    """What callers said, told apart: a session holds what the app has looked at, too."""
    found = {p: tuple(replace(m, source=KEPT) for m in marks if m.source in _CALLERS) for p, marks in given.items()}
    return {p: marks for p, marks in found.items() if marks}
