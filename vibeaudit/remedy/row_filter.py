"""Asks in a query whose row it is: `AND user_id = ?` beside an id that the caller chooses."""

from __future__ import annotations

import re
from collections import Counter

from tree_sitter import Node

from vibeaudit.model import Edit, Route
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.script_code import LANGUAGES, arguments
from vibeaudit.remedy.script_sql import SENDS
from vibeaudit.remedy.syntax import add_item, nodes, text
from vibeaudit.source import SourceFile

_OWNERS = ("user_id", "owner_id", "author_id", "created_by", "userId", "ownerId")
_BY_ID = re.compile(r"\bWHERE\s+(\w+\.)?id\s*=\s*(?:\?|\$(\d+))\s*$", re.IGNORECASE)
_CALLER = re.compile(r"\breq\.(?:session|user|auth)\??\.(?:user\.)?(?:userId|user_id|id|sub)\b")


def owner_edits(route: Route, bench: Bench) -> tuple[Edit, ...] | None:
    """The edits that bind each row which this handler takes by an id to the caller; None where one cannot be."""
    body = route.body
    file = bench.file(body.path) if body is not None else None
    if body is None or file is None or file.tree is None or file.language not in LANGUAGES:
        return None
    taken = {
        a.table
        for a in bench.app.accesses
        if a.location.path == body.path and body.line <= a.location.line <= body.end_line and a.bound == "id"
    }
    owned = {t: column for t in sorted(taken) if (column := _owner(t, bench))}
    caller = _caller(file, bench)
    if not owned:
        return ()
    if not caller:
        return None
    edits: list[Edit] = []
    for call in nodes(file.tree.root_node, "call_expression"):
        if not body.line <= call.start_point[0] + 1 <= body.end_line:
            continue
        edits += _bound(file, call, owned, caller)
    return tuple(edits) or None


def _bound(file: SourceFile, call: Node, owned: dict[str, str], caller: str) -> list[Edit]:
    given = arguments(call)
    function = call.child_by_field_name("function")
    if len(given) != 2 or given[0].type != "string" or given[1].type != "array" or function is None:
        return []
    name = text(function.child_by_field_name("property"))
    sql = text(given[0])[1:-1]
    by_id = _BY_ID.search(sql)
    table = next(
        (t for t in owned if re.search(rf"\b(?:FROM|UPDATE|INTO)\s+\"?{re.escape(t)}\b", sql, re.IGNORECASE)), ""
    )
    if name not in SENDS | {"get", "run", "all"} or by_id is None or not table:
        return []
    shown = f"${int(by_id[2]) + 1}" if by_id[2] else "?"
    more = f" AND {by_id[1] or ''}{owned[table]} = {shown}"
    at = given[0].end_byte - 1
    return [Edit(file.path, at, at, more.encode()), add_item(file, given[1], caller)]


def _owner(name: str, bench: Bench) -> str:
    tables = [t for t in bench.app.tables if t.name.lower() == name.lower()]
    return next((c for t in tables for c in t.columns if c in _OWNERS), "")


def _caller(file: SourceFile, bench: Bench) -> str:
    """What the app calls the signed-in person's id: as this file does, or else as the app does most."""
    own = Counter(_CALLER.findall(file.text))
    if not own:
        own = Counter(m for f in bench.snapshot.of(*LANGUAGES) for m in _CALLER.findall(f.text))
    return max(sorted(own), key=lambda m: own[m]) if own else ""
