"""Expressions: what one holds."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.flow.conditions import Conditions
from vibeaudit.flow.errors import DEBUG
from vibeaudit.flow.form import Call as CallExpr
from vibeaudit.flow.form import Choice, Expr, Fact, Field, Join, Lambda, Literal, Record, Ref
from vibeaudit.flow.phrases import fixes_host, kinds, names_path
from vibeaudit.flow.sinks import DEBUG_ONLY
from vibeaudit.flow.taint import NOTHING, OBJECT, Mark, Value, flat, put, take, together, union, whole
from vibeaudit.flow.vocabulary import PLAIN_TEXT
from vibeaudit.model import Location

# By whose message it is: the sink, and what its text must be a part of.
_PROMPTS = {"system": ("system-prompt", ""), "developer": ("system-prompt", ""), "user": ("prompt-text", "prose")}
_PATHS = frozenset(("Path", "PurePath", "PurePosixPath"))


class Expressions(Conditions):
    """What a walk finds in an expression. `state` is the walk's."""

    def value(self, expr: Expr, at: Location) -> Value:
        self.engine.work()
        if isinstance(expr, Ref):
            return self.read(expr.path, at)
        if isinstance(expr, CallExpr):
            return self.call(expr)
        if isinstance(expr, Join):
            return self._text(expr, at) if expr.text else together([self.value(p, at) for p in expr.parts])
        if isinstance(expr, Record):
            return self._record(expr, at)
        if isinstance(expr, Choice):
            return together(
                (self._given(expr.test.holds, expr.then, at), self._given(expr.test.fails, expr.orelse, at))
            )
        if isinstance(expr, Field):
            held = take(self.value(expr.of, at), expr.path)
            if expr.path == ("name",) and isinstance(expr.of, CallExpr) and expr.of.callee[-1] in _PATHS:
                held = whole(tuple(m.cleaned(frozenset({"file-name-only"})) for m in flat(held)))
            kind, rest = self.words.source_of([("", *expr.path)])
            mark = Mark(kind.name, -1, "", (at,), kind.clean).within(rest) if kind is not None else None
            return together((held, whole((mark,)))) if mark is not None else held
        return self.function_value(expr) if isinstance(expr, Lambda) else NOTHING

    def _given(self, facts: frozenset[Fact], expr: Expr, at: Location) -> Value:
        """A value, where some facts are known."""
        before = dict(self.state)
        self._know(facts)
        found = self.value(expr, at)
        if DEBUG[0] in self.state:
            found = {p: tuple(m.cleaned(DEBUG_ONLY) for m in marks) for p, marks in found.items()}
        self.state = before
        return found

    def _record(self, expr: Record, at: Location) -> Value:
        found = _of_record(together([self.value(s, at) for s in expr.spread]))
        role = _role(expr)
        for number, (name, part) in enumerate(expr.fields):
            value = self.value(part, at) or self.function_value(part)
            place = expr.spans[number] if number < len(expr.spans) else at
            if name == "content" and (written := _PROMPTS.get(role)):
                for mark in flat(value):
                    self.hit(mark, *written, place)
            sink = self.words.field_sinks.get(name)
            if sink and (not sink.packages or self.engine.program.uses(sink.packages)):
                for mark in flat(value):
                    self.hit(mark, sink.name, sink.says, place)
            if value and number < len(expr.spans):
                self.rows.noted(name, expr.spans[number])
            if value or found:
                found = put(found, (name,), value)
        return found

    def _text(self, expr: Join, at: Location) -> Value:
        """A text put together: what stands before a part decides whether it can choose a host."""
        lead, said, held = "", "", []
        for part in expr.parts:
            constant = part.text if isinstance(part, Literal) else self.constant(part)
            said = f"{said} {constant or ''}"
            if marks := flat(self.value(part, at)):
                labels = PLAIN_TEXT | {"tail"} if fixes_host(lead) else PLAIN_TEXT
                labels |= {"path-part"} if names_path(lead) else frozenset()
                labels |= {"quoted"} if lead.endswith("'") else frozenset()
                held.append(tuple(replace(m, clean=m.clean - OBJECT | labels) for m in marks))
            lead += "\1" if marks else "\0" if constant is None else constant
        says = kinds(said) if held else frozenset[str]()
        return whole(tuple(replace(m.on(at), says=m.says | says) if says - m.says else m for m in union(held)))


def _of_record(spread: Value) -> Value:
    """What a record takes over from others: it is an object, whatever its fields are."""
    if () not in spread:
        return spread
    return {**spread, (): tuple(m.cleaned(OBJECT) for m in spread[()])}


def _role(expr: Record) -> str:
    """Whose message `{role: "system", content: ...}` is, as all vendors of models want it."""
    role = dict(expr.fields).get("role")
    return role.text if isinstance(role, Literal) else ""
