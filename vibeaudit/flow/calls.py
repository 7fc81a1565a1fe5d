"""Calls: sources, sinks, sanitizers, the app's own functions, and all others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.flow.entering import Entering, Found
from vibeaudit.flow.errors import CAUGHT, DEBUG, is_handed
from vibeaudit.flow.form import Call, Expr, Function, Lambda, Literal, Module, Path, Record, Ref
from vibeaudit.flow.rows import Rows
from vibeaudit.flow.taint import FUNCTION, NOTHING, Mark, Marks, Value, flat, put, tainted, take, together, union, whole
from vibeaudit.flow.tools import ARGUMENT, handlers
from vibeaudit.flow.vocabulary import PLAIN_TEXT, Sink, Vocabulary
from vibeaudit.model import Location

if TYPE_CHECKING:
    from vibeaudit.flow.engine import Engine, Key

_UNKNOWN = frozenset({"unknown-call"})
DEBUG_ONLY = frozenset({"debug-only"})
_PLAIN_MODULES = frozenset(
    ("path", "util", "querystring", "url", "qs", "os", "re", "base64", "urllib", "urllib2", "json", "codecs", "html",
     "io", "string", "pathlib", "posixpath", "copy", "itertools", "binascii", "zlib", "gzip", "lodash", "ast",
     "functools", "operator", "collections", "typing", "six", "werkzeug")
)  # fmt: skip
_VALUES = frozenset(("Path", "PurePath", "String", "StringIO", "BytesIO"))
_FILLS = frozenset(("append", "extend", "insert", "add", "appendleft", "push", "unshift", "write"))
_BOUND_FIELDS = frozenset(
    ("Integer", "Float", "Decimal", "Boolean", "Date", "DateTime", "Time", "Select", "Radio", "File", "MultipleFile",
     "SelectMultiple", "QuerySelect", "FieldList", "FormField")
)  # fmt: skip
_PROMISES = (("new", "Promise"),)
_CALLERS = {"call": 1, "apply": 1, "delay": 0, "apply_async": 0, "send": 0, "s": 0}  # with what is left out first
_HAND_ON = frozenset(
    (
        "map",
        "filter",
        "starmap",
        "submit",
        "to_thread",
        "run_in_executor",
        "add_task",
        "run_sync",
        "call_soon",
        "call_later",
        "partial",
        "enqueue",
        "spawn",
        "setTimeout",
        "setImmediate",
        "nextTick",
        "reduce",
    )
)  # call a function with the arguments that stand after it
_READS_FIELD = frozenset(
    ("get", "getlist", "getAll", "getfirst", "getone", "getall", "get_argument", "pop", "param", "header", "query")
)
_MAKES_NEW = frozenset(("map", "then", "flatMap", "reduce", "catch"))  # give what their callback gives


class Calls(Entering):
    """What a walk does at a call. `state` and `value` are the walk's."""

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        super().__init__(engine, module, function, words)
        self.rows = Rows(self)
        self.trust = engine.trust(module, function)  # labels of all that comes with the request

    def value(self, expr: Expr, at: Location) -> Value:
        raise NotImplementedError

    def read(self, path: Path, at: Location | None = None) -> Value:
        """What a name or a field of one holds. A source, when its name says so."""
        held = take(self.state.get(path[0], NOTHING), path[1:])
        if len(path) > 1 and path[-1] in self.engine.program.classes.getters:
            found = self.engine.program.resolve(self.module, self.function, path)
            if found is not None and found[1].is_getter:
                place = at or self.nowhere
                given = take(self.state.get(path[0], NOTHING), path[1:-1])
                return self.enter(Call(("*",), (), (), place), found, [], {}, given)
        if path[0] in ("self", "this") and len(path) > 1 and (owner := self.owner()):
            held = together((held, take(self.engine.fields_of(owner, self.key), path[1:])))
        known = any(m.source for m in held.get((), ()))
        if at is not None and not known and (mark := self.source(path, at)):
            held = together((held, whole((mark,))))
        return held

    def source(self, path: Path, at: Location) -> Mark | None:
        """The mark of what a caller chose, when a name says that it is that."""
        kind, rest = self.words.source_of(self.names(path))
        if kind is None:
            return self._form_field(path, at)
        return Mark(kind.name, -1, "", (at,), kind.clean | self.trust).within(rest)

    def _form_field(self, path: Path, at: Location) -> Mark | None:
        """`form.host.data`, of a form of WTForms: a text, unless the field is of a kind that takes no free text."""
        if len(path) != 3 or path[2] != "data" or self.module.language != "python":
            return None
        kind, _ = self.engine.program.kind_of(self.module, self.function, path)
        if not (path[0].lower().endswith("form") or (kind and kind[-1].endswith("Form"))):
            return None
        found = self.engine.program.class_named(self.module, self.function, kind) if kind else None
        declared = found[1].types.get(path[1:2], ()) if found is not None else ()
        if declared and declared[-1].removesuffix("Field") in _BOUND_FIELDS:
            return None
        return Mark("form-field", -1, "", (at,), PLAIN_TEXT | self.trust, field=path[1:2])

    def custom(self, name: Path, at: Location) -> Value:
        """What a function is given by custom: an error, or what a model fills in."""
        kind = self.words.called_source((name,))
        return whole((Mark(kind.name, -1, "", (at,)),)) if kind is not None else NOTHING

    def names(self, path: Path) -> tuple[Path, ...]:
        """A name as written, as its import says, and as a handler's first parameter is commonly called."""
        found = self.engine.program.names(self.module, path)
        if len(path) > 1:
            found = (*found, *self._made_by(path))
        alias = self.engine.aliases.get(self.key, {}).get(path[0]) if path else None
        return (*found, (alias, *path[1:])) if alias and alias != path[0] else found

    def _made_by(self, path: Path) -> tuple[Path, ...]:
        """A name by what its object was made by: `session.get` where `session = requests.Session()`."""
        program = self.engine.program
        kind, rest = program.kind_of(self.module, self.function, path)
        if not kind or self.module.imports.get(kind[0]) is None:
            return ()
        return tuple(n for n in program.names(self.module, (*kind, *rest)) if n != path)

    def owner(self) -> Key | None:
        """The class that `self` and `this` belong to."""
        key = self.engine.program.classes.owner(self.module, self.function)
        return (self.module.path, key) if key else None

    def constant(self, expr: Expr) -> str | None:
        """The text that a name holds for good."""
        return self.engine.program.constant(self.module, self.function, expr.path) if isinstance(expr, Ref) else None

    def clean(self, path: Path, labels: frozenset[str]) -> None:
        """The name, and what lies below it, is known to be safe in these ways."""
        if mark := self.source(path, self.nowhere):  # a part of the request itself was looked at
            self.state[path[0]] = put(self.state.get(path[0], NOTHING), path[1:], whole((mark,)))
        held = self.state.get(path[0])
        if not held:
            return
        root, found = path[1:], take(held, path[1:])
        cleaned = {(*root, *p): tuple(m.cleaned(labels) for m in marks) for p, marks in found.items()}
        self.state[path[0]] = {**held, **cleaned}

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
        if any(isinstance(a, Lambda) for a in call.args):
            for root, given in self.engine.filled.get(self.key, {}).items():
                self._fill_outside(root, given)
        if call.callee[-1] in _FILLS and 1 < len(call.callee) < 4 and call.callee[0] in self.state:
            self._fill(call.callee[:-1], together(args))
        elif call.callee[-1] in _FILLS and len(call.callee) == 2:
            self._fill_outside(call.callee[0], together(args))
        if call.callee[-1] == "set" and len(call.callee) == 2 and call.callee[0] not in self.function.parameters:
            self._set(call, args)
        target = self.engine.program.resolve(self.module, self.function, call.callee) or self._of_made(call)
        reached = self._sinks(call, names, base, args, named, ours=target is not None)
        if self.rows.called(call, names, args, named) and target is None:
            return NOTHING
        if self.words.copied(names):
            chosen = {n for n, _ in call.named} & {"exclude", "include"}
            return whole(base.get((), ())) if chosen else base
        if kind := self.words.called_source(names):
            return whole((Mark(kind.name, -1, "", (call.at,), kind.clean | self.trust).within(_key(call)),))
        if labels := self.words.sanitizer(names, _literals(call)):
            return whole(tuple(m.cleaned(labels) for m in flat(together((base, *args, *named.values())))))
        if target is not None:
            back = self.enter(call, target, args, named, base)
            if target[1].is_class:
                back = self._filled(call, target, args, named)
            return NOTHING if self.words.stopped(names) else back
        if reached or self.words.stopped(names):
            return NOTHING
        return together((*self._meant(call, names, base, args, named), self._unknown(call, names, base, args, named)))

    def _of_made(self, call: Call) -> Found | None:
        """The method in `Client().fetch(url)`."""
        if not isinstance(call.receiver, Call) or call.callee[0] != "*" or len(call.callee) != 2:
            return None
        kind = self.engine.program.class_named(self.module, self.function, call.receiver.callee)
        return self.engine.program.classes.method(kind, call.callee[1]) if kind is not None else None

    def _meant(
        self, call: Call, names: tuple[Path, ...], base: Value, args: list[Value], named: dict[str, Value]
    ) -> list[Value]:
        """Calls of functions that are values, and of methods that only few classes of the app have."""
        if call.callee in _PROMISES:
            return [v for a in call.args for f in self.functions(a) for v in self._resolved(f)]
        skipped = _CALLERS.get(call.callee[-1])
        if skipped is not None and len(call.callee) > 1:  # fn.call(this, x)
            found = self.engine.program.resolve(self.module, self.function, call.callee[:-1])
            if found is not None:
                return [self.enter(call, found, args[skipped:], named, NOTHING)]
        if call.callee[-1] in _HAND_ON and (handed := self._hand_on(call, args)):
            return handed
        called = flat(self.read(call.callee)) if call.callee[0] in self.state else ()
        called += flat(base) if call.callee == ("*",) else ()
        back = [self.call_mark(call, m, args) for m in called if m.parameter == FUNCTION or len(call.callee) == 1]
        if len(call.callee) < 2 or self.words.passed(names) is not None or self._foreign(call.callee[0]):
            return back
        meant = self.engine.program.classes.meant(call.callee[-1], len(args))
        return [*back, *(self.enter(call, found, args, named, base) for found in meant)]

    def _hand_on(self, call: Call, args: list[Value]) -> list[Value]:
        """`map(fn, items)`, `pool.submit(fn, x)`, `partial(fn, x)`: what the function gives, with what follows it."""
        for number, arg in enumerate(call.args[:2]):
            for found in self.functions(arg):
                rest = [whole(flat(a)) for a in args[number + 1 :]]
                back = self.enter(Call(("*",), (), (), call.at), found, rest, {}, NOTHING)
                if call.callee[-1] != "partial":
                    return [back]
                bound = ("",) * len(rest)
                return [whole(tuple(replace(m, field=bound) for m in flat(self.function_value(arg))))]
        return []

    def _foreign(self, name: str) -> bool:
        """Whether a name is taken from a package that is not the app's."""
        imported = self.module.imports.get(name)
        return imported is not None and not self.engine.program.is_own(self.module, imported[0])

    def _resolved(self, executor: Found) -> list[Value]:
        """What `new Promise((resolve) => ...)` resolves to."""
        key = (executor[0].path, executor[1].key)
        calls = self.engine.summary(key, self.key).calls
        return [self.instantiate(key, v, {}) for c, values in calls.items() if c.parameter == 0 for v in values[:1]]

    def _filled(self, call: Call, target: Found, args: list[Value], named: dict[str, Value]) -> Value:
        """An object of a class without a constructor of its own: its fields in their order, or by name."""
        wide = self.spreads(call)
        fields = [name[0] for name in target[1].types if len(name) == 1]
        plain = [a for n, a in enumerate(args) if n not in wide]
        given = {(n, *p): m for n, v in (*zip(fields, plain, strict=False), *named.items()) for p, m in v.items()}
        return together((given, *(args[n] for n in wide)))

    def _unknown(
        self, call: Call, names: tuple[Path, ...], base: Value, args: list[Value], named: dict[str, Value]
    ) -> Value:
        """A call of code that is not the app's: it gives back what it is given."""
        if call.callee[-1] in _READS_FIELD and (key := _key(call)):
            deep = _keys(call.args)
            if len(deep) > 1 and deep in base:  # config.get("section", "key")
                return take(base, deep)
            return together((take(base, key), *args[1:]))
        if self.words.keyed(names):
            return whole(flat(_itself(together((base, *args)))))
        if call.callee[-1] == "split" and (call.callee[0] == "shlex" or not _literals(call).strip()):
            found = tainted(args[0] if call.callee[0] == "shlex" and args else base)
            return whole(tuple(replace(m, says=m.says | {"words"}) for m in found))  # `"rm -r /".split()`
        only = self.words.passed(names)
        if only is not None:
            return whole(union((flat(base), *(flat(a) for n, a in enumerate(args) if n in only))))
        if call.callee[-1] in _MAKES_NEW and (
            inner := [(f[0].path, f[1].key) for a in call.args for f in self.functions(a)]
        ):
            back = [self.instantiate(k, self.engine.summary(k, self.key).returns, {0: base}) for k in inner]
            return together(back if call.callee[-1] != "catch" else (base, *back))
        given = union((*(tainted(a) for a in args), *(tainted(v) for v in named.values())))
        if given and not self._plain(call.callee):
            given = tuple(m.cleaned(_UNKNOWN) for m in given)
        return whole(union((tainted(base), given)))

    def _plain(self, callee: Path) -> bool:
        """Whether an outside function is one that makes a value of its arguments (`os.path.join`, `str`), and not a
        class or an object's method, whose result may be anything."""
        if imported := self.module.imports.get(callee[0]):
            return imported[0].removeprefix("node:").split(".")[0] in _PLAIN_MODULES
        return len(callee) == 1 and (not callee[0][:1].isupper() or callee[0] in _VALUES)

    def _fill(self, path: Path, given: Value) -> None:
        """A list or a set gets a further member."""
        if given:
            self.state[path[0]] = put(self.state[path[0]], (*path[1:], "*"), given)

    def _fill_outside(self, root: str, given: Value) -> None:
        """A callback gives a list of the function around it a further member."""
        if root in self.state:
            self.state[root] = put(self.state[root], ("*",), given)
        elif self.function.outer and given:
            self.engine.fill((self.module.path, self.function.outer), root, given)

    def _set(self, call: Call, args: list[Value]) -> None:
        """`map.set("key", value)`, `config.set("section", "key", value)`."""
        path = _keys(call.args[:-1])
        if call.callee[0] in self.state and 0 < len(path) == len(args) - 1:
            self.state[call.callee[0]] = put(self.state[call.callee[0]], path, args[-1])

    def _hand_to_callbacks(self, call: Call, base: Value) -> None:
        """`items.map(x => ...)`: the callback's first parameter holds what the items hold; or an error, by custom."""
        for arg in call.args:
            if isinstance(arg, Lambda):
                names = self.module.functions[arg.function].parameters
                if is_handed(names, in_place=True, callee=call.callee[-1]):
                    self.engine.give((self.module.path, arg.function), self.custom((CAUGHT, "error"), call.at))
        for tool in handlers(call):
            self.engine.give((self.module.path, tool), self.custom(ARGUMENT, call.at))
        handed = whole(flat(base)) if base else NOTHING
        for arg in call.args if handed else ():
            if isinstance(arg, Lambda):
                self.engine.give((self.module.path, arg.function), base if call.callee[-1] == "then" else handed)
            elif call.callee[-1] != "get":
                for found in self.functions(arg):
                    plain = Call(("*",), (), (), call.at)
                    self.enter(plain, found, [base if call.callee[-1] == "then" else handed], {}, NOTHING)

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
            given = [(flat(base), call.at)] if sink.receiver else _given(sink, call, args, named)
            for marks, at in given:
                for mark in marks:
                    self.hit(mark, sink.name, sink.says, at)
        return reached

    def hit(self, mark: Mark, sink: str, need: str, at: Location) -> None:
        """A mark is at a sink: a flow when it comes from a source, else something that callers must know."""
        from vibeaudit.flow.engine import Reach

        if mark.parameter == FUNCTION:
            return
        if DEBUG[0] in self.state:
            mark = mark.cleaned(DEBUG_ONLY)
        if not mark.source:
            way = Reach(mark.parameter, mark.field, sink, need, at, mark.clean, mark.says)
            self.engine.reach(self.module.path, mark.on(at), way)
        elif not need or need in mark.says or (need == "text" and ("plain-text" in mark.clean or mark.field)):
            self.engine.arrive(mark, sink, at, self.function.key)

    def _never_returns(self, expr: Expr) -> bool:
        return isinstance(expr, Call) and self.words.leaves(self.names(expr.callee))


def _literals(call: Call) -> str:
    return " ".join(a.text for a in call.args if isinstance(a, Literal) and a.text)


def _keys(args: tuple[Expr, ...]) -> Path:
    """The names that literals at the start of arguments give."""
    found: list[str] = []
    for arg in args:
        if not isinstance(arg, Literal) or not 0 < len(arg.text) < 60:
            break
        found.append(arg.text)
    return tuple(found)


def _key(call: Call) -> Path:
    """The name that a value is read by: `form.get("email")`."""
    first = call.args[0] if call.args else None
    return (first.text,) if isinstance(first, Literal) and first.text and len(first.text) < 60 else ()


def _place(sink: Sink, call: Call, number: int) -> Location:
    """Where an argument stands, or the field of it that counts."""
    arg = call.args[number]
    if sink.property and isinstance(arg, Record):
        for (name, _), span in zip(arg.fields, arg.spans, strict=False):
            if name == sink.property:
                return span
    return call.spans[number] if number < len(call.spans) else call.at


def _itself(value: Value) -> Value:
    """A value and its elements, without its named fields: options are no text."""
    return {p: m for p, m in value.items() if not p or p[0] == "*"}


def _property(value: Value, name: str) -> Marks:
    """A named field of an argument. A text that was put together has none."""
    held = take(value, (name,))
    if any(path[:1] == (name,) for path in value):
        return flat(held)
    return tuple(m for m in value.get((), ()) if not m.says and "tail" not in m.clean)


def _asked(sink: Sink, call: Call) -> bool:
    """Whether a call has the named argument that makes it dangerous (`shell=True`), and no option that makes it safe
    (`{root: dir}`)."""
    if sink.on and not (isinstance(call.receiver, Call) and call.receiver.callee[-1] in sink.on):
        return False
    options = {n for a in call.args if isinstance(a, Record) for n, _ in a.fields} | {n for n, _ in call.named}
    if (sink.when and sink.when not in options) or (sink.holds and sink.holds.lower() not in _literals(call).lower()):
        return False
    return not sink.spared or sink.spared not in options


def _given(sink: Sink, call: Call, args: list[Value], named: dict[str, Value]) -> list[tuple[Marks, Location]]:
    """What a sink's argument holds, and where it stands."""
    found: list[tuple[Marks, Location]] = []
    for number, value in enumerate(args):
        if sink.argument in (-1, number):
            inside = {p: m for p, m in value.items() if not set(p) & set(sink.aside)} if sink.aside else value
            held = _property(value, sink.property) if sink.property else flat(inside if sink.inside else _itself(value))
            found.append((held, _place(sink, call, number)))
    for number, (name, value) in enumerate(named.items(), len(args)):
        if sink.argument == -1 or name == sink.keyword:
            found.append((flat(value), call.spans[number] if number < len(call.spans) else call.at))
    return found
