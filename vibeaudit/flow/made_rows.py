"""The row that a call writes and gives back: its fields hold what the caller chose."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.flow.taint import NOTHING, Value, take

MAKES_ROW = frozenset(("create", "insertOne"))
ROW_FIELD = "request-row"  # asked for by rules about texts: who a row belongs to, the database has decided


def made_row(args: list[Value]) -> Value:
    """`User.create({ name })`, `prisma.user.create({ data: { name } })`."""
    if not args:
        return NOTHING
    written = take(args[0], ("data",)) if any(p[:1] == ("data",) for p in args[0]) else args[0]
    fields = {p: tuple(replace(m, source=ROW_FIELD) for m in ms if m.source == "request") for p, ms in written.items()}
    return {p: marks for p, marks in fields.items() if marks}
