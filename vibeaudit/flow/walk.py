"""One function, once through: what its values hold, branch by branch."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.flow.arriving import DEBUG_ONLY
from vibeaudit.flow.calls import Calls
from vibeaudit.flow.engine import Engine
from vibeaudit.flow.errors import CAUGHT, DEBUG, handles_all, is_handed
from vibeaudit.flow.form import (
    Assign,
    Choice,
    Do,
    Expr,
    Fact,
    Field,
    Function,
    If,
    Join,
    Lambda,
    Leave,
    Literal,
    Loop,
    Module,
    Path,
    Record,
    Ref,
    Return,
    Statement,
    Try,
)
from vibeaudit.flow.form import Call as CallExpr
from vibeaudit.flow.phrases import fixes_host, kinds
from vibeaudit.flow.taint import NOTHING, THIS, Mark, Value, flat, meet, put, take, together, union, whole
from vibeaudit.flow.tools import ARGUMENT, filled_in, is_tool
from vibeaudit.flow.vocabulary import PLAIN_TEXT, Vocabulary
from vibeaudit.model import Location, Parameter

_PARSERS = frozenset(("URL", "urlparse", "urlsplit", "parse_url"))
_TEXTS = frozenset(("str", "EmailStr", "SecretStr", "AnyUrl", "HttpUrl", "AnyHttpUrl"))
_TEXT_PLACES = frozenset(("path", "header", "cookie"))
_PATHS = frozenset(("Path", "PurePath", "PurePosixPath"))
_REQUESTS = frozenset(
    ("Request", "HttpRequest", "WSGIRequest", "NextRequest", "NextApiRequest", "FastifyRequest", "IncomingMessage")
)
MAX_LOOPS = 2  # of a nest, that are gone over twice
SCHEMA = frozenset({"schema-checked"})
_SCALARS = frozenset(
    ("int", "float", "bool", "number", "boolean", "bigint", "UUID", "uuid.UUID", "UUID4", "datetime", "date", "Decimal",
     "datetime.datetime", "datetime.date", "PositiveInt", "NonNegativeInt", "PositiveFloat", "UUID1", "UUID5", "time")
)  # fmt: skip


class Walk(Calls):
    """`state` holds what each name holds. A block that always leaves does not reach what follows it."""

    def __init__(
        self, engine: Engine, module: Module, function: Function, words: Vocabulary, outer: dict[str, Value]
    ) -> None:
        super().__init__(engine, module, function, words)
        self.state: dict[str, Value] = dict(outer)
        self.derived: dict[str, frozenset[Path]] = {}  # what a name's value was made from
        self.called: dict[str, str] = {}  # the function that gave it
        self.returns: list[Value] = []
        self.ensured: list[dict[int, frozenset[str]]] = []
        self.loops = 0
        self.left: list[list[dict[str, Value]]] = []  # by loop: what its breaks leave

    def run(self) -> None:
        self._enter_parameters()
        if self._block(self.function.body):
            self._note_ensured()
        ensures: dict[int, frozenset[str]] = {}
        for number in range(len(self.function.parameters)):
            labels = [e.get(number, frozenset()) for e in self.ensured]
            if labels and (common := frozenset.intersection(*labels)):
                ensures[number] = common
        self.engine.learn(self.key, together(self.returns), self._writes(), ensures)

    def _writes(self) -> Value:
        """What the function leaves in the fields of its object."""
        if not self.function.own_this:
            return NOTHING
        held = self.state.get("this" if "this" in self.state else "self", NOTHING)
        return {p: m for p, m in held.items() if p and m}

    def _enter_parameters(self) -> None:
        route = self.engine.route_of(self.module, self.function)
        aliases = dict(self.engine.aliases.get((self.module.path, self.function.outer), {}))
        chosen = {p.name: p for p in route.parameters} if route is not None else {}
        tool = is_tool(self.function.decorators)
        for number, name in enumerate(self.function.parameters):
            value: Value = {(): (Mark("", number, self.function.key, ()),)}
            aliases.pop(name, None)
            if self._is_error(number):
                value = together((value, self.custom((CAUGHT, "error"), self.function.at)))
            kind = self.function.types.get((name,), ())
            if tool and filled_in(name, kind) and ".".join(kind) not in _SCALARS:
                value = together((value, self.custom(ARGUMENT, self.function.at)))
            if number == 0 and (given := self.engine.given.get(self.key)):
                value = together((value, given))
            if route is not None and name in chosen:
                value = together((value, self._from_caller(chosen[name], route.path)))
            elif route is not None and number == 0 and self.words.request_names:
                aliases[name] = self.words.request_names.get(route.framework, self.words.request_names["*"])
            elif name == "req" and number < 2 and self.module.language == "python":
                aliases[name] = "request"
            elif kind[-1:] and kind[-1] in _REQUESTS and name not in ("req", "request"):
                aliases[name] = "req" if self.words.request_names else "request"
            elif number == 1 and route is not None and route.framework == "express" and self.words.request_names:
                aliases[name] = "res"
            self.state[name] = value
        if self.function.own_this and "self" not in self.state and self.owner():
            self.state["this"] = {(): (Mark("", THIS, self.function.key, ()),)}
        if aliases:
            self.engine.aliases[self.key] = aliases

    def _is_error(self, number: int) -> bool:
        names = self.function.parameters
        if number == len(names) - 1 and handles_all(self.function.decorators):
            return True
        return number == 0 and is_handed(names, in_place=False, callee="")

    def _from_caller(self, chosen: Parameter, route: str) -> Value:
        """What a caller puts into a handler's parameter: a number stays one, and a placeholder takes no slash."""
        name, source = chosen.name, chosen.source
        kind = ".".join(self.function.types.get((name,), ()))
        converted = any(f"<{c}:{name}>" in route for c in ("int", "float", "uuid"))
        if source in ("dependency", "session"):
            return NOTHING
        if kind == "PositiveInt":
            return NOTHING
        if converted or kind in _SCALARS or chosen.type in _SCALARS:
            return whole((Mark("request-number", -1, "", (self.function.at,), self.trust, field=(name,)),))
        segment = source == "path" and f"{{{name}:" not in route and f"<path:{name}" not in route
        clean = frozenset({"path-segment"}) if segment and self.module.language == "python" else frozenset[str]()
        if kind in _TEXTS or source in _TEXT_PLACES:
            clean |= PLAIN_TEXT
        clean |= self.trust
        mark = Mark(self.words.route_parameters or "request", -1, "", (self.function.at,), clean, field=(name,))
        value: Value = {(): (mark,)}
        if kind and (model := self.engine.program.resolve(self.module, self.function, tuple(kind.split(".")))):
            listed = self.engine.program.listed_fields(*model)
            if listed:
                mark = mark.cleaned(SCHEMA)
                value = {(): (mark,)}
            for path, held in listed.items():
                if held == ("PositiveInt",):
                    value[path] = ()
                elif any(c.about(path[0]) for c in self.words.columns) or ".".join(held) in _SCALARS:
                    scalar = ".".join(held) in _SCALARS
                    value[path] = (replace(mark.within(path), source="request-number" if scalar else mark.source),)
                elif ".".join(held) in _TEXTS and self.module.language == "python":
                    value[path] = (mark.within(path).cleaned(PLAIN_TEXT),)
        return value

    # ---- statements

    def _block(self, body: list[Statement]) -> bool:
        """Whether what follows the block is reached."""
        return all(self._step(statement) for statement in body)

    def _step(self, statement: Statement) -> bool:
        if isinstance(statement, Assign):
            self._assign(statement)
        elif isinstance(statement, Do):
            self.value(statement.value, statement.at)
            return not self._never_returns(statement.value)
        elif isinstance(statement, Return):
            self._return(statement)
            return False
        elif isinstance(statement, Leave):
            if statement.loop and self.left:
                self.left[-1].append(self.state)
            return False
        elif isinstance(statement, If):
            return self._if(statement)
        elif isinstance(statement, Loop):
            self._loop(statement)
        elif isinstance(statement, Try):
            return self._try(statement)
        return True

    def _assign(self, statement: Assign) -> None:
        if isinstance(statement.value, Lambda):  # it is known by its name
            return
        found = self.value(statement.value, statement.at)
        held = {p: tuple(m.on(statement.at) if m.steps else m for m in marks) for p, marks in found.items()}
        parents = frozenset(_refs(statement.value))
        for target in statement.targets:
            self.rows.assigned(target, held, statement.value, statement.at)
            if len(target) > 1 and held:
                self._assigned(target, held, statement.at)
            if len(target) == 1 and parents:
                self.derived[target[0]] = parents - {target}
                self.called[target[0]] = _callee(statement.value)
            self._write(target, held)

    def _assigned(self, target: Path, held: Value, at: Location) -> None:
        """`response.headers["Location"] = url`."""
        for sink in self.words.assigned.of(self.names(target)):
            for mark in flat(held):
                self.hit(mark, sink.name, sink.says, at)

    def _write(self, target: Path, given: Value) -> None:
        root = target[0]
        if root in ("self", "this") and len(target) > 1 and (owner := self.owner()):
            self.engine.set_field(owner, target[1:2], given if len(target) == 2 else whole(flat(given)))
        self.state[root] = put(self.state.get(root, NOTHING), target[1:], given) if len(target) > 1 else given

    def _return(self, statement: Return) -> None:
        value = self.value(statement.value, statement.at)
        self.returns.append(value)
        self._note_ensured()
        route = self.engine.route_of(self.module, self.function)
        if self._is_handler(statement.value):
            return
        if route is not None and (sink := self.words.returned.get(route.framework)):
            for mark in value.get((), ()) if not self._sends_json(statement.value) else ():
                self.hit(mark, sink, "text", statement.at)
        if route is not None and (sink := self.words.answered.get(route.framework)):
            for mark in flat(value) if not self._is_sink(statement.value, sink) else ():
                self.hit(mark, sink, "", statement.at)

    def _sends_json(self, expr: Expr) -> bool:
        """A method gives a dict, by its name; a resource of Flask-RESTful makes JSON of whatever it answers."""
        given = isinstance(expr, CallExpr) and bool(expr.callee) and expr.callee[-1] in _JSON_MAKERS
        return given or self.engine.program.classes.inherits(self.module, self.function, "Resource")

    def _is_handler(self, expr: Expr) -> bool:
        """Whether another handler of the app answers: it is looked at there."""
        if not isinstance(expr, CallExpr):
            return False
        found = self.engine.program.resolve(self.module, self.function, expr.callee)
        return found is not None and self.engine.route_of(*found) is not None

    def _is_sink(self, expr: Expr, sink: str) -> bool:
        """Whether the sink has been met already, in what is returned."""
        if isinstance(expr, Join):
            return any(self._is_sink(p, sink) for p in expr.parts)
        return isinstance(expr, CallExpr) and any(s.name == sink for s in self.words.sinks_of(self.names(expr.callee)))

    def _note_ensured(self) -> None:
        noted = {}
        for number, name in enumerate(self.function.parameters):
            for mark in self.state.get(name, NOTHING).get((), ()):
                if mark.parameter == number and mark.owner == self.function.key and not mark.field and mark.clean:
                    noted[number] = mark.clean
        self.ensured.append(noted)

    def _if(self, statement: If) -> bool:
        before = dict(self.state)
        self._know(statement.test.holds)
        first = self._block(statement.then)
        after_then, self.state = self.state, before
        self._know(statement.test.fails)
        second = self._block(statement.orelse)
        if first and second:
            self.state = _meet(after_then, self.state)
            if DEBUG[0] not in before:
                self.state.pop(DEBUG[0], None)
        elif first:
            self.state = after_then
        return first or second

    def _loop(self, statement: Loop) -> None:
        self.loops += not statement.once
        for _ in range(1 if statement.once or self.loops > MAX_LOOPS else 2):
            before = dict(self.state)
            self.left.append([])
            reached = self._block(statement.body)
            ends = [*self.left.pop(), *([self.state] if reached else [])]
            self.state = before if not statement.once or not ends else ends.pop()
            for end in ends:
                self.state = _meet(self.state, end)
        self.loops -= not statement.once

    def _try(self, statement: Try) -> bool:
        before = dict(self.state)
        alive = self._block(statement.body)
        done, torn = self.state, _meet(before, self.state)
        for handler in statement.handlers:
            self.state = dict(torn)
            if self._block(handler):
                done = _meet(done, self.state) if alive else self.state
                alive = True
        self.state = done
        return alive

    # ---- what conditions tell

    def _know(self, facts: frozenset[Fact]) -> None:
        for fact in sorted(facts, key=lambda f: (f.path, f.label, f.against, f.callee)):
            if fact.label == "range-checked":
                self.rows.measured.add(fact.path)
            if fact.path == DEBUG:
                self.state[DEBUG[0]] = whole((Mark("", -1, "", ()),))
                continue
            if fact.against and any(m.source for m in flat(self.read(fact.against, self.nowhere))):
                continue
            called = self.called.get(fact.path[0], "")
            if fact.label == "present":
                if not called:
                    continue  # that a value is there says nothing of it
            else:
                self.clean(fact.path, self._told(fact))
                if len(fact.path) > 1 and called in _PARSERS:  # URL(x).hostname
                    self.clean(fact.path[:1], frozenset({"part-checked"}))
            for parent in sorted(self._parents(fact.path[0])):
                self.clean(parent, frozenset({"part-checked"}))

    def _told(self, fact: Fact) -> frozenset[str]:
        """The labels of a fact. How a path begins says where it leads only when its ".." were resolved before."""
        resolved = fact.label == "prefix-checked" and all(
            "resolved-path" in m.clean or not m.source for m in flat(self.read(fact.path))
        )
        return frozenset({fact.label, "contained"}) if resolved else frozenset({fact.label})

    def _parents(self, name: str) -> set[Path]:
        """What a value was made from, a few steps back."""
        found: set[Path] = set()
        turn = {name}
        for _ in range(3):
            paths = {p for n in turn for p in self.derived.get(n, frozenset())} - found
            found |= paths
            turn = {p[0] for p in paths}
        return {p for p in found if p[0] != name}

    # ---- expressions

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
        found = together([self.value(s, at) for s in expr.spread])
        prompt = _is_system_message(expr)
        for number, (name, part) in enumerate(expr.fields):
            value = self.value(part, at) or self.function_value(part)
            if prompt and name == "content":
                for mark in flat(value):
                    self.hit(mark, "system-prompt", "", expr.spans[number] if number < len(expr.spans) else at)
            sink = self.words.field_sinks.get(name)
            if sink and (not sink.packages or self.engine.program.uses(sink.packages)):
                for mark in flat(value):
                    self.hit(mark, sink.name, "", expr.spans[number] if number < len(expr.spans) else at)
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
                held.append(tuple(m.cleaned(labels) for m in marks))
            lead += "\1" if marks else "\0" if constant is None else constant
        says = kinds(said) if held else frozenset[str]()
        return whole(tuple(replace(m, says=m.says | says) if says - m.says else m for m in union(held)))


def _refs(expr: Expr) -> list[Path]:
    if isinstance(expr, Ref):
        return [expr.path]
    if isinstance(expr, CallExpr):
        base = [expr.callee[:-1]] if len(expr.callee) > 1 and expr.callee[0] != "*" else []
        return [*base, *(p for a in expr.args for p in _refs(a)), *(_refs(expr.receiver) if expr.receiver else [])]
    if isinstance(expr, Join):
        return [p for part in expr.parts for p in _refs(part)]
    return _refs(expr.of) if isinstance(expr, Field) else []


def _is_system_message(expr: Record) -> bool:
    """`{role: "system", content: ...}`, as all vendors of models want it."""
    role = dict(expr.fields).get("role")
    return isinstance(role, Literal) and role.text in ("system", "developer")


_JSON_MAKERS = frozenset(("to_dict", "as_dict", "asdict", "model_dump", "serialize", "to_json", "dump", "_asdict"))


def _callee(expr: Expr) -> str:
    """The last name of a call with arguments."""
    return expr.callee[-1] if isinstance(expr, CallExpr) and (expr.args or expr.named) else ""


def _meet(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    return {n: meet(first.get(n, NOTHING), second.get(n, NOTHING)) for n in {**first, **second}}
