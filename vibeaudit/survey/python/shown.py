"""Rows that go to the caller through a method of their own class, which chooses what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CALLED = re.compile(r"\.(?P<name>[a-z]\w*)\(")
_WHOLE = re.compile(r"__dict__|__table__|__mapper__|\bvars\(\s*self|\binspect\(|model_to_dict|fields\(")
_STATEMENTS = ("return_statement", "expression_statement", "assignment")


def shows_less(project: Project, model: str, answer: Node, column: str) -> bool:
    """Whether the rows of this model are answered by `row.to_dict()` or its like, whose body leaves the column out."""
    node = answer
    while node.parent is not None and node.type not in _STATEMENTS:
        node = node.parent
    called = {m["name"] for m in _CALLED.finditer(text_of(node)[:2000])}
    for module in project.hinted(re.compile(rb"\bclass\s+" + re.escape(model.encode()) + rb"\b"), "python"):
        own = [f for f in module.functions if f.owner == model and f.name in called]
        if own:
            said = " ".join(text_of(f.body) for f in own)
            return not _WHOLE.search(said) and re.search(rf"\b{re.escape(column)}\b", said) is None
    return False
