"""A key of the session that a body reads without asking whether it is there: whoever is not signed in gets an error,
and nothing is done for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import people
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_READ = re.compile(r"(?:\w{1,40}\.){0,3}session\[\s*['\"](?P<key>\w{1,60})['\"]\s*\]")
_OF_SOMEBODY = re.compile(
    rf"(?i){people.SOMEBODY}|uid|admin|logged|email|login|client|driver|owner|profile|(?<!cart)(?<!order)(?<!product)(?<!item)_?id$"
)
_OF_STAFF = re.compile(r"(?i)admin|staff")
# what does its part only sometimes
_SOMETIMES = {
    "if_statement": ("consequence", "alternative"),
    "for_statement": ("body",),
    "while_statement": ("body",),
}
_ELSEWHERE = frozenset(
    "try_statement lambda function_definition elif_clause else_clause except_clause boolean_operator".split()
)


def needed(module: Module, body: Node) -> list[Guard]:
    """The guards that a Python body's reading of its session is."""
    if module.kind != "python" or not _READ.search(text_of(body)):
        return []
    for node, key in _reads(body):
        if _OF_SOMEBODY.search(key) and not _written_before(body, node, key) and _always(node, body):
            at = module.file.locate(node)
            kinds = ("authentication", "authorization") if _OF_STAFF.search(key) else ("authentication",)
            return [Guard(kind, "early-return", f"session['{key}']", at) for kind in kinds]
    return []


def _reads(body: Node) -> Iterator[tuple[Node, str]]:
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if node.type == "subscript" and (said := _READ.fullmatch(text_of(node))):
            yield node, said["key"]
        elif node.end_byte - node.start_byte > 12:
            waiting += reversed(node.named_children)


def _written_before(body: Node, node: Node, key: str) -> bool:
    """Whether the body puts the key into the session itself, or this is where it does."""
    above = node.parent
    if above is not None and (above.type == "delete_statement" or above.child_by_field_name("left") == node):
        return True
    before = (body.text or b"")[: max(0, node.start_byte - body.start_byte)].decode("utf-8", "replace")
    return re.search(rf"session\[\s*['\"]{key}['\"]\s*\]\s*=(?!=)", before) is not None


def _always(node: Node, body: Node) -> bool:
    """Whether the body cannot do its work without coming by here, nor catches the error."""
    held, above = node, node.parent
    while above is not None and held.id != body.id:
        if above.type in _ELSEWHERE and above.start_byte >= body.start_byte:
            return False
        if above.type == "conditional_expression" and above.named_children[1:2] != [held]:
            return False
        if any(above.child_by_field_name(f) == held for f in _SOMETIMES.get(above.type, ())):
            return False
        held, above = above, above.parent
    return True
