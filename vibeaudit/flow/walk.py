"""One function, once through: what its values hold, branch by branch."""

from __future__ import annotations

from collections.abc import Callable

from vibeaudit.flow.engine import Engine
from vibeaudit.flow.errors import DEBUG
from vibeaudit.flow.form import (
    PLACE,
    Assign,
    Do,
    Expr,
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
    Ref,
    Return,
    Statement,
    Try,
)
from vibeaudit.flow.form import Call as CallExpr
from vibeaudit.flow.returns import Returns
from vibeaudit.flow.sessions import SESSION, kept
from vibeaudit.flow.taint import NOTHING, Value, flat, meet, put, together, whole
from vibeaudit.flow.vocabulary import Vocabulary
from vibeaudit.model import Location

_BEHIND_HOST = frozenset(("pathname", "search", "hash"))  # what is put into these of an address chooses no host
_TAIL = frozenset({"tail"})
_SIGNED_IN = frozenset(("user", "currentUser", "session", "auth"))
MAX_LOOPS = 2  # of a nest, that are gone over twice


class Walk(Returns):
    """`state` holds what each name holds. A block that always leaves does not reach what follows it."""

    def __init__(
        self, engine: Engine, module: Module, function: Function, words: Vocabulary, outer: dict[str, Value]
    ) -> None:
        super().__init__(engine, module, function, words)
        self.state: dict[str, Value] = dict(outer)
        self.loops = 0
        self.own: set[Path] = set()  # what was held against who is signed in, and refused
        self.left: list[list[dict[str, Value]]] = []  # by loop: what its breaks leave
        self.begun: set[str] = set(function.parameters)  # names that the function itself gave a first value

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
        apart = _apart(held) if len(statement.targets) > 1 else None
        for number, target in enumerate(statement.targets):
            held = held if apart is None else apart(number)
            self.rows.assigned(target, held, statement.value, statement.at)
            self.code_files.assigned(target, statement.value)
            self.shell_lists.assigned(target, statement.value)
            if len(target) > 1 and target[-1] in _BEHIND_HOST:
                held = {p: tuple(m.cleaned(_TAIL) for m in marks) for p, marks in held.items()}
            if len(target) > 1 and held:
                self._assigned(target, held, statement.at)
            if len(target) == 1 and parents:
                self.derived[target[0]] = parents - {target}
                self.called[target[0]] = _callee(statement.value)
            if len(target) == 1 and target not in parents:
                self.begun.add(target[0])
            elif len(target) == 1 and target[0] not in self.begun:  # a text of the function around it, made longer
                self._fill_outside(target[0], held)
            self._write(target, held)

    def _assigned(self, target: Path, held: Value, at: Location) -> None:
        """`response.headers["Location"] = url`."""
        for sink in self.words.assigned.of(self.names(target)):
            for mark in flat(held):
                self.hit(mark, sink.name, sink.says, at)

    def _write(self, target: Path, given: Value) -> None:
        root = target[0]
        if (field := self.in_session(target)) and given:
            self.engine.set_field(SESSION, field[:1], kept(given))
        if root in ("self", "this") and len(target) > 1 and (owner := self.owner()):
            self.engine.set_field(owner, target[1:2], given if len(target) == 2 else whole(flat(given)))
        self.state[root] = put(self.state.get(root, NOTHING), target[1:], given) if len(target) > 1 else given

    def _if(self, statement: If) -> bool:
        before = dict(self.state)
        self._know(statement.test.holds)
        first = self._block(statement.then)
        after_then, self.state = self.state, before
        self._know(statement.test.fails)
        second = self._block(statement.orelse)
        if first != second:
            facts = statement.test.holds | statement.test.fails
            self.own |= {f.path for f in facts if _names_caller(f.against)}
        if first and second:
            self.state = _meet(after_then, self.state)
            for path in sorted(self.own):  # somebody else's is left to those who went around the question
                self.clean(path, frozenset({"part-checked"}))
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


def _apart(held: Value) -> Callable[[int], Value] | None:
    """What each of several values holds that a function returned side by side; None when that is not known."""
    placed = {p: m for p, m in held.items() if p and p[0].startswith(PLACE)}
    if not placed:
        return None
    known = {m for marks in placed.values() for m in marks}
    other = tuple(m for m in held.get((), ()) if m not in known)

    def at(number: int) -> Value:
        mine = {p[1:]: m for p, m in placed.items() if p[0] == f"{PLACE}{number}"}
        return together((mine, whole(other)))

    return at


def _refs(expr: Expr) -> list[Path]:
    if isinstance(expr, Ref):
        return [expr.path]
    if isinstance(expr, CallExpr):
        one = expr.callee[-1] in ("get", "getAll") and bool(expr.args) and isinstance(expr.args[0], Literal)
        # of a form that one field of it was looked at says nothing of the others
        base = [expr.callee[:-1]] if len(expr.callee) > 1 and expr.callee[0] != "*" and not one else []
        return [*base, *(p for a in expr.args for p in _refs(a)), *(_refs(expr.receiver) if expr.receiver else [])]
    if isinstance(expr, Join):
        return [p for part in expr.parts for p in _refs(part)]
    return _refs(expr.of) if isinstance(expr, Field) else []


def _callee(expr: Expr) -> str:
    """The last name of a call with arguments."""
    return expr.callee[-1] if isinstance(expr, CallExpr) and (expr.args or expr.named) else ""


def _names_caller(path: Path) -> bool:
    """`req.user.id`"""
    return bool(_SIGNED_IN.intersection(path[:-1])) and path[-1] in ("id", "_id", "userId", "uid", "sub", "email")


def _meet(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    return {n: meet(first.get(n, NOTHING), second.get(n, NOTHING)) for n in {**first, **second}}
