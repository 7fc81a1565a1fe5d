"""What is known of a function once it was walked: the summary that its callers read."""

from __future__ import annotations

from dataclasses import dataclass, field

from vibeaudit.flow.form import Path
from vibeaudit.flow.taint import Mark, Value
from vibeaudit.model import Location


@dataclass(frozen=True, slots=True)
class Reach:
    """A field of a parameter reaches a sink, which wants a text of the kind `need` (any, when empty). A row: all fields
    of it `but` those that the function fills itself."""

    parameter: int
    field: Path
    sink: str
    need: str
    at: Location
    clean: frozenset[str]
    says: frozenset[str]
    but: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Called:
    """A field of a parameter is called as a function."""

    parameter: int
    field: Path
    at: Location


@dataclass(slots=True)
class Summary:
    """What a function does with its parameters: which come back, which are put into its object's fields, which reach a
    sink, which are called and with what, and which it has checked (and would not have come back otherwise)."""

    returns: Value = field(default_factory=dict)
    writes: Value = field(default_factory=dict)
    calls: dict[Called, tuple[Value, ...]] = field(default_factory=dict)
    sinks: dict[Reach, Mark] = field(default_factory=dict)
    ensures: dict[int, frozenset[str]] = field(default_factory=dict)
