"""Signatures that are looked at only when somebody sent one: `if (sig && !valid(sig)) return 401`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_HEADER = re.compile(r"\bheaders?\b|\.(?:get|header)\(\s*['\"][\w-]+['\"]\s*\)", re.IGNORECASE)
_LEVELS = 12


def only_when_sent(module: Module, call: Node, body: Node) -> bool:
    """Whether a call stands behind the question if a header is there, and nothing refuses when it is not."""
    held = call
    for _ in range(_LEVELS):
        up = held.parent
        if up is None or (held.start_byte <= body.start_byte and held.end_byte >= body.end_byte):
            return False
        if up.type == "binary_expression" and text_of(up.child_by_field_name("operator")) == "&&":
            left = up.child_by_field_name("left")
            if left is not None and left.id != held.id and _is_header(module, left, body):
                return True
        asks = up.type == "if_statement" and up.child_by_field_name("consequence") == held
        if asks and up.child_by_field_name("alternative") is None:
            condition = up.child_by_field_name("condition")
            if condition is not None and _is_header(module, condition, body):
                return True
        held = up
    return False


def _is_header(module: Module, node: Node, body: Node) -> bool:
    said = text_of(node).strip("() ")
    if not re.fullmatch(r"\w+", said):
        return re.fullmatch(
            r"[\w.]+(?:\[['\"][\w-]+['\"]\]|\(['\"][\w-]+['\"]\))", text_of(node).strip()
        ) is not None and (_HEADER.search(said) is not None)
    given = [a for a in module.assigned.get(said, ()) if body.start_byte <= a.node.start_byte < body.end_byte]
    refused = re.search(rf"!\s*{re.escape(said)}\b", text_of(body))
    return not refused and any(_HEADER.search(text_of(a.value)[:200]) for a in given)
