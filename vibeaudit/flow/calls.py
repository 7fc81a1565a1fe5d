"""Calls: sources, sinks, sanitizers, the app's own functions, and all others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.flow.arguments import literals, name_read
from vibeaudit.flow.code_files import CodeFiles
from vibeaudit.flow.entering import Found
from vibeaudit.flow.form import Call, Expr, Function, Module, Path
from vibeaudit.flow.made_rows import MAKES_ROW, made_row
from vibeaudit.flow.outside import Outside
from vibeaudit.flow.python_names import LEAST
from vibeaudit.flow.rows import Rows
from vibeaudit.flow.shell_lists import ShellLists
from vibeaudit.flow.taint import NOTHING, Mark, Value, flat, together, whole
from vibeaudit.flow.vocabulary import Vocabulary
from vibeaudit.model import Location

if TYPE_CHECKING:
    from vibeaudit.flow.engine import Engine

_LOADS = frozenset(("load", "loads"))  # of a schema of marshmallow: the fields that it declares, and no others
_SCHEMA_NAME = re.compile(r"schema", re.IGNORECASE)
_SCHEMA = frozenset({"schema-checked"})


def _made_by(call: Call) -> Path:
    """The class in `SignUpSchema().load(data)`."""
    return call.receiver.callee if isinstance(call.receiver, Call) else ()


class Calls(Outside):
    """What a walk does at a call. `state` and `value` are the walk's."""

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        super().__init__(engine, module, function, words)
        self.rows = Rows(self)
        self.code_files = CodeFiles(self)
        self.shell_lists = ShellLists(self)

    def value(self, expr: Expr, at: Location) -> Value:
        raise NotImplementedError

    def own_address(self, path: Path) -> bool:
        """Whether a name holds an address that the operator set: its parameters are no caller's."""
        raise NotImplementedError

    def call(self, call: Call) -> Value:
        names = self.names(call.callee)
        if isinstance(call.receiver, Call) and call.callee[0] == "*" and call.receiver.callee[0] in self.module.imports:
            names = (*names, *self.names((*call.receiver.callee, call.callee[-1])))  # requests.Session().get
        args = [self.value(a, call.at) or self.function_value(a) for a in call.args]
        named = {n: self.value(v, call.at) for n, v in call.named}
        base = self.value(call.receiver, call.at) if call.receiver is not None else NOTHING
        if len(call.callee) > 1:
            base = together((base, self.read(call.callee[:-1], call.at)))
        self._hand_to_callbacks(call, base)
        self._put_into(call, args)
        self.code_files.called(call, args)
        self.shell_lists.called(call, args)
        target = self.engine.program.resolve(self.module, self.function, call.callee) or self._of_made(call)
        reached = self._sinks(call, names, base, args, named, ours=target is not None)
        if self.rows.called(call, names, args, named) and target is None:
            return made_row(args) if call.callee[-1] in MAKES_ROW else NOTHING
        if (known := self._by_name(call, names, base, args, named)) is not None:
            return known
        if target is not None:
            back = self.enter(call, target, args, named, base)
            if target[1].is_class:
                back = self._filled(call, target, args, named)
            return NOTHING if self.words.stopped(names) else back
        if reached or self.words.stopped(names):
            return made_row(args) if call.callee[-1] in MAKES_ROW else NOTHING
        return together((*self._meant(call, names, base, args, named), self._unknown(call, names, base, args, named)))

    def _by_name(
        self, call: Call, names: tuple[Path, ...], base: Value, args: list[Value], named: dict[str, Value]
    ) -> Value | None:
        """What a call gives whose name is in the vocabulary: a copy, a source, or a cleaned value."""
        if self.words.copied(names):
            chosen = {n for n, _ in call.named} & {"exclude", "include"}
            return whole(base.get((), ())) if chosen else base
        if (kind := self.words.called_source(names)) and not self.own_address(call.callee):
            return whole((Mark(kind.name, -1, "", (call.at,), kind.clean | self.trust).within(name_read(call)),))
        if call.callee[-1] in _LOADS and _SCHEMA_NAME.search(".".join(call.callee[:-1]) + ".".join(_made_by(call))):
            return self._loaded(call, together(args))
        if labels := self.words.sanitizer(names, literals(call)):
            return whole(tuple(m.cleaned(labels) for m in flat(together((base, *args, *named.values())))))
        if says := self.words.written(names):
            return self.built(flat(together((base, *args, *named.values()))), says)
        return None

    def _loaded(self, call: Call, given: Value) -> Value:
        """What a schema lets through: its own fields; no number below a least one that it declares."""
        program = self.engine.program
        if made := _made_by(call):
            kind = program.class_named(self.module, self.function, made)
        else:
            kind = program.class_of(self.module, self.function, call.callee[:-1])
        least = [p for p, held in program.listed_fields(*kind).items() if held == LEAST] if kind is not None else []
        loaded: Value = {path: tuple(m.cleaned(_SCHEMA) for m in marks) for path, marks in given.items()}
        return loaded | dict.fromkeys(least, ())

    def _of_made(self, call: Call) -> Found | None:
        """The method in `Client().fetch(url)`."""
        if not isinstance(call.receiver, Call) or call.callee[0] != "*" or len(call.callee) != 2:
            return None
        kind = self.engine.program.class_named(self.module, self.function, call.receiver.callee)
        return self.engine.program.classes.method(kind, call.callee[1]) if kind is not None else None

    def _filled(self, call: Call, target: Found, args: list[Value], named: dict[str, Value]) -> Value:
        """An object of a class without a constructor of its own: its fields in their order, or by name."""
        wide = self.spreads(call)
        fields = [name[0] for name in target[1].types if len(name) == 1]
        plain = [a for n, a in enumerate(args) if n not in wide]
        given = {(n, *p): m for n, v in (*zip(fields, plain, strict=False), *named.items()) for p, m in v.items()}
        return together((given, *(args[n] for n in wide)))

    def _never_returns(self, expr: Expr) -> bool:
        return isinstance(expr, Call) and self.words.leaves(self.names(expr.callee))
