"""Which `except` clauses see what is raised at a place of a Python function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def handlers_around(node: Node) -> tuple[Node, ...]:
    """Those of the nearest `try` that holds the node in its body, within its function; empty when none does."""
    held: Node | None = node
    while held is not None and held.type != "function_definition":
        if held.type == "try_statement" and (body := held.child_by_field_name("body")) is not None:
            handlers = tuple(c for c in held.named_children if c.type == "except_clause")
            if handlers and body.start_byte <= node.start_byte < body.end_byte:
                return handlers
        held = held.parent
    return ()
