"""What lowering Python and lowering JavaScript share: a stack of functions, statements put into the innermost."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow.form import Assign, Do, Expr, Function, Join, Literal, Module, Path, Return
from vibeaudit.model import Location
from vibeaudit.source import SourceFile

MAX_DEPTH = 120  # Python's own stack holds this many levels of five calls each


class Lowering:
    """Builds a Module. A language's own class gives `expr` and `statement`."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.module = Module(str(file.path), file.language)
        self.stack: list[Function] = []
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
        return function

    def close(self) -> None:
        self.stack.pop()

    def assign(self, targets: tuple[Path, ...], value: Expr, node: Node) -> None:
        if targets:
            self.stack[-1].body.append(Assign(targets, value, self.file.locate(node)))
        else:
            self.do(value, node)

    def do(self, value: Expr, node: Node) -> None:
        if not isinstance(value, Literal):
            self.stack[-1].body.append(Do(value, self.file.locate(node)))

    def give(self, value: Expr, node: Node) -> None:
        self.stack[-1].body.append(Return(value, self.file.locate(node)))

    def joined(self, children: list[Node], *, text: bool = False) -> Expr:
        parts = tuple(p for p in (self.lower(c) for c in children) if not isinstance(p, Literal))
        return Join(parts, text) if parts else Literal()

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


def text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
