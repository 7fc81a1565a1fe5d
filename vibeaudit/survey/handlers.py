"""The code of a route's handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.model import Location, Route
from vibeaudit.survey.code import Module

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def handler_of(project: Project, route: Route) -> tuple[Module, Node] | None:
    """The module in which a route's handler stands, and its node; None when it cannot be read."""
    module = project.module(str(route.body.path)) if route.body else None
    body = node_of(module, route.body) if module and route.body else None
    return (module, body) if module is not None and body is not None else None


def node_of(module: Module, at: Location) -> Node | None:
    """The smallest node that holds all of a place."""
    root = module.file.tree.root_node if module.file.tree else None
    start = module.file.offset(at.line) + at.column - 1
    end = module.file.offset(at.end_line) + at.end_column - 1
    node = root.descendant_for_byte_range(start, max(start, end - 1)) if root is not None else None
    while node is not None and (node.start_byte > start or node.end_byte < end) and node.parent is not None:
        node = node.parent
    return node
