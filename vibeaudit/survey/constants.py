"""What a Python expression is worth when its text says so: literals, constants of the app, sums of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAX_DEPTH = 6


def constant(project: Project, module: Module, node: Node | None, depth: int = 0) -> str:
    """The string; what cannot be worked out is left away."""
    if node is None or depth > _MAX_DEPTH:
        return ""
    if node.type == "string":
        return "".join(_part(project, module, c, depth) for c in node.named_children)
    if node.type == "concatenated_string":
        return "".join(constant(project, module, c, depth + 1) for c in node.named_children)
    if node.type in ("binary_operator", "parenthesized_expression"):
        return "".join(constant(project, module, c, depth + 1) for c in node.named_children)
    name = python.dotted(node)
    found = project.meaning(module, name) if name and node.type != "call" else None
    if found and found.value is not None and found.function is None and found.value is not node:
        return constant(project, found.module, found.value, depth + 1)
    return _of_settings(project, module, name) if "." in name else ""


def _part(project: Project, module: Module, node: Node, depth: int) -> str:
    if node.type == "string_content":
        return text_of(node)
    if node.type == "interpolation" and node.named_children:
        return constant(project, module, node.named_children[0], depth + 1)
    return ""


def _of_settings(project: Project, module: Module, name: str) -> str:
    """`settings.API_V1_STR`, where a class of this app gives it as a literal."""
    holder = project.meaning(module, name.split(".")[0])
    last = name.rsplit(".", 1)[-1]
    if holder and re.fullmatch(r"\w+", last) and last in holder.module.values:
        return python.string_of(holder.module.values[last])
    return ""


def each_of(module: Module, node: Node) -> list[Node]:
    """The expression; when it is what a `for` loop runs through, each of the list's expressions."""
    above = node.parent
    while above is not None and above.type != "for_statement":
        above = above.parent
    left = above.child_by_field_name("left") if above is not None else None
    right = above.child_by_field_name("right") if above is not None else None
    if left is None or right is None or left.type != "identifier" or text_of(left) != text_of(node):
        return [node]
    if right.type == "identifier":
        right = module.values.get(text_of(right), right)
    return right.named_children if right.type in ("list", "tuple", "set") else [node]
