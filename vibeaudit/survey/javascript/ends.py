"""Where the way of an expression ends, and the expressions that a function gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module

if TYPE_CHECKING:
    from tree_sitter import Node


_FUNCTIONS = frozenset(
    "function_declaration generator_function_declaration arrow_function function_expression method_definition".split()
)
CLASSES = frozenset(("class_declaration", "abstract_class_declaration", "class"))
MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Value:
    """The expression at the end of the way, and its file. `node` is None for a whole module."""

    module: Module
    node: Node | None

    @property
    def function(self) -> Function | None:
        return self.module.function_at(self.node) if self.node is not None else None

    @property
    def kind(self) -> str:
        if self.node is None:
            return "module"
        return "function" if self.node.type in _FUNCTIONS else "class" if self.node.type in CLASSES else self.node.type


def returns(module: Module, function: Node) -> Iterator[Node]:
    """The expressions that a function returns, without those of functions inside it."""
    body = function.child_by_field_name("body")
    if body is None:
        return
    if body.type != "statement_block":
        yield body
        return
    waiting = list(reversed(body.named_children))
    while waiting:
        node = waiting.pop()
        if node.type == "return_statement" and node.named_children:
            yield node.named_children[0]
        elif node.type in (
            "if_statement",
            "statement_block",
            "else_clause",
            "try_statement",
            "switch_statement",
            "switch_body",
            "switch_case",
            "switch_default",
            "catch_clause",
            "finally_clause",
        ):
            waiting.extend(reversed(node.named_children))
