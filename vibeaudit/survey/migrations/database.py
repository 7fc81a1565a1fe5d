"""The database that statements make, and where a statement stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Bucket, DatabaseFunction, LeftOut, Location, Policy, Table
from vibeaudit.survey.sql import Statement

if TYPE_CHECKING:
    from vibeaudit.source import SourceFile

NOT_COLUMNS = frozenset("primary foreign unique constraint check exclude like index key".split())


@dataclass
class Database:
    """The state that the statements so far have made."""

    tables: dict[str, Table] = field(default_factory=dict)
    policies: dict[tuple[str, str], Policy] = field(default_factory=dict)
    functions: dict[str, DatabaseFunction] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A script's text and the byte where it starts in its file."""

    file: SourceFile
    text: str
    offset: int

    def of(self, statement: Statement) -> Location:
        """The statement's first line."""
        start = len(self.text[: statement.start].encode()) + self.offset
        end = self.file.data.find(b"\n", start)
        return self.file.at(start, len(self.file.data) if end == -1 else end)
