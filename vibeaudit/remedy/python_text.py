"""Python expressions that put a text together, taken apart: f-strings, %, .format() and +."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tree_sitter import Node

from vibeaudit.remedy.python_code import arguments, keyword, positional, value
from vibeaudit.remedy.syntax import items, text

_SPEC = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<flags>[-#0 +]*(?:\d+|\*)?(?:\.\d+)?)(?P<kind>[sdrifeEgGxXouc%])")
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>\w*)(?P<rest>[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Characters of one string literal, as written. `style`: how the literal's braces and percents read
    (f, %, format or plain)."""

    start: int
    end: int
    text: str
    literal: Node
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Hole:
    """A value in the text. `start` to `end` is what stands for it; `close` is the quote that must be written
    after what takes its place, when the literal before it ends there."""

    start: int
    end: int
    expression: str
    node: Node
    close: str = ""
    formatted: bool = False


@dataclass(slots=True)
class Template:
    """A text with holes, in order. `drops` are spans that go when nothing is filled in any more."""

    parts: list[Chunk | Hole] = field(default_factory=list)
    drops: list[tuple[int, int]] = field(default_factory=list)

    @property
    def holes(self) -> list[Hole]:
        return [p for p in self.parts if isinstance(p, Hole)]

    @property
    def chunks(self) -> list[Chunk]:
        return [p for p in self.parts if isinstance(p, Chunk)]


def template(node: Node) -> Template | None:
    """The parts of a string expression; None for any other expression and for what is too clever."""
    node = bare(node)
    if node.type in ("string", "concatenated_string"):
        return _literals(node)
    if node.type == "call":
        return _format_call(node)
    if node.type == "binary_operator":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = text(node.child_by_field_name("operator"))
        if left is None or right is None:
            return None
        return _percent(left, right, node) if sign == "%" else _sum(node) if sign == "+" else None
    return None


def bare(node: Node) -> Node:
    """The expression inside its parentheses."""
    while node.type == "parenthesized_expression" and len(items(node)) == 1:
        node = items(node)[0]
    return node


def quoted(content: str, holes: bool, quote: str) -> str | None:
    """A string literal with this content; None when neither quote fits."""
    for mark in (quote, "'" if quote == '"' else '"'):
        if mark not in content and "\n" not in content:
            return f"{'f' if holes else ''}{mark}{content}{mark}"
    return None


def opening(literal: Node) -> str:
    """A literal's prefix and quote, such as f\"\"\"."""
    return text(literal.children[0])


def closing(literal: Node) -> str:
    return text(literal.children[-1])


def _literals(node: Node) -> Template | None:
    found = Template()
    for literal in [node] if node.type == "string" else [n for n in items(node) if n.type == "string"]:
        start = opening(literal).lower()
        if "b" in start or literal.children[-1].type != "string_end":
            return None
        style = "f" if "f" in start else "plain"
        for child in literal.children[1:-1]:
            if child.type == "interpolation":
                inner = child.child_by_field_name("expression") or next(iter(child.named_children), None)
                if inner is None or text(child).rstrip("} ").endswith("="):
                    return None
                shaped = any(c.type in ("type_conversion", "format_specifier") for c in child.children)
                found.parts.append(Hole(child.start_byte, child.end_byte, text(inner), inner, "", shaped))
            elif child.type == "string_content":
                found.parts.append(Chunk(child.start_byte, child.end_byte, text(child), literal, style))
            else:
                return None
        if "f" in start and any(c.type == "interpolation" for c in literal.children):
            at = literal.start_byte + start.index("f")
            found.drops.append((at, at + 1))
    return found


def _percent(left: Node, right: Node, whole: Node) -> Template | None:
    base = _plain(left)
    given = bare(right)
    if base is None:
        return None
    listed = items(given) if given.type == "tuple" else [given]
    named = _pairs(given) if given.type == "dictionary" else None
    found = Template(drops=[(base[1], whole.end_byte)])
    used = 0
    for chunk in base[0].chunks:
        at = 0
        for spec in _SPEC.finditer(chunk.text):
            if spec["kind"] == "%":
                continue
            if (spec["name"] is None) == (named is not None):
                return None
            node = named.get(spec["name"]) if named is not None else listed[used] if used < len(listed) else None
            if node is None or node.type == "list_splat":
                return None
            used += 1
            _cut(found, chunk, at, spec.start(), "%")
            at = spec.end()
            shaped = bool(spec["flags"]) or spec["kind"] not in "sdi"
            start = _byte(chunk, spec.start())
            found.parts.append(Hole(start, _byte(chunk, at), text(node), node, "", shaped))
        _cut(found, chunk, at, len(chunk.text), "%")
    return found if named is not None or used == len(listed) else None


def _format_call(call: Node) -> Template | None:
    function = call.child_by_field_name("function")
    if function is None or function.type != "attribute" or text(function.child_by_field_name("attribute")) != "format":
        return None
    left = function.child_by_field_name("object")
    base = _plain(left) if left is not None else None
    if base is None or arguments(call) is None:
        return None
    given, count = positional(call), 0
    found = Template(drops=[(base[1], call.end_byte)])
    for chunk in base[0].chunks:
        at = 0
        for place in _FIELD.finditer(chunk.text):
            if place["name"] is None:
                continue
            name = place["name"] or str(count)
            count += not place["name"]
            node = (
                value(keyword(call, name))
                if not name.isdigit()
                else given[int(name)]
                if int(name) < len(given)
                else None
            )
            if node is None:
                return None
            _cut(found, chunk, at, place.start(), "format")
            at = place.end()
            start = _byte(chunk, place.start())
            found.parts.append(Hole(start, _byte(chunk, at), text(node), node, "", bool(place["rest"])))
        _cut(found, chunk, at, len(chunk.text), "format")
    return found


def _sum(node: Node) -> Template | None:
    """ "a" + x + "b": what stands between two literals is the hole."""
    operands = _operands(node)
    found = Template()
    before: Node | None = None
    for place, operand in enumerate(operands):
        inner = bare(operand)
        if inner.type in ("string", "concatenated_string"):
            part = _literals(inner)
            if part is None:
                return None
            found.parts += part.parts
            found.drops += part.drops
            before = items(inner)[-1] if inner.type == "concatenated_string" else inner
            continue
        if before is None or operands[place - 1] is not _outer(before, operands[place - 1]):
            return None
        after = bare(operands[place + 1]) if place + 1 < len(operands) else None
        start = before.children[-1].start_byte
        if after is not None and _joins(before, after, operand):
            found.parts.append(Hole(start, after.children[0].end_byte, text(operand), inner))
        else:
            found.parts.append(Hole(start, operand.end_byte, text(operand), inner, closing(before)))
        before = None
    return found


def _outer(literal: Node, operand: Node) -> Node:
    """The operand when `literal` is (the end of) it."""
    inner = bare(operand)
    return operand if inner.end_byte == literal.end_byte else literal


def _joins(before: Node, after: Node, between: Node) -> bool:
    """Whether two literals with a value between them can become one."""
    if after.type != "string" or opening(before).lower() != opening(after).lower():
        return False
    if "f" in opening(before).lower():
        return False
    return before.start_point[0] == after.end_point[0] or (
        before.end_point[0] == between.start_point[0] == after.start_point[0]
    )


def _operands(node: Node) -> list[Node]:
    inner = bare(node)
    if inner.type == "binary_operator" and text(inner.child_by_field_name("operator")) == "+":
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if left is not None and right is not None:
            return [*_operands(left), right]
    return [node]


def _plain(node: Node) -> tuple[Template, int] | None:
    """The literals that are filled in, without holes of their own, and where they end."""
    found = template(bare(node)) if bare(node).type in ("string", "concatenated_string") else None
    return (found, node.end_byte) if found is not None and not found.holes else None


def _cut(found: Template, chunk: Chunk, start: int, end: int, style: str) -> None:
    if start < end:
        piece = chunk.text[start:end]
        found.parts.append(Chunk(_byte(chunk, start), _byte(chunk, end), piece, chunk.literal, style))


def _byte(chunk: Chunk, at: int) -> int:
    return chunk.start + len(chunk.text[:at].encode())


def _pairs(dictionary: Node) -> dict[str, Node]:
    found = {}
    for pair in items(dictionary):
        key, content = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and content is not None and key.type == "string":
            found[text(key).strip("'\"")] = content
    return found
