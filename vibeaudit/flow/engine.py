"""Carries taint through functions, and between them by summaries, until nothing changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vibeaudit.flow.form import (
    Assign,
    Call,
    Expr,
    Function,
    Join,
    Lambda,
    Literal,
    Module,
    Path,
    Ref,
    Return,
    Statement,
)
from vibeaudit.flow.program import Program
from vibeaudit.flow.vocabulary import Sink, Vocabulary, first, matches, vocabulary
from vibeaudit.model import Flow, LeftOut, Location

MAX_ROUNDS = 5
MAX_MARKS = 8  # different origins that one value is followed for
MAX_STEPS = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value came from: a named source, or a parameter of the function (then `source` is empty)."""

    source: str
    parameter: int
    steps: tuple[Location, ...]
    clean: frozenset[str] = frozenset()
    whole: bool = True  # the value itself, not a text with it inside

    def on(self, at: Location) -> Mark:
        return self if self.steps and self.steps[-1] == at else replace(self, steps=(*self.steps, at)[:MAX_STEPS])


Marks = tuple[Mark, ...]


@dataclass(slots=True)
class Summary:
    """What a function does with its parameters: which come back, and which reach a sink."""

    returns: Marks = ()
    sinks: dict[tuple[int, str, Location], Mark] = field(default_factory=dict)

    def size(self) -> tuple[int, int]:
        return len(self.returns), len(self.sinks)


class Engine:
    """`handlers` are the (path, line) of route handlers, whose parameters a caller chooses."""

    def __init__(self, program: Program, handlers: frozenset[tuple[str, int]], seconds: float) -> None:
        self._program = program
        self._handlers = handlers
        self._until = time.monotonic() + seconds
        self._summaries: dict[tuple[str, str], Summary] = {}
        self._flows: dict[tuple[str, str, Location, frozenset[str]], Flow] = {}

    def run(self) -> tuple[tuple[Flow, ...], tuple[LeftOut, ...]]:
        """All flows, and what was not finished in the time given."""
        left_out: list[LeftOut] = []
        for _ in range(MAX_ROUNDS):
            before = {k: s.size() for k, s in self._summaries.items()}
            for path in sorted(self._program.modules):
                if time.monotonic() > self._until:
                    left_out.append(LeftOut(path, "the time for data flow ran out"))
                    continue
                self._module(self._program.modules[path])
            if left_out or before == {k: s.size() for k, s in self._summaries.items()}:
                break
        order = sorted(self._flows.values(), key=lambda f: (f.steps[-1], f.source, f.sink, f.steps))
        return tuple(order), tuple(dict.fromkeys(left_out))

    def _module(self, module: Module) -> None:
        words = vocabulary(module.language)
        values: dict[str, dict[Path, Marks]] = {}
        for key, function in module.functions.items():
            outer = values.get(function.outer, {}) if key else {}
            walk = _Walk(self, module, function, words, dict(outer))
            walk.run()
            values[key] = walk.values

    def summary(self, module: Module, function: Function) -> Summary:
        return self._summaries.setdefault((module.path, function.key), Summary())

    def resolve(self, module: Module, caller: Function, written: Path) -> tuple[Module, Function] | None:
        return self._program.resolve(module, caller, written)

    def names(self, module: Module, written: Path) -> tuple[Path, ...]:
        return self._program.names(module, written)

    def handles_route(self, module: Module, function: Function) -> bool:
        return (module.path, function.at.line) in self._handlers

    def arrive(self, mark: Mark, sink: str, at: Location, function: str) -> None:
        """A mark has reached a sink: a flow, when it comes from a source."""
        key = (mark.source, sink, at, mark.clean)
        if key not in self._flows:
            steps = mark.steps if mark.steps and mark.steps[-1] == at else (*mark.steps, at)
            self._flows[key] = Flow(mark.source, sink, steps, tuple(sorted(mark.clean)), function)


class _Walk:
    """One function, once through (twice, for what a loop carries round)."""

    def __init__(
        self, engine: Engine, module: Module, function: Function, words: Vocabulary, values: dict[Path, Marks]
    ) -> None:
        self.engine, self.module, self.function, self.words, self.values = engine, module, function, words, values
        self.summary = engine.summary(module, function)

    def run(self) -> None:
        from_route = self.engine.handles_route(self.module, self.function) and self.words.route_parameters
        for number, name in enumerate(self.function.parameters):
            given = self.values.get((f"<given {self.function.key}>", str(number)), ())
            marks: list[Mark] = [Mark("", number, ()), *given]
            if from_route and not first(self.words.source_paths, [(name, "*")]):
                marks.append(Mark(self.words.route_parameters, -1, (self.function.at,)))
            self.values = {p: m for p, m in self.values.items() if p[:1] != (name,)}
            self.values[(name,)] = tuple(marks)
        for _ in range(2):
            for statement in self.function.body:
                self._step(statement)

    def _step(self, statement: Statement) -> None:
        found = self.marks(statement.value, statement.at)
        if isinstance(statement, Assign):
            held = tuple(m.on(statement.at) if m.steps else m for m in found)
            for target in statement.targets:
                self._write(target, held)
        elif isinstance(statement, Return):
            self.summary.returns = _union((self.summary.returns, found))

    def _write(self, target: Path, marks: Marks) -> None:
        self.values = {p: m for p, m in self.values.items() if p[: len(target)] != target}
        self.values[target] = marks

    def marks(self, expr: Expr, at: Location) -> Marks:
        if isinstance(expr, Literal):
            return ()
        if isinstance(expr, Ref):
            return self._read(expr.path, at)
        if isinstance(expr, Join):
            found = _union(self.marks(p, at) for p in expr.parts)
            return tuple(replace(m, whole=False) for m in found) if expr.text else found
        if isinstance(expr, Call):
            return self._call(expr)
        return ()

    def _read(self, path: Path, at: Location) -> Marks:
        sources = []
        for name in self.engine.names(self.module, path):
            for word, pattern in self.words.source_paths:
                if name[: len(pattern)] == pattern or (pattern[0] == "*" and pattern[1:] == name[1 : len(pattern)]):
                    sources.append(Mark(word, -1, (at,)))
        held = [m for p, m in self.values.items() if p == path[: len(p)] or p[: len(path)] == path]
        return _union((tuple(sources[:1]), *held))

    def _call(self, call: Call) -> Marks:
        names = self.engine.names(self.module, call.callee)
        args = [self.marks(a, call.at) for a in call.args]
        named = {n: self.marks(v, call.at) for n, v in call.named}
        base = self.marks(call.receiver, call.at) if call.receiver is not None else ()
        if len(call.callee) > 1:
            base = _union((base, self._read(call.callee[:-1], call.at)))
        self._hand_to_callbacks(call, base)
        reached = self._sinks(call, names, args, named)
        if word := first(self.words.source_calls, names):
            return (Mark(word, -1, (call.at,)),)
        everything = _union((base, *args, *named.values()))
        if word := first(self.words.sanitizers, names):
            return tuple(replace(m, clean=m.clean | {word}) for m in everything)
        if target := self.engine.resolve(self.module, self.function, call.callee):
            return self._enter(call, *target, args, named)
        if reached or any(matches(p, n) for p in self.words.stops for n in names):
            return ()
        return everything

    def _hand_to_callbacks(self, call: Call, base: Marks) -> None:
        """`items.map(x => ...)`: the callback's first parameter holds what the items hold."""
        for arg in call.args:
            if isinstance(arg, Lambda) and base:
                self.values[(f"<given {arg.function}>", "0")] = base

    def _sinks(self, call: Call, names: tuple[Path, ...], args: list[Marks], named: dict[str, Marks]) -> bool:
        hit = [s for s in self.words.sinks if any(matches(s.pattern, n) for n in names)]
        for sink in hit:
            for mark in _given(sink, args, named):
                if sink.built and mark.whole and not mark.source and mark.parameter < 0:
                    continue
                if mark.source:
                    self.engine.arrive(mark, sink.name, call.at, self.function.key)
                else:
                    self.summary.sinks.setdefault((mark.parameter, sink.name, call.at), mark.on(call.at))
        return bool(hit)

    def _enter(self, call: Call, module: Module, callee: Function, args: list[Marks], named: dict[str, Marks]) -> Marks:
        """A call of the app's own function: its summary, with our arguments for its parameters."""
        summary = self.engine.summary(module, callee)
        shift = 1 if callee.parameters[:1] in (("self",), ("cls",)) else 0
        by_number = {n + shift: a for n, a in enumerate(args)}
        by_number |= {callee.parameters.index(n): m for n, m in named.items() if n in callee.parameters}
        for (number, sink, at), inner in list(summary.sinks.items()):
            for mark in by_number.get(number, ()):
                way = replace(
                    mark, steps=(*mark.on(call.at).steps, *inner.steps)[:MAX_STEPS], clean=mark.clean | inner.clean
                )
                if mark.source:
                    self.engine.arrive(way, sink, at, self.function.key)
                else:
                    self.summary.sinks.setdefault((mark.parameter, sink, at), way)
        back: list[Marks] = [tuple(m for m in summary.returns if m.source)]
        for inner in (m for m in summary.returns if not m.source):
            given = by_number.get(inner.parameter, ())
            back.append(tuple(replace(m, clean=m.clean | inner.clean, whole=m.whole and inner.whole) for m in given))
        return _union(back)


def _given(sink: Sink, args: list[Marks], named: dict[str, Marks]) -> Marks:
    """What a sink's argument holds."""
    if sink.argument < 0:
        return _union((*args, *named.values()))
    by_name = named.get(sink.keyword, ()) if sink.keyword else ()
    return _union((args[sink.argument] if sink.argument < len(args) else (), by_name))


def _union(many: Iterable[Marks]) -> Marks:
    """All marks, one an origin, the first way found kept."""
    kept: dict[tuple[str, int, frozenset[str]], Mark] = {}
    for marks in many:
        for mark in marks:
            kept.setdefault((mark.source, mark.parameter, mark.clean), mark)
    return tuple(list(kept.values())[:MAX_MARKS])
