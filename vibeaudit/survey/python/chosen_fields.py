"""Answers of Python handlers that name each field that they give."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from vibeaudit.survey.code import text_of

_PLAIN = frozenset("string integer float true false none subscript attribute concatenated_string".split())
_MADE = frozenset("str int float len round bool isoformat strftime hex".split())
_ANSWERS = frozenset("jsonify JSONResponse JsonResponse list make_response Response".split())


def names_each_field(body: Node) -> bool:
    """Whether all that a body returns are objects written there, field by field, of values that are no whole rows."""
    given = [n for n in _returned(body) if n.type not in ("none", "string")]
    return bool(given) and all(_is_listed(n) for n in given)


def _returned(body: Node) -> Iterator[Node]:
    waiting = list(body.named_children)
    while waiting:
        node = waiting.pop()
        if node.type in ("lambda", "class_definition"):
            continue
        if node.type == "return_statement" and node.named_children:
            yield node.named_children[0]
        waiting.extend(node.named_children)


def _is_listed(node: Node) -> bool:
    if node.type == "expression_list":
        return _is_listed(node.named_children[0])
    if node.type in ("await", "parenthesized_expression"):
        return _is_listed(node.named_children[0])
    if node.type == "list_comprehension":
        held = node.child_by_field_name("body")
        return held is not None and _is_listed(held)
    if node.type == "list":
        return bool(node.named_children) and all(_is_listed(c) for c in node.named_children)
    if node.type == "call" and text_of(node.child_by_field_name("function")).rsplit(".", 1)[-1] in _ANSWERS:
        arguments = node.child_by_field_name("arguments")
        first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        return first is not None and _is_listed(first)
    return node.type == "dictionary" and all(c.type == "pair" and _is_value(c) for c in node.named_children)


def _is_value(pair: Node) -> bool:
    value = pair.child_by_field_name("value")
    return value is not None and (_is_plain(value) or _is_listed(value))


def _is_plain(node: Node) -> bool:
    if node.type in _PLAIN:
        return True
    if node.type == "conditional_expression":
        return all(_is_plain(c) for c in (node.named_children[0], node.named_children[-1]))
    if node.type != "call":
        return False
    called = text_of(node.child_by_field_name("function")).rsplit(".", 1)[-1]
    return called in _MADE or (called == "get" and "'" in text_of(node).replace('"', "'"))
