"""Calls of the app's own functions: by name, of an object's class, and of functions that are values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.flow.columns import ROW
from vibeaudit.flow.form import Call, Expr, Function, Lambda, Module, Path, Record, Ref
from vibeaudit.flow.summaries import Called
from vibeaudit.flow.taint import FUNCTION, NOTHING, THIS, Mark, Marks, Value, flat, put, take, together, union, whole
from vibeaudit.flow.vocabulary import Vocabulary
from vibeaudit.model import Location

if TYPE_CHECKING:
    from vibeaudit.flow.engine import Engine, Key
    from vibeaudit.flow.rows import Rows

_CONSTRUCTORS = ("__init__", "constructor")
MAX_STEPS = 12
Found = tuple[Module, Function]


class Entering:
    """What a walk does where it enters another function. `state`, `read` and `hit` are the walk's."""

    state: dict[str, Value]
    rows: Rows

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        self.engine, self.module, self.function, self.words = engine, module, function, words
        self.key: Key = (module.path, function.key)
        self.nowhere = function.at

    def read(self, path: Path, at: Location | None = None) -> Value:
        raise NotImplementedError

    def hit(self, mark: Mark, sink: str, need: str, at: Location) -> None:
        raise NotImplementedError

    def clean(self, path: Path, labels: frozenset[str]) -> None:
        raise NotImplementedError

    def enter(self, call: Call, found: Found, args: list[Value], named: dict[str, Value], base: Value) -> Value:
        """A call of the app's own function: its summary, with our arguments for its parameters."""
        module, callee = found
        key = (module.path, callee.key)
        given = self._placed(call, callee, args, named, base)
        summary = self.engine.summary(key, self.key)
        for way, inner in list(summary.sinks.items()):
            if way.sink == ROW:
                written = take(given.get(way.parameter, NOTHING), way.field)
                hidden = {(name,) for name in way.but}
                shown = {p: ms for p, ms in written.items() if p[:1] not in hidden}
                held = {p: tuple(m.on(call.at).cleaned(way.clean) for m in ms) for p, ms in shown.items()}
                held |= dict.fromkeys(hidden, ())
                self.rows.row(held, way.need, way.at, None, inner.steps)
                continue
            for mark in flat(take(given.get(way.parameter, NOTHING), way.field)):
                steps = (*mark.on(call.at).steps, *inner.steps)
                steps = steps if len(steps) <= MAX_STEPS else (*steps[:6], *steps[-6:])
                on = replace(mark, steps=steps, clean=mark.clean | way.clean, says=mark.says | way.says)
                self.hit(on, way.sink, way.need, way.at)
        for called, values in list(summary.calls.items()):
            self._call_back(call, key, called, values, given)
        back = self.instantiate(key, summary.returns, given)
        shift = _shift(call, callee)
        for number, labels in sorted(summary.ensures.items()):
            arg = call.args[number - shift] if 0 <= number - shift < len(call.args) else None
            if isinstance(arg, Ref):
                self.clean(arg.path, labels)
        return self._kept(call, callee, self.instantiate(key, summary.writes, given), back)

    def _placed(
        self, call: Call, callee: Function, args: list[Value], named: dict[str, Value], base: Value
    ) -> dict[int, Value]:
        """The arguments, by the parameters that they are for."""
        names, shift = callee.parameters, _shift(call, callee)
        wide = [n for n in self.spreads(call) if n < len(args)]
        spread = together(args[n] for n in wide)
        given = {n + shift: a for n, a in enumerate(args) if n not in wide}
        if callee.rest in names:
            start = names.index(callee.rest)
            given[start] = whole(union(flat(a) for n, a in given.items() if n >= start))
        given |= {names.index(n): v for n, v in named.items() if n in names}
        if spread:
            given |= {i: take(spread, (n,)) for i, n in enumerate(names) if i not in given}
        if callee.named_rest in names:
            more = {(n, *p): m for n, v in named.items() if n not in names for p, m in v.items()}
            given[names.index(callee.named_rest)] = together((more, spread))
        if base:
            given[0 if shift else THIS] = base
        return given

    def spreads(self, call: Call) -> list[int]:
        """The arguments that are written `**values` in Python, each a record of nothing else."""
        if self.module.language != "python":
            return []
        return [n for n, a in enumerate(call.args) if isinstance(a, Record) and a.spread and not a.fields]

    def _kept(self, call: Call, callee: Function, writes: Value, back: Value) -> Value:
        """What a method put into its object: that is what a constructor gives, and what the caller's name holds."""
        if makes(call, callee):
            return writes
        root = call.callee[0]
        if writes and root in ("super", "self", "this"):
            root = "this" if "this" in self.state else "self"
        if writes and len(call.callee) < 3 and root in self.state:
            for path, marks in writes.items():
                if marks:
                    held = take(self.state[root], path).get((), ())
                    self.state[root] = put(self.state[root], path, whole(union((held, marks))))
        return back

    def _call_back(
        self, call: Call, key: Key, called: Called, values: tuple[Value, ...], given: dict[int, Value]
    ) -> None:
        """The callee calls a function that it was given."""
        handed = [self.instantiate(key, v, given) for v in values]
        for mark in flat(take(given.get(called.parameter, NOTHING), called.field)):
            self.call_mark(call, mark, handed)

    def call_mark(self, call: Call, mark: Mark, args: list[Value]) -> Value:
        """Calls what a mark says: a known function, or one that our own caller gives."""
        if mark.parameter == FUNCTION and not any(mark.field):  # one empty name for each argument that is bound
            path, _, key = mark.owner.partition("\0")
            module = self.engine.program.modules[path]
            plain = Call(("*",), (), (), call.at)
            bound = [NOTHING] * len(mark.field)
            return self.enter(plain, (module, module.functions[key]), [*bound, *args], {}, NOTHING)
        if not mark.source and mark.parameter not in (FUNCTION, THIS) and mark.owner:
            self.engine.called(self.module.path, mark, call.at, tuple(args))
        return NOTHING

    def functions(self, arg: Expr) -> list[Found]:
        """The app's own functions that an argument is."""
        if isinstance(arg, Lambda):
            return [(self.module, self.module.functions[arg.function])]
        if not isinstance(arg, Ref) or len(arg.path) > 3 or self.state.get(arg.path[0]):
            return []
        found = self.engine.program.resolve(self.module, self.function, arg.path)
        return [found] if found is not None and not found[1].is_class and not makes_one(found[1]) else []

    def function_value(self, arg: Expr) -> Value:
        """The function that a name means, as a value."""
        return whole(tuple(Mark("", FUNCTION, f"{m.path}\0{f.key}", ()) for m, f in self.functions(arg)))

    def instantiate(self, key: Key, value: Value, given: dict[int, Value]) -> Value:
        """What a function gives back, with these arguments."""
        found: Value = {}
        for path, marks in value.items():
            held: list[Marks] = []
            for mark in marks:
                if mark.source or mark.parameter == FUNCTION:
                    held.append((mark,))
                elif mark.owner == key[1]:
                    arg = flat(take(given.get(mark.parameter, NOTHING), mark.field))
                    held.append(tuple(_through(a, mark) for a in arg))
                elif key[0] == self.module.path and self._encloses(mark.owner):
                    held.append((mark,))
            if found_here := union(held):
                found[path] = found_here
        return found

    def _encloses(self, owner: str) -> bool:
        key = self.function.key
        while key:
            if key == owner:
                return True
            key = self.module.functions[key].outer
        return False


def makes(call: Call, callee: Function) -> bool:
    """Whether a call makes an object of a class."""
    if call.callee[0] == "new":
        return True
    return makes_one(callee) and call.callee[0] != "super" and call.callee[-1] not in _CONSTRUCTORS


def makes_one(callee: Function) -> bool:
    return callee.key.rsplit(".", 1)[-1] in _CONSTRUCTORS


def _shift(call: Call, callee: Function) -> int:
    """How many parameters come before the first argument: `self`, unless it is written out."""
    own = callee.parameters[:1] in (("self",), ("cls",))
    return 1 if own and call.args[:1] != (Ref(("self",)),) else 0


def _through(given: Mark, inner: Mark) -> Mark:
    """A caller's mark, as it comes back from a function: with the places where a text was made of it."""
    steps = given.steps + inner.steps if len(given.steps) + len(inner.steps) <= MAX_STEPS else given.steps
    return replace(given, steps=steps, clean=given.clean | inner.clean, says=given.says | inner.says)
