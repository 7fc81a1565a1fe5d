"""What the names of a Python `for` loop stand for, one round at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vibeaudit.survey import python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Bound = Mapping[str, "Node"]
_LISTS = ("list", "tuple", "set")
_NAMES = ("pattern_list", "tuple_pattern", "list_pattern")
_MAX_ROUNDS = 200


def rounds(module: Module, node: Node) -> list[Bound]:
    """What each name of the loop around a node is in each round; one round without names where no list is written."""
    loop = _loop(node)
    left = loop.child_by_field_name("left") if loop is not None else None
    right = loop.child_by_field_name("right") if loop is not None else None
    if left is None or right is None:
        return [{}]
    found = [b for item in _items(module, right) if (b := _bound(left, item)) is not None]
    return found[:_MAX_ROUNDS] or [{}]


def spoken(node: Node, bound: Bound) -> str:
    """The dotted name of an expression, with what a name of the loop stands for in its place."""
    head, dot, rest = python.dotted(node).partition(".")
    return f"{python.dotted(bound[head])}{dot}{rest}" if head in bound else f"{head}{dot}{rest}"


def _loop(node: Node) -> Node | None:
    held: Node | None = node
    while held is not None and held.type not in ("for_statement", "for_in_clause", "function_definition"):
        held = held.parent
    return held if held is not None and held.type == "for_statement" else None


def _items(module: Module, right: Node) -> list[list[Node]]:
    """The elements of the list that a loop runs through, of a dictionary's `items()` each key and value."""
    pairs = python.dotted(right).endswith(".items")
    if pairs:
        function = right.child_by_field_name("function")
        right = function.child_by_field_name("object") if function is not None else right  # type: ignore[assignment]
    if right.type == "identifier":
        right = module.values.get(text_of(right), right)
    if pairs and right.type == "dictionary":
        sides = [(p.child_by_field_name("key"), p.child_by_field_name("value")) for p in right.named_children]
        return [[k, v] for k, v in sides if k is not None and v is not None]
    if pairs or right.type not in _LISTS:
        return []
    return [[c] for c in right.named_children if c.type != "comment"]


def _bound(left: Node, item: list[Node]) -> Bound | None:
    if left.type == "identifier":
        return {text_of(left): item[0]} if len(item) == 1 else None
    if left.type not in _NAMES:
        return None
    if len(item) == 1:
        item = item[0].named_children if item[0].type in _LISTS else []
    names = left.named_children
    return {text_of(n): v for n, v in zip(names, item, strict=True)} if len(names) == len(item) else None
