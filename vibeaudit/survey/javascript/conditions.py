"""The part of a query that says which rows: without what it writes into them, and without what it does with them."""

from __future__ import annotations

import re

# what an update or an upsert writes; a nested `update: { where, data }` of Prisma keeps its rows by the outer condition
_WRITTEN = re.compile(
    r"(?<![.\w])(?:data|create|update|\$set|\$push|\$addToSet|\$inc|\$setOnInsert|defaults)\s*:\s*(?=\{)"
)
_MATCH = re.compile(r"\$match['\"]?\s*:\s*(?=\{)")
_AFTER = re.compile(r"\.(?:then|catch|finally)\s*\(")
_LONG = 6000


def condition_of(text: str) -> str:
    """`find({...})` as it is; `update({ where, data })` without its data; of `aggregate([...])` the `$match` stages."""
    said = _AFTER.split(text, maxsplit=1)[0][:_LONG]
    stages = [said[m.end() : _end(said, m.end())] for m in _MATCH.finditer(said)] if ".aggregate(" in said else []
    if stages:
        return f"{said[: said.index('.aggregate(')]}.aggregate( {' '.join(stages)} )"
    while (m := _WRITTEN.search(said)) is not None:
        said = f"{said[: m.start()]} {said[_end(said, m.end()) :]}"
    return said


def _end(text: str, start: int) -> int:
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)
