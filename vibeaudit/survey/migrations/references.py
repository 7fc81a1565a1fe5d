"""The tables that a table's columns refer to: whose its rows are, and what they hang on."""

from __future__ import annotations

from collections.abc import Iterable

from vibeaudit.survey.migrations.database import NOT_COLUMNS
from vibeaudit.survey.owned_tables import is_people
from vibeaudit.survey.sql import Token, group, name_at, split


def referred(parts: Iterable[tuple[Token, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that point at people, and the other tables that are pointed at. `parts` are the entries of a
    table's definition, or the words behind `add`."""
    owners: list[str] = []
    parents: list[str] = []
    for part in parts:
        at = next((i for i, t in enumerate(part) if t.kind == "word" and t.low == "references"), None)
        if at is None:
            continue
        target, _ = name_at(part, at + 1)
        if is_people(target.rpartition(".")[2]):
            owners += _columns(part, at)
        elif target:
            parents.append(target)
    return tuple(owners), tuple(parents)


def _columns(part: tuple[Token, ...], end: int) -> list[str]:
    """`author_id uuid references ...`, or the list of `foreign key (author_id) references ...`."""
    key = next((i for i in range(end) if part[i].low == "foreign"), None)
    if key is not None:
        opened = next((i for i in range(key, end) if part[i].text == "("), None)
        return [p[0].low for p in split(group(part, opened)[0])] if opened is not None else []
    return [part[0].low] if part[0].kind == "quoted" or part[0].low not in NOT_COLUMNS else []
