"""Where scripts in the browser take text as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

HINT = re.compile(
    rb"innerHTML|outerHTML|srcdoc|insertAdjacentHTML|document\.write"
    rb"|createContextualFragment"
    rb"|\$\(|jQuery|\.html\("
)
_ASSIGNED = frozenset(("innerHTML", "outerHTML", "srcdoc"))
_JQUERY = frozenset("append prepend after before replaceWith wrap html appendTo prependTo".split())
_JQUERY_OBJECT = re.compile(r"^(?:\$|jQuery)\(|^\$\w+\b|^(?:\w+\.)?\$\w+$|^\$\(")
_TAG = re.compile(r"<\s*[a-zA-Z/!]")
_QUERY = """
([(assignment_expression left: (member_expression property: (property_identifier) @name) right: (_) @value)
  (augmented_assignment_expression left: (member_expression property: (property_identifier) @name) right: (_) @value)
 ] @whole)
"""


@dataclass(frozen=True, slots=True)
class Sink:
    """`node` is the statement, `value` the text that becomes HTML."""

    name: str
    node: Node
    value: Node


@lru_cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    return Query(grammar(language), _QUERY)


def sinks(module: Module) -> Iterator[Sink]:
    """The places in a module where text becomes HTML."""
    from tree_sitter import QueryCursor

    if module.file.tree is None:
        return
    for _, caught in QueryCursor(_query(module.file.language)).matches(module.file.tree.root_node):
        name = text_of(caught["name"][0])
        if name in _ASSIGNED:
            yield Sink(name, caught["whole"][0], caught["value"][0])
    for call in module.calls:
        if sink := _of_call(call):
            yield sink


def _of_call(call: Call) -> Sink | None:
    if call.last == "insertAdjacentHTML" and len(call.args) > 1:
        return Sink(call.last, call.node, call.args[1])
    if call.name in ("document.write", "document.writeln", "window.document.write") and call.args:
        return Sink(call.name, call.node, call.args[0])
    if call.last == "createContextualFragment" and call.args:
        return Sink(call.last, call.node, call.args[0])
    if call.last in _JQUERY and call.args:
        callee = call.node.child_by_field_name("function")
        receiver = text_of(callee.child_by_field_name("object") if callee is not None else None)
        if _JQUERY_OBJECT.match(receiver) and (call.last == "html" or _TAG.search(text_of(call.args[0]))):
            return Sink(call.last, call.node, call.args[0])
    if call.name in ("$", "jQuery") and call.args and call.args[0].type in ("binary_expression", "template_string"):
        return Sink("$", call.node, call.args[0]) if _TAG.search(text_of(call.args[0])) else None
    return None
