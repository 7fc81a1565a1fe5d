"""Where data goes, between functions and files."""

from __future__ import annotations

from dataclasses import dataclass

from vibeaudit.model.findings import LeftOut, Location


@dataclass(frozen=True, slots=True)
class Flow:
    """Data from a named source to a named sink. `steps` hold the way, source first, sink last. `field` is the name by
    which the source was read, when it is known ("email" of `req.body.email`)."""

    source: str
    sink: str
    steps: tuple[Location, ...]
    sanitized_by: tuple[str, ...] = ()
    function: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Flows:
    flows: tuple[Flow, ...] = ()
    open_ends: tuple[Flow, ...] = ()  # from a function's own parameter, to a sink in it
    looked_at: int = 0
    left_out: tuple[LeftOut, ...] = ()
