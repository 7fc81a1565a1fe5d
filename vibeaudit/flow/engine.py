"""Carries marks through functions, and between them by summaries, until nothing changes."""

from __future__ import annotations

from collections import Counter, defaultdict

from vibeaudit.flow.columns import kept_by_app, points_elsewhere, spoken
from vibeaudit.flow.form import Function, Module, Path
from vibeaudit.flow.program import Program
from vibeaudit.flow.summaries import Called, Reach, Summary
from vibeaudit.flow.taint import Mark, Value, flat, same_line, shape, together, whole
from vibeaudit.flow.vocabulary import vocabulary
from vibeaudit.model import AppModel, Flow, LeftOut, Location, Route, RowWrite
from vibeaudit.survey.guards.trades import ROLE_OF_MANY

MAX_ROUNDS = 12
MAX_CHANGES = 3  # of what is known of one function, before its fields are taken as one
MAX_SINKS = 24  # of one function's parameters
# Values looked at, not seconds: the same input gives the same answer on a slow machine. A second does some 90,000.
APP_WORK = 8_000_000
FILE_WORK = 1_000_000
_TRUST = {"validation": "validated", "authorization": "for-few"}  # guards of a route, and what they say of its request
MAX_CALLS = 8  # of one function's parameters
Key = tuple[str, str]  # a function: its file and its key there


class OutOfWork(Exception):
    """What a file, or the app, may cost is spent."""


class Engine:
    """Runs every function once, then those whose callees, fields or enclosing functions have changed."""

    def __init__(self, program: Program, app: AppModel, app_work: int = APP_WORK, file_work: int = FILE_WORK) -> None:
        self.program = program
        self._app_work, self._file_work = app_work, file_work
        self._spent: Counter[str] = Counter()  # by file
        self._work = 0  # in the whole app
        self._stop = 0  # where the function at hand has to end
        self.summaries: dict[Key, Summary] = {}
        self._readers: dict[tuple[str, ...], set[Key]] = defaultdict(set)
        self._dirty: set[Key] = set()
        self._changes: Counter[tuple[str, ...]] = Counter()
        self._flows: dict[tuple[str, str, str, Location, frozenset[str], Location | None], Flow] = {}
        self.states: dict[Key, dict[str, Value]] = {}  # what a function leaves to those inside it
        self.aliases: dict[Key, dict[str, str]] = {}
        self.filled: dict[Key, dict[str, Value]] = defaultdict(dict)  # lists that callbacks add to
        self.given: dict[Key, Value] = {}  # what a callback's first parameter holds
        self.fields: dict[Key, Value] = {}  # of the objects of a class
        self._handlers: dict[tuple[str, int], Route] = {}
        self._always: dict[Location, frozenset[str]] = {}  # the guards that stand before a handler in all of its routes
        self._rows = {_span(w.location): w for w in app.row_writes}
        self._tables = {spoken(t.name): t.columns for t in app.tables if t.store != "client"}
        self._nested = _with_rows_inside(app)
        for route in app.routes:
            body = route.body or route.location
            self._handlers.setdefault((str(body.path), body.line), route)
            kinds = frozenset(g.kind for g in route.guards)
            self._always[body] = self._always.get(body, kinds) & kinds
            self._handlers.setdefault((str(route.location.path), route.location.line), route)

    def run(self) -> tuple[tuple[Flow, ...], tuple[LeftOut, ...]]:
        """All flows, and what was not finished with the work allowed."""
        modules = self.program.modules
        order = {(p, k): n for n, (p, k) in enumerate((p, k) for p in sorted(modules) for k in modules[p].functions)}
        self._dirty = set(order)
        dear: set[str] = set()
        broken: dict[str, str] = {}
        for _ in range(MAX_ROUNDS):
            turn, self._dirty = sorted(self._dirty, key=order.__getitem__), set()
            if not turn:
                break
            for path, key in turn:
                try:
                    self._function(modules[path], modules[path].functions[key])
                except OutOfWork:
                    dear.add(path)
                except Exception as error:  # the audited code chose the input: it costs this function alone
                    broken[path] = f"data flow stopped in {key}: {type(error).__name__}"
        unfinished = [LeftOut(p, "the work allowed for data flow is spent") for p in sorted(dear)]
        unfinished += [LeftOut(p, why) for p, why in sorted(broken.items())]
        entangled = sorted({path for path, _ in self._dirty} - dear - set(broken))
        unfinished += [LeftOut(p, "calls too entangled to be followed to the end") for p in entangled]
        flows = sorted(
            self._flows.values(), key=lambda f: (f.steps[-1], f.source, f.field, f.sink, f.sanitized_by, f.steps)
        )
        return tuple(flows), tuple(unfinished)

    def work(self) -> None:
        """One value has been looked at. Raises OutOfWork where that was one too many."""
        self._work += 1
        if self._work > self._stop:
            raise OutOfWork

    def _function(self, module: Module, function: Function) -> None:
        from vibeaudit.flow.walk import Walk

        key = (module.path, function.key)
        outer = self.states.get((module.path, function.outer), {}) if function.key else {}
        walk = Walk(self, module, function, vocabulary(module.language), outer)
        before_it = self._work
        self._stop = min(self._app_work, before_it + self._file_work - self._spent[module.path])
        try:
            walk.run()
        finally:
            self._spent[module.path] += self._work - before_it
        left = {name: value for name, value in walk.state.items() if value}
        inside = self.program.inside(module, function)
        if not inside:
            return
        before = self.states.get(key, {})
        if before.keys() != left.keys() or any(shape(before[n]) != shape(v) for n, v in left.items()):
            self.states[key] = left
            self._dirty |= {(module.path, k) for k in inside}

    def route_of(self, module: Module, function: Function) -> Route | None:
        if not function.key or function.is_class:
            return None
        lines = (function.at.line, function.first_line)
        return next((self._handlers[(module.path, n)] for n in lines if (module.path, n) in self._handlers), None)

    def row_at(self, at: Location) -> RowWrite | None:
        """What the call at this place writes."""
        return self._rows.get(_span(at))

    def tells_rights(self, written: str) -> bool:
        """Whether a column of the table ("update: notes") says what somebody may do, owns or owes; also when it is not
        known. Who opens an account may choose its password."""
        verb, _, table = written.rpartition(": ")
        columns = self._tables.get(spoken(table))
        if not columns or not table or spoken(table) in self._nested:
            return True
        kinds = [k for k in vocabulary("python").columns if verb != "insert" or k.sink != "row-account"]
        return any(points_elsewhere(c) or kept_by_app(c) or any(k.fits(c, table) for k in kinds) for c in columns)

    def trust(self, module: Module, function: Function) -> frozenset[str]:
        """What is known of the request of the handler that a function is, or stands in."""
        while function.key:
            if (route := self.route_of(module, function)) is not None:
                many = route.has(ROLE_OF_MANY)  # whoever registers as a seller is not one of few
                always = self._always[route.body or route.location]
                return frozenset(_TRUST[k] for k in always & _TRUST.keys() if not (many and k == "authorization"))
            function = module.functions[function.outer]
        return frozenset()

    def summary(self, key: Key, reader: Key) -> Summary:
        self._readers[key].add(reader)
        return self.summaries.setdefault(key, Summary())

    def fields_of(self, owner: Key, reader: Key) -> Value:
        self._readers[("fields", *owner)].add(reader)
        return self.fields.get(owner, {})

    def _grown(self, what: tuple[str, ...], before: Value, more: Value) -> Value:
        """Both together. What keeps growing, as in a recursion that builds objects, is taken as one."""
        now = together((before, more))
        if self._changes[what] >= MAX_CHANGES:
            now = whole(flat(now))
        if shape(now) != shape(before):
            self._changes[what] += 1
        return now

    def set_field(self, owner: Key, path: Path, given: Value) -> None:
        before = self.fields.get(owner, {})
        now = self._grown(("fields", *owner), before, {(*path, *p): m for p, m in given.items()})
        if shape(now) != shape(before):
            self.fields[owner] = now
            self._dirty |= self._readers[("fields", *owner)]

    def give(self, callback: Key, value: Value) -> None:
        """A callback's first parameter holds this, too."""
        before = self.given.get(callback, {})
        now = self._grown(("given", *callback), before, value)
        if shape(now) != shape(before):
            self.given[callback] = now
            self._dirty.add(callback)

    def fill(self, around: Key, root: str, value: Value) -> None:
        """A list of this function has got a member from a callback inside it."""
        lists = self.filled[around]
        before = lists.get(root, {})
        now = self._grown(("filled", *around, root), before, value)
        if shape(now) != shape(before):
            lists[root] = now
            self._dirty.add(around)

    def learn(self, key: Key, returns: Value, writes: Value, ensures: dict[int, frozenset[str]]) -> None:
        """What a walk through a function has shown."""
        summary = self.summaries.setdefault(key, Summary())
        now = self._grown(("returns", *key), summary.returns, returns)
        kept = self._grown(("writes", *key), summary.writes, writes) if writes else summary.writes
        changed = shape(now) != shape(summary.returns) or shape(kept) != shape(summary.writes)
        if changed or ensures != summary.ensures:
            summary.returns, summary.writes, summary.ensures = now, kept, ensures
            self._dirty |= self._readers[key]

    def called(self, path: str, mark: Mark, at: Location, given: tuple[Value, ...]) -> None:
        """A parameter of the function `mark.owner` is called."""
        key, way = (path, mark.owner), Called(mark.parameter, mark.field, at)
        summary = self.summaries.setdefault(key, Summary())
        before = summary.calls.get(way)
        if before is None and len(summary.calls) >= MAX_CALLS:
            return
        if before is None or [shape(v) for v in before] != [shape(v) for v in given]:
            if before is not None and self._changes[("calls", *key)] >= 3 * MAX_CHANGES:
                return
            self._changes[("calls", *key)] += 1
            summary.calls[way] = given
            self._dirty |= self._readers[key]

    def reach(self, path: str, mark: Mark, way: Reach) -> None:
        """A parameter of the function `mark.owner` has reached a sink."""
        key = (path, mark.owner)
        summary = self.summaries.setdefault(key, Summary())
        if way not in summary.sinks and len(summary.sinks) < MAX_SINKS:
            summary.sinks[way] = mark
            self._dirty |= self._readers[key]

    def arrive(self, mark: Mark, sink: str, at: Location, function: str) -> None:
        """A mark with a source has reached a sink: a flow."""
        name = mark.field[0] if mark.field else ""
        start = mark.steps[0] if mark.steps else None  # each who hands something on to a shared sink answers for it
        if sink == "answer" and start is not None and start.path != at.path:
            start = Location(start.path, 1)  # once a file
        key = (mark.source, name, sink, at, mark.clean, start)
        steps = (*(mark.steps[:-1] if mark.steps and same_line(mark.steps[-1], at) else mark.steps), at)
        known = self._flows.get(key)
        if known is None or (len(steps), steps) < (len(known.steps), known.steps):
            self._flows[key] = Flow(mark.source, sink, steps, tuple(sorted(mark.clean)), function, name)


def _span(at: Location) -> tuple[object, ...]:
    return (at.path, at.line, at.column, at.end_line, at.end_column)


def _with_rows_inside(app: AppModel) -> frozenset[str]:
    """The models of Prisma that name rows of others: who fills one writes those as well."""
    models = [t for t in app.tables if t.store == "prisma"]
    names = {t.name.lower() for t in models}
    inside = (t for t in models if any({c.lower(), c.lower().removesuffix("s")} & names for c in t.columns))
    return frozenset(spoken(t.name) for t in inside)
