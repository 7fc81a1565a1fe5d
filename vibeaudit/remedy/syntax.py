"""Byte edits on tree-sitter trees that every fixer needs: find, replace, take out of and put into lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Location
from vibeaudit.source import SourceFile

_BRACKETS = frozenset("()[]{}")


def nodes(root: Node, *types: str) -> Iterator[Node]:
    """All nodes of these types, in the file's order (all named nodes when no type is given)."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.type in types or (not types and node.is_named):
            yield node
        todo += reversed(node.children)


def node_at(file: SourceFile, at: Location, *types: str) -> Node | None:
    """The node of one of these types that a finding at `at` speaks of: the smallest around the flagged span,
    else the first that starts on the flagged line."""
    if file.tree is None or at.line < 1:
        return None
    start = file.offset(at.line) + max(at.column - 1, 0)
    end = max(start, file.offset(at.end_line) + max(at.end_column - 1, 0)) if at.end_line else start
    node: Node | None = file.tree.root_node.descendant_for_byte_range(start, max(start, end - 1))
    while node is not None:
        if node.type in types:
            return node
        node = node.parent
    return next((n for n in nodes(file.tree.root_node, *types) if n.start_point[0] + 1 == at.line), None)


def flagged(file: SourceFile, finding: Finding, *types: str) -> Node | None:
    """`node_at` for a finding's primary location."""
    return node_at(file, finding.primary, *types)


def enclosing(node: Node | None, *types: str) -> Node | None:
    """The nearest node of one of these types that holds `node`, itself included."""
    while node is not None and node.type not in types:
        node = node.parent
    return node


def text(node: Node | None) -> str:
    """A node's source text; empty for None."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def replace(file: SourceFile, node: Node, new: str) -> Edit:
    return Edit(file.path, node.start_byte, node.end_byte, new.encode())


def insert(file: SourceFile, at: int, new: str) -> Edit:
    """Put text before the byte at offset `at`."""
    return Edit(file.path, at, at, new.encode())


def items(listing: Node) -> list[Node]:
    """The elements between a list's brackets (arguments, array, object), without commas and comments."""
    return [n for n in listing.named_children if n.type != "comment"]


def item(listing: Node, wanted: Callable[[Node], bool]) -> Node | None:
    return next((n for n in items(listing) if wanted(n)), None)


def remove_item(file: SourceFile, listing: Node, gone: Node) -> Edit:
    """Take one element out of a bracketed list with its comma, and with its line when it stands alone there."""
    elements = items(listing)
    place = elements.index(gone)
    if place + 1 < len(elements):  # up to where the next one starts
        return Edit(file.path, gone.start_byte, elements[place + 1].start_byte, b"")
    if place > 0:  # from the end of the one before, so that its comma goes; a trailing comma stays where it was
        return Edit(file.path, elements[place - 1].end_byte, gone.end_byte, b"")
    opening, closing = listing.children[0], listing.children[-1]
    if text(opening) in _BRACKETS and text(closing) in _BRACKETS and len(listing.named_children) == 1:
        return Edit(file.path, opening.end_byte, closing.start_byte, b"")
    return Edit(file.path, gone.start_byte, gone.end_byte, b"")


def add_item(file: SourceFile, listing: Node, new: str) -> Edit:
    """Put an element at the end of a bracketed list, laid out like the ones before it."""
    elements = items(listing)
    if not elements:
        return insert(file, listing.children[0].end_byte, new)
    last = elements[-1]
    return insert(file, last.end_byte, f",{_gap(file, listing, elements)}{new}")


def after_line(file: SourceFile, node: Node) -> int:
    """The offset after the line that a node ends on."""
    at = file.data.find(b"\n", node.end_byte)
    return len(file.data) if at == -1 else at + 1


def indent_of(file: SourceFile, node: Node) -> str:
    """The white space that the node's line starts with."""
    line = file.data[file.offset(node.start_point[0] + 1) :].split(b"\n", 1)[0].decode("utf-8", "replace")
    return line[: len(line) - len(line.lstrip())]


def _gap(file: SourceFile, listing: Node, elements: list[Node]) -> str:
    """The white space before the last element: a line of its own where the list has one a line."""
    last = elements[-1]
    before = elements[-2].end_byte if len(elements) > 1 else listing.children[0].end_byte
    white = file.data[before : last.start_byte].decode("utf-8", "replace").lstrip(",")
    if "\n" in white:
        return "\n" + white.rsplit("\n", 1)[1]
    return " "
