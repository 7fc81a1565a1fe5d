"""Rows that a function writes: what callers chose in them is at a sink, column by column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import proxy

from vibeaudit.flow.arguments import itself
from vibeaudit.flow.columns import (
    ROW,
    WHOLE,
    fields_of,
    kinds_of,
    placed,
    row_place,
    rows_given,
    said_by,
    saves,
    whole_of,
)
from vibeaudit.flow.form import Call, Expr, Join, Path, Record, Ref
from vibeaudit.flow.summaries import Reach
from vibeaudit.flow.taint import Marks, Value, flat, put, union
from vibeaudit.model import Location, RowWrite
from vibeaudit.survey import people
from vibeaudit.survey.ownership import owner_column

if TYPE_CHECKING:
    from vibeaudit.flow.calls import Calls

_CONDITIONS = frozenset(("where", "filter", "id", "pk", "session", "options", "upsert", "using"))
_ROWS_BY_NAME = frozenset(("defaults", "Item", "values", "document", "update", "data"))
_NO_ROWS = frozenset(
    ("self", "this", "cls", "req", "request", "res", "response", "session", "g", "app", "window", "document", "module",
     "exports", "process", "ctx", "context", "state", "event", "headers", "params", "options", "config", "reply")
)  # fmt: skip
# the caller's own row, as a guard hangs it on the request: `req.user.set(req.body)`
_REQUESTS = frozenset(("req", "request", "ctx", "c"))
_OWN_ROWS = people.KINDS | {"user", "member", "account", "profile", "currentUser", "me", "viewer", "admin"}
_SIGNED_IN = frozenset("user session auth currentUser current_user viewer member principal identity account".split())
_GROUPS = re.compile(r"(?i)tenant|org|team|workspace")  # many people's rows at once
SIGNED = "signed"  # what a token or a session holds, which is believed later
_SIGNS = (("jwt", "sign"), ("jsonwebtoken", "sign"), ("jwt", "encode"), ("jose", "encode"))
_ADDS = frozenset(("push", "unshift", "append"))
_ASSIGNS = (("Object", "assign"), ("_", "assign"), ("_", "extend"), ("lodash", "assign"), ("lodash", "extend"))


def _owned_by_caller(expr: Expr | None) -> bool:
    """Whether a row says whose it is by a column that holds who is signed in: `userId: req.user.id`."""
    fields = expr.fields if isinstance(expr, Record) else ()
    return any(
        owner_column(n) and not _GROUPS.match(n) and isinstance(e, Ref) and bool(_SIGNED_IN & set(e.path[:-1]))
        for n, e in fields
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A field of an object that was set: it counts when the object is saved. "*": fields that a caller named."""

    root: str
    name: str
    marks: Marks
    at: Location
    within: Path = ()  # the lists and objects between: `user.cart[0].quantity`


class Rows:
    """What one walk knows of rows: lists by name, where a field was last set, and changes that are not saved yet."""

    def __init__(self, walk: Calls) -> None:
        self._walk: Calls = proxy(walk)  # without a circle, a walk goes as soon as it has ended
        self.lists: dict[Path, Join] = {}
        self._set_at: dict[str, Location] = {}
        self._changes: list[Change] = []
        self.measured: set[Path] = set()  # what was compared with a number, whatever came of it

    def noted(self, name: str, at: Location) -> None:
        """A field of this name was set here, from what somebody else chose."""
        self._set_at[name] = at

    def assigned(self, target: Path, value: Value, expr: Expr, at: Location) -> None:
        if len(target) == 1 and isinstance(expr, Join) and not expr.text:
            self.lists[target] = expr
        marks = flat(value)
        if len(target) > 1 and marks:
            self.noted(target[-1], at)
        if marks and "session" in target[:-1]:
            self._column(target[-1], marks, SIGNED, at)
        named = target[-1] != "*" or self._walk.module.language != "python"
        root = _root(target[:-1])
        if len(target) > 1 and marks and named and root:  # `user.account.balance`, too
            self._changes.append(Change(root, target[-1], marks, at, target[1 + root.count(".") : -1]))

    def called(self, call: Call, names: tuple[Path, ...], args: list[Value], named: dict[str, Value]) -> bool:
        """Whether the call writes a row. What is in the row has then been told to the engine."""
        if any(n in _ASSIGNS for n in names):
            held = call.args[0] if call.args else None
            self._merged(held.path if isinstance(held, Ref) else (), args[1:], call.at)
        if call.callee[-1] == "set" and len(args) == 1 and self._walk.module.language != "python":
            self._merged(call.callee[:-1], args, call.at)  # `row.set(req.body)`
        if call.callee[-1] in _ADDS and len(call.callee) == 3 and len(args) == 1 and call.callee[0] not in _NO_ROWS:
            for name, marks in fields_of(args[0]):  # `user.cart.push({ item, quantity })`
                self._changes.append(Change(call.callee[0], name, marks, call.at, call.callee[1:-1]))
        if saves(call):
            self._saved(call)
        if args and any(n[-2:] in _SIGNS for n in names):
            self.row(args[0], SIGNED, call.at, call.args[0])
        row = self._walk.engine.row_at(call.at)
        if row is None:
            return False
        if row.statement:
            self._statement(call, row, named)
            return True
        table = f"{row.verb}: {row.table}"
        for number in rows_given(call, self._walk.module.language == "python"):
            if number < len(args):
                at = call.spans[number] if number < len(call.spans) else call.at
                self.row(args[number], table, at, call.args[number])
        for number, (name, value) in enumerate(named.items(), len(call.args)):
            at = call.spans[number] if number < len(call.spans) else call.at
            if name in _ROWS_BY_NAME and any(not p or p[0] != "*" for p in value):
                self.row(value, table, at, None)
            if name not in _CONDITIONS:
                self._column(name.split("__")[0], flat(itself(value)), row.table, at)
        return True

    def row(
        self, value: Value, table: str, at: Location, expr: Expr | None, through: tuple[Location, ...] = ()
    ) -> None:
        """A value of which every field becomes a column. `through`: the way behind the call that wrote it."""
        engine, path = self._walk.engine, self._walk.module.path
        spread = isinstance(expr, Record) and not expr.fields and self._walk.module.language == "python"
        filled = frozenset(p[0] for p in value if len(p) == 1 and p != ("*",))  # told of by themselves
        for mark in whole_of(value, listed=not spread):
            if mark.source and table == SIGNED:
                continue
            on = replace(mark, steps=(*mark.steps, *through)[-12:])
            if mark.source:
                if engine.tells_rights(table):
                    engine.arrive(on, WHOLE, at, self._walk.function.key)
            else:
                way = Reach(mark.parameter, mark.field, ROW, table, at, mark.clean, mark.says, filled)
                engine.reach(path, on, way)
        owned = _owned_by_caller(expr)
        places = dict(zip((n for n, _ in expr.fields), expr.spans, strict=False)) if isinstance(expr, Record) else {}
        for name, marks in fields_of(value):
            if owned and owner_column(name):
                continue  # `{ authorId, userId: session.user.id }`: whom a row of the caller's own is about
            place = at if through else places.get(name) or self._set_at.get(name) or at
            self._column(name, tuple(replace(m, steps=(*m.steps, *through)[-12:]) for m in marks), table, place)

    def _column(self, name: str, marks: Marks, table: str, at: Location, sure: bool = True) -> None:
        known = (c for c in self._walk.words.columns if sure or c.tables)
        kinds = (c for c in known if (table == SIGNED) == (SIGNED in c.tables))
        for sink in kinds_of(kinds, name, table) if marks else ():
            for mark in marks:
                self._walk.hit(mark, sink, "", at)

    def _statement(self, call: Call, row: RowWrite, named: dict[str, Value]) -> None:
        values = placed(call, self.lists)
        place = row_place(row.statement)
        if place is not None and place < len(values):
            self.row(self._walk.value(values[place], call.at), f"{row.verb}: {row.table}", call.at, values[place])
            return
        by_name = dict(values[0].fields) if len(values) == 1 and isinstance(values[0], Record) else {}
        for number, (column, name) in enumerate(said_by(row.statement)):
            expr = by_name.get(name) if name else values[number] if number < len(values) else None
            if expr is None or not column:
                continue
            for mark in flat(self._walk.value(expr, call.at)):
                if column != "?":
                    self._column(column, (mark,), row.table, call.at)
                elif mark.field:  # of a procedure: what a value is, the name tells that it was read by
                    self._column(mark.field[-1], (mark,), row.table, call.at, sure=False)

    def _merged(self, held: Path, given: list[Value], at: Location) -> None:
        """`Object.assign(row, req.body)`."""
        root = _root(held)
        if not root or len(held) > 1 + root.count("."):
            return
        if marks := union(whole_of(a) for a in given):
            if root == held[0]:
                self._walk.state[root] = put(self._walk.state.get(root, {}), ("*",), {(): marks})
            self._changes.append(Change(root, "*", marks, at))

    def _saved(self, call: Call) -> None:
        by_root = call.callee[-1] in ("save", "asave")
        done = [c for c in self._changes if not by_root or c.root in (call.callee[0], ".".join(call.callee[:-1]))]
        self._changes = [c for c in self._changes if c not in done]
        for change in done:
            kind = self._walk.function.types.get((change.root,), ())
            table = " ".join((change.root, *(w for w in change.within if w != "*"), *kind))
            if change.name != "*":
                known = {"range-checked"} if (change.root, change.name) in self.measured else set()
                marks = tuple(m.cleaned(frozenset(known)) for m in change.marks)
                self._column(change.name, marks, table, change.at)
            elif self._walk.engine.tells_rights(""):
                self._whole(change.marks, change.at)

    def _whole(self, marks: Marks, at: Location) -> None:
        for mark in marks:
            self._walk.hit(mark, WHOLE, "", at)


def _root(path: Path) -> str:
    """What a row is known by: the name that holds it, or the caller's own on the request; empty for anything else."""
    if path and path[0] not in _NO_ROWS:
        return path[0]
    own = len(path) > 1 and path[0] in _REQUESTS and path[1] in _OWN_ROWS
    return ".".join(path[:2]) if own else ""
