"""Sinks: which of a call's arguments count, and what arrives in them."""

from __future__ import annotations

import re

from vibeaudit.flow.arguments import itself, literals
from vibeaudit.flow.errors import DEBUG
from vibeaudit.flow.form import Call, Expr, Literal, Path, Record, Ref
from vibeaudit.flow.names import Names
from vibeaudit.flow.summaries import Reach
from vibeaudit.flow.taint import FUNCTION, NOTHING, Mark, Marks, Value, flat, take
from vibeaudit.flow.vocabulary import Sink
from vibeaudit.model import Location

_PRINTED = frozenset(("logged", "log-line"))
_ROWS = frozenset(("Model", "Base", "DeclarativeBase"))  # of SQLAlchemy and Django
DEBUG_ONLY = frozenset({"debug-only"})


class Sinks(Names):
    """What a walk does at a sink."""

    def _sinks(
        self,
        call: Call,
        names: tuple[Path, ...],
        base: Value,
        args: list[Value],
        named: dict[str, Value],
        ours: bool = False,
    ) -> bool:
        """Whether a call certainly is a sink. What the app's own method of an ambiguous name does, its body says."""
        hit = [s for s in self.words.sinks_of(names) if not (ours and s.packages)]
        reached = False
        for sink in hit:
            uses = self.engine.program.uses
            if not _asked(sink, call) or (sink.packages and not uses(sink.packages)) or uses(sink.without):
                continue
            reached = reached or not (
                sink.says or sink.packages
            )  # an ambiguous name, such as get(), is a sink at times
            told = self._as_shown(call, args) if sink.name in _PRINTED else args
            given = [(flat(base), call.at)] if sink.receiver else _given(sink, call, told, named)
            for marks, at in given:
                for mark in marks:
                    self.hit(mark, sink.name, sink.says, at)
        return reached

    def _as_shown(self, call: Call, args: list[Value]) -> list[Value]:
        """What a line of the log says: of a row whose class does not say how it is shown, its table and number."""
        return [NOTHING if self._is_unshown(e) else v for e, v in zip(call.args, args, strict=True)]

    def _is_unshown(self, expr: Expr) -> bool:
        if not isinstance(expr, Ref) or self.module.language != "python":
            return False
        program = self.engine.program
        found = program.class_of(self.module, self.function, expr.path)
        if found is None or not any(base[-1] in _ROWS for base in found[1].bases):
            return False
        return not any(program.classes.method(found, name) for name in ("__repr__", "__str__"))

    def hit(self, mark: Mark, sink: str, need: str, at: Location) -> None:
        """A mark is at a sink: a flow when it comes from a source, else something that callers must know."""
        if mark.parameter == FUNCTION:
            return
        if DEBUG[0] in self.state:
            mark = mark.cleaned(DEBUG_ONLY)
        if not mark.source:
            way = Reach(mark.parameter, mark.field, sink, need, at, mark.clean, mark.says)
            self.engine.reach(self.module.path, mark.on(at), way)
        elif not need or need in mark.says or _is(need, mark):
            self.engine.arrive(mark, sink, at, self.function.key)


def _is(need: str, mark: Mark) -> bool:
    """Whether a value is a text, or one that nothing was put before or behind."""
    return (need == "text" and _is_text(mark)) or (need == "bare" and not mark.says)


def _is_text(mark: Mark) -> bool:
    return "object" not in mark.clean and ("plain-text" in mark.clean or bool(mark.field))


def _asked(sink: Sink, call: Call) -> bool:
    """Whether a call has the named argument that makes it dangerous (`shell=True`), and no option that makes it safe
    (`{root: dir}`)."""
    if sink.on and not (isinstance(call.receiver, Call) and call.receiver.callee[-1] in sink.on):
        return False
    options = {n for a in call.args if isinstance(a, Record) for n, _ in a.fields} | {n for n, _ in call.named}
    if (sink.when and sink.when not in options) or (sink.holds and sink.holds.lower() not in literals(call).lower()):
        return False
    return not sink.spared or sink.spared not in options


def _given(sink: Sink, call: Call, args: list[Value], named: dict[str, Value]) -> list[tuple[Marks, Location]]:
    """What a sink's argument holds, and where it stands."""
    found: list[tuple[Marks, Location]] = []
    for number, value in enumerate(args):
        if sink.argument in (-1, number) and not (sink.name == "log-line" and _printed_plain(call, number)):
            inside = {p: m for p, m in value.items() if not set(p) & set(sink.aside)} if sink.aside else value
            held = _property(inside, sink.property) if sink.property else flat(inside if sink.inside else itself(value))
            found.append((held, _place(sink, call, number)))
    for number, (name, value) in enumerate(named.items(), len(args)):
        if sink.argument == -1 or name == sink.keyword:
            found.append((flat(value), call.spans[number] if number < len(call.spans) else call.at))
    return found


_GAP = re.compile(r"%%|%[#0 +-]*\d*(?:\.\d+)?([a-zA-Z])")


def _printed_plain(call: Call, number: int) -> bool:
    """Whether a format prints an argument as a number, or with its line breaks spelled out: `log("%d %r", n, name)`."""
    first = call.args[0] if call.args else None
    if number < 1 or not isinstance(first, Literal):
        return False
    gaps = [m[1] for m in _GAP.finditer(first.text) if m[1]]
    return number <= len(gaps) and gaps[number - 1] in "rdifxXeg"


def _place(sink: Sink, call: Call, number: int) -> Location:
    """Where an argument stands, or the field of it that counts."""
    arg = call.args[number]
    if sink.property and isinstance(arg, Record):
        for (name, _), span in zip(arg.fields, arg.spans, strict=False):
            if name == sink.property:
                return span
    return call.spans[number] if number < len(call.spans) else call.at


def _property(value: Value, name: str) -> Marks:
    """A named field of an argument. A text that was put together has none."""
    held = take(value, (name,))
    if any(path[:1] == (name,) for path in value):
        return flat(held)
    return tuple(m for m in value.get((), ()) if not m.says and "tail" not in m.clean)
