"""JavaScript expressions that put a text together, taken apart: template literals and +."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.remedy.python_text import Chunk, Hole, Template
from vibeaudit.remedy.syntax import items, text


def template(node: Node) -> Template | None:
    """The parts of a string expression; None for any other expression."""
    node = bare(node)
    if node.type == "template_string":
        found = Template()
        _template_parts(node, found)
        return found
    if node.type == "string":
        return Template([_chunk(node)])
    if node.type == "binary_expression":
        return _sum(node)
    return None


def bare(node: Node) -> Node:
    """The expression inside its parentheses, and without the types that TypeScript adds."""
    while node.type in ("parenthesized_expression", "as_expression", "non_null_expression") and items(node):
        node = items(node)[0]
    return node


def declared(scope: Node, name: str) -> Node | None:
    """The value that `const name = ...` gives inside a function or file; None when there are several or it changes."""
    from vibeaudit.remedy.syntax import nodes

    made = [n for n in nodes(scope, "variable_declarator") if text(n.child_by_field_name("name")) == name]
    changed = any(
        text(n.child_by_field_name("left")) == name
        for n in nodes(scope, "assignment_expression", "augmented_assignment_expression")
    )
    return made[0].child_by_field_name("value") if len(made) == 1 and not changed else None


def _chunk(node: Node) -> Chunk:
    return Chunk(node.start_byte + 1, node.end_byte - 1, text(node)[1:-1], node)


def _template_parts(node: Node, found: Template) -> None:
    at = node.start_byte + 1
    source = node.text or b""

    def take(end: int) -> None:
        piece = source[at - node.start_byte : end - node.start_byte].decode("utf-8", "replace")
        found.parts.append(Chunk(at, end, piece, node))

    for gap in (n for n in node.children if n.type == "template_substitution"):
        take(gap.start_byte)
        inner = items(gap)
        value = inner[0] if inner else gap
        found.parts.append(Hole(gap.start_byte, gap.end_byte, text(value), value))
        at = gap.end_byte
    take(node.end_byte - 1)


def _operands(node: Node) -> list[Node] | None:
    if node.type != "binary_expression":
        return [bare(node)]
    if text(node.child_by_field_name("operator")) != "+":
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    before = _operands(left) if left is not None else None
    return [*before, bare(right)] if before is not None and right is not None else None


def _sum(node: Node) -> Template | None:
    """ "a" + x + "b": a hole takes the quote before it, and the one behind when the text goes on alike."""
    operands = _operands(node)
    if not operands or operands[0].type not in ("string", "template_string"):
        return None
    found = Template()
    quote, inside = "", False
    for place, one in enumerate(operands):
        if one.type in ("string", "template_string"):
            if one.type == "string":
                found.parts.append(_chunk(one))
            else:
                _template_parts(one, found)
            quote, inside = text(one)[0], True
            continue
        last = operands[place - 1]
        following = operands[place + 1] if place + 1 < len(operands) else None
        goes_on = following is not None and text(following)[:1] == quote and following.type.endswith("string")
        if not inside:
            return None  # two values side by side
        end = following.start_byte + 1 if goes_on and following is not None else one.end_byte
        found.parts.append(Hole(last.end_byte - 1, end, text(one), one, "" if goes_on else quote))
        inside = False
    return found
