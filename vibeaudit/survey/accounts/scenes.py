"""Where something about accounts happens: the function around it, without its comments, and what it calls."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.survey.project import Project

_FUNCTIONS = frozenset(
    "function_definition function_declaration generator_function_declaration arrow_function function_expression"
    " method_definition".split()
)
_TAKES_REQUEST = re.compile(r"^\(?\s*(?:req|request|_req|ctx|context|c|event|\{[^}]*request)\b")
_MAX_REACH = 12


@lru_cache
def _comments(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    docstrings = "(expression_statement (string) @c)" if language == "python" else ""
    return Query(grammar(language), f"(comment) @c {docstrings}")


def bare(project: Project, module: Module) -> bytes:
    """The file with its comments and docstrings blanked, byte for byte."""
    from tree_sitter import QueryCursor

    key = ("bare", module.path)
    if key not in project.memory:
        data = bytearray(module.file.data)
        tree = module.file.tree
        captured = QueryCursor(_comments(module.file.language)).captures(tree.root_node) if tree else {}
        for node in captured.get("c", ()):
            data[node.start_byte : node.end_byte] = re.sub(rb"[^\n]", b" ", data[node.start_byte : node.end_byte])
        project.memory[key] = bytes(data)
    return project.memory[key]  # type: ignore[return-value]


def bare_text(project: Project, module: Module, node: Node) -> str:
    """The node's source without comments."""
    return bare(project, module)[node.start_byte : node.end_byte].decode("utf-8", "replace")


def node_in(node: Node, text: str, at: int) -> Node:
    """The node at a character of the node's bare text."""
    start = node.start_byte + len(text[:at].encode())
    return node.descendant_for_byte_range(start, start + 1) or node


def home(module: Module, node: Node) -> Node | None:
    """The function that the node belongs to for a reader: callbacks count to the function around them, unless they
    take a request themselves. None at the top of a file."""
    passed: list[Node] = []
    up = node.parent
    while up is not None and up.id not in module.homes and not _is_home(module, up):
        passed.append(up)
        up = up.parent
    found = None if up is None else module.homes.get(up.id, up)
    for inner in reversed(passed):  # the next one that asks does not climb again
        module.homes[inner.id] = found = found or (inner if inner.type in _FUNCTIONS else None)
    return found


def _is_home(module: Module, node: Node) -> bool:
    if node.type not in _FUNCTIONS:
        return False
    parameters = text_of(node.child_by_field_name("parameters") or node.child_by_field_name("parameter"))
    if node.type in ("function_definition", "method_definition") or _TAKES_REQUEST.match(parameters):
        return True
    function = module.function_at(node)
    named = function is not None and bool(function.name)
    return "password" in parameters.lower() or (named and not _is_argument(node))


def _is_argument(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "arguments"


def reached(project: Project, module: Module, node: Node, depth: int = 2) -> tuple[tuple[Module, Node], ...]:
    """The node itself, and the app's own functions that it calls, two levels down, bounded."""
    found: list[tuple[Module, Node]] = [(module, node)]
    seen = {(module.path, node.start_byte)}
    level = [(module, node)]
    for _ in range(depth):
        below: list[tuple[Module, Node]] = []
        for place, body in level:
            for call in place.calls_in(body):
                called = project.function_called(place, call) if call.name else None
                if called is None:
                    continue
                inner, function = called
                if (inner.path, function.node.start_byte) not in seen and len(found) < _MAX_REACH:
                    seen.add((inner.path, function.node.start_byte))
                    found.append((inner, function.node))
                    below.append((inner, function.node))
        level = below
    return tuple(found)


def whole(node: Node) -> Node:
    """A function with its decorators."""
    up = node.parent
    return up if up is not None and up.type == "decorated_definition" else node


def function_of(module: Module, node: Node | None) -> Function | None:
    """The facts of a home."""
    return module.function_at(whole(node)) if node is not None else None
