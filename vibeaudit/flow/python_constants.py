"""Python conditions that are decided before the program runs, from names that hold constants."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from tree_sitter import Node

from vibeaudit.flow.lowering import text

UNKNOWN = object()
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
_WORDS = {"true": True, "false": False, "none": None}
_ESCAPES = {r"\'": "'", r"\"": '"', r"\\": "\\", r"\n": "\n", r"\t": "\t"}
_BINDERS = {"assignment": "left", "augmented_assignment": "left", "for_statement": "left", "for_in_clause": "left",
            "named_expression": "name", "as_pattern": "alias"}  # fmt: skip
MAX_TEXT = 500
MAX_NUMBER = 10**12


class Known:
    """Which names hold which constant, at the place that the lowering has come to; one level a function."""

    def __init__(self) -> None:
        self._levels: list[dict[str, Any]] = [{}]

    def open(self) -> None:
        self._levels.append({})

    def close(self) -> None:
        self._levels.pop()

    def copy(self) -> dict[str, Any]:
        return dict(self._levels[-1])

    def restore(self, names: dict[str, Any]) -> None:
        self._levels[-1] = names

    def learn(self, target: Node | None, value: Node | None) -> None:
        """`target = value`."""
        if target is not None and target.type == "identifier":
            found = self.value(value)
            self.forget(target)
            if found is not UNKNOWN:
                self._levels[-1][text(target)] = found
        else:
            self.forget(target)

    def forget(self, node: Node | None) -> None:
        """Whatever this target, or a statement that may or may not run, puts into names."""
        for name in _bound(node):
            self._levels[-1].pop(name, None)

    def value(self, node: Node | None, depth: int = 0) -> Any:
        """The constant that an expression gives, or UNKNOWN."""
        if node is None or depth > 20:
            return UNKNOWN
        try:
            found = self._value(node, depth + 1)
        except (TypeError, ValueError, ZeroDivisionError, IndexError, OverflowError):
            return UNKNOWN
        if isinstance(found, str) and len(found) > MAX_TEXT:
            return UNKNOWN
        return UNKNOWN if isinstance(found, int | float) and abs(found) > MAX_NUMBER else found

    def _value(self, node: Node, depth: int) -> Any:
        kind = node.type
        if kind == "identifier":
            return self._levels[-1].get(text(node), UNKNOWN)
        if kind == "integer":
            return int(text(node), 0)
        if kind in _WORDS:
            return _WORDS[kind]
        if kind == "string":
            return _plain(node)
        if kind == "parenthesized_expression" and len(node.named_children) == 1:
            return self.value(node.named_children[0], depth)
        if kind in ("binary_operator", "comparison_operator"):
            return self._computed(node, depth)
        if kind == "not_operator":
            inner = self.value(node.child_by_field_name("argument"), depth)
            return UNKNOWN if inner is UNKNOWN else not inner
        if kind == "boolean_operator":
            return self._both(node, depth)
        if kind == "subscript":
            held, index = (self.value(node.child_by_field_name(f), depth) for f in ("value", "subscript"))
            return held[index] if isinstance(held, str) and isinstance(index, int) else UNKNOWN
        return UNKNOWN

    def _computed(self, node: Node, depth: int) -> Any:
        if len(node.named_children) != 2:
            return UNKNOWN
        left, right = (self.value(c, depth) for c in node.named_children)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if node.type == "binary_operator":
            if isinstance(left, str) != isinstance(right, str):
                return UNKNOWN  # "a" * 10**9
            act = _ARITHMETIC.get(text(node.child_by_field_name("operator")))
        else:
            act = _COMPARISONS.get(" ".join(text(c) for c in node.children if c not in node.named_children))
        return act(left, right) if act is not None else UNKNOWN

    def _both(self, node: Node, depth: int) -> Any:
        left, right = (self.value(node.child_by_field_name(f), depth) for f in ("left", "right"))
        decisive = text(node.child_by_field_name("operator")) == "or"
        if left is not UNKNOWN and bool(left) == decisive:
            return left
        return right if left is not UNKNOWN else UNKNOWN

    def chosen(self, match: Node) -> Node | None:
        """The one clause of a `match` statement that runs, when its subject is a constant."""
        subject = self.value(match.child_by_field_name("subject"))
        body = match.child_by_field_name("body")
        if subject is UNKNOWN or body is None:
            return None
        for case in body.named_children:
            pattern = next((c for c in case.named_children if c.type == "case_pattern"), None)
            if pattern is None or case.child_by_field_name("guard") is not None:
                return None
            held = _patterns(pattern)
            if held is None:
                return None
            if not held or subject in held:
                return case
        return None


def _patterns(pattern: Node) -> list[Any] | None:
    """The texts that a pattern is for; none of them for `_`; None when it is another pattern."""
    if text(pattern) == "_":
        return []
    inner = pattern.named_children[0] if pattern.named_children else None
    parts = inner.named_children if inner is not None and inner.type == "union_pattern" else [inner]
    found = [_plain(p) if p is not None and p.type == "string" else UNKNOWN for p in parts]
    return None if UNKNOWN in found else found


def _plain(node: Node) -> Any:
    """What a string literal says, when nothing is put into it."""
    if any(c.type == "interpolation" for c in node.named_children):
        return UNKNOWN
    parts = [c for c in node.named_children if c.type == "string_content"]
    said = "".join(text(p) for p in parts)
    for written, meant in _ESCAPES.items():
        said = said.replace(written, meant)
    return said if "\\" not in said else UNKNOWN


def _bound(node: Node | None) -> Iterator[str]:
    """The names that are given a value in a statement, or a target."""
    if node is None:
        return
    if node.type in ("identifier", "pattern_list", "tuple_pattern", "list_pattern", "as_pattern_target"):
        yield from _names(node)
    turn = [node]
    while turn:
        current = turn.pop()
        field = _BINDERS.get(current.type)
        if field is not None:
            yield from _names(current.child_by_field_name(field))
        elif current.type in ("nonlocal_statement", "global_statement", "delete_statement", "case_pattern"):
            yield from _names(current)
        turn.extend(current.named_children)


def _names(node: Node | None) -> Iterator[str]:
    turn = [node] if node is not None else []
    while turn:
        current = turn.pop()
        if current.type == "identifier":
            yield text(current)
        turn.extend(current.named_children)
