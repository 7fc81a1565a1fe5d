"""What lowering Python and lowering JavaScript share: a stack of functions, statements put into the innermost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from tree_sitter import Node

from vibeaudit.flow.form import (
    Assign,
    Call,
    Do,
    Expr,
    Function,
    If,
    Join,
    Leave,
    Literal,
    Loop,
    Module,
    Path,
    Ref,
    Return,
    Statement,
    Test,
    Try,
)
from vibeaudit.model import Location
from vibeaudit.source import SourceFile

NO_TEST = Test()
SHELL = re.compile(r"(?:.*[/\\])?(?:ba|z|da|k)?sh|(?:.*[/\\])?(?:cmd|powershell|pwsh)(?:\.exe)?", re.I)
SHELL_FLAG = re.compile(r"-\w*c|/[ck]|-command", re.I)
MAX_CONSTANT = 2000  # characters of a constant text
MAX_DEPTH = 120  # Python's own stack holds this many levels of six calls each


class Lowering:
    """Builds a Module. A language's own class gives `expr` and `statement`."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.module = Module(str(file.path), file.language)
        self.stack: list[Function] = []
        self.blocks: list[list[Statement]] = []
        self.depth = 0
        self.open("", (), Location(file.path, 1))

    def open(self, name: str, parameters: tuple[str, ...], at: Location, decorators: tuple[str, ...] = ()) -> Function:
        """Start a function inside the current one."""
        outer = self.stack[-1].key if self.stack else ""
        key = f"{outer}.{name}" if outer else name
        while key in self.module.functions:
            key += "'"
        function = Function(key, parameters, at, outer, decorators)
        self.module.functions[key] = function
        self.stack.append(function)
        self.blocks.append(function.body)
        return function

    def close(self) -> None:
        self.stack.pop()
        self.blocks.pop()

    def put(self, statement: Statement) -> None:
        self.blocks[-1].append(statement)

    def block(self, lower: Callable[[], None]) -> list[Statement]:
        """The statements that `lower` gives, as a block of their own."""
        self.blocks.append([])
        try:
            lower()
        finally:
            body = self.blocks.pop()
        return body

    def runs(self, nodes: Iterable[Node | None]) -> list[Statement]:
        """These nodes as a block."""
        kept = [n for n in nodes if n is not None]

        def lower() -> None:
            for node in kept:
                self.run(node)

        return self.block(lower)

    def branch(self, test: Test, then: list[Statement], orelse: list[Statement], node: Node) -> None:
        if then or orelse or test != Test():
            self.put(If(test, then, orelse, self.file.locate(node)))

    def loop(self, body: list[Statement], node: Node, *, once: bool = False) -> None:
        if body:
            self.put(Loop(body, self.file.locate(node), once))

    def attempt(self, body: list[Statement], handlers: list[list[Statement]], node: Node) -> None:
        self.put(Try(body, handlers, self.file.locate(node)))

    def leave(self, node: Node) -> None:
        self.put(Leave(self.file.locate(node), loop=node.type in ("break_statement", "continue_statement")))

    def assign(self, targets: tuple[Path, ...], value: Expr, node: Node) -> None:
        if not targets:
            self.do(value, node)
            return
        self.put(Assign(targets, value, self.file.locate(node)))
        for target in targets:
            self._note(target, value)

    def _note(self, target: Path, value: Expr) -> None:
        """What a name holds for good: a text, or an object of a class."""
        function = self.stack[-1]
        if isinstance(value, Literal) and value.text:
            known = function.constants.get(target, "")
            if value.text not in known and len(known) < MAX_CONSTANT:
                function.constants[target] = f"{known} {value.text}".strip() if known else value.text
        elif target in function.constants and not _extends(target, value):
            del function.constants[target]
        if isinstance(value, Call) and value.callee[0] != "*":
            kind = value.callee[1:] if value.callee[0] == "new" else value.callee
            if len(target) == 1:
                function.types[target] = kind
            else:
                self.held(target, kind)
        elif isinstance(value, Ref) and len(value.path) == 1 and (declared := function.types.get(value.path)):
            self.held(target, declared)  # self.store = store, where the constructor says of which class it is

    def held(self, target: Path, kind: Path) -> None:
        """The object around keeps an object of this class."""
        owner = next((f for f in reversed(self.stack) if f.is_class), None)
        if owner is not None and target[0] in ("self", "this") and len(target) == 2:
            owner.types[target[1:]] = kind

    def do(self, value: Expr, node: Node) -> None:
        if not isinstance(value, Literal):
            self.put(Do(value, self.file.locate(node)))

    def give(self, value: Expr, node: Node, test: Test = NO_TEST) -> None:
        self.put(Return(value, self.file.locate(node), test))

    def joined(self, children: list[Node], *, text: bool = False) -> Expr:
        """The parts as one value. Constant pieces of a text are kept: they say what the text is."""
        parts = tuple(p for p in (self.lower(c) for c in children) if text or not isinstance(p, Literal))
        if all(isinstance(p, Literal) for p in parts):
            return Literal("".join(p.text for p in parts if isinstance(p, Literal))) if text else Literal()
        return Join(parts, text)

    def lower(self, node: Node | None) -> Expr:
        """An expression, bounded in depth."""
        if node is None or self.depth > MAX_DEPTH:
            return Literal()
        self.depth += 1
        try:
            return self.expr(node)
        finally:
            self.depth -= 1

    def run(self, node: Node) -> None:
        """A statement or a block of them, bounded in depth."""
        if self.depth > MAX_DEPTH:
            return
        self.depth += 1
        try:
            self.statement(node)
        finally:
            self.depth -= 1

    def expr(self, node: Node) -> Expr:
        raise NotImplementedError

    def statement(self, node: Node) -> None:
        raise NotImplementedError


def shell_run(parts: Sequence[Expr], at: Location) -> Expr | None:
    """`["sh", "-c", command]` as the call of a shell that it is."""
    if len(parts) < 3:
        return None
    program, flag = parts[0], parts[1]
    if not isinstance(program, Literal) or not isinstance(flag, Literal):
        return None
    if SHELL.fullmatch(program.text) and SHELL_FLAG.fullmatch(flag.text):
        return Call(("<shell>",), tuple(parts[2:]), (), at, spans=(at,) * (len(parts) - 2))
    return None


def _extends(target: Path, value: Expr) -> bool:
    """`sql += more`: what it said before, it still says."""
    return isinstance(value, Join) and value.text and value.parts[:1] == (Ref(target),)


def text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
