"""Rows that Python code fetches, changes field by field and stores: `note.text = x` before a `commit()`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Assign, Module, text_of
from vibeaudit.survey.python.methods import asked_before, model_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SPECIAL = re.compile(r"self|cls|request|g|app|session|form|config|response|resp|current_user|db")


def changed_rows(project: Project, module: Module, body: Node) -> Iterator[tuple[str, Assign, Node]]:
    """(model, what fetched the row, the first field that is set) for each row that a body changes."""
    seen: set[str] = set()
    for name, change in sorted(_changes(module, body), key=lambda c: c[1].start_byte):
        if name in seen or _SPECIAL.fullmatch(name):
            continue
        before = [a for a in module.assigns_in(body) if a.targets == (name,) and a.node.start_byte < change.start_byte]
        model = model_of(project, module, before[-1].value) if before else ""
        if model:
            seen.add(name)
            yield model, asked_before(module, before[-1].value) or before[-1], change


def _changes(module: Module, body: Node) -> Iterator[tuple[str, Node]]:
    """The names of objects that have a field set, one by one or by a name that is computed."""
    for change in module.assigns_in(body):
        name, dot, field = change.targets[0].partition(".") if len(change.targets) == 1 else ("", "", "")
        if dot and field.isidentifier():
            yield name, change.node
    for node in _counted(body):
        name, _, field = text_of(node.child_by_field_name("left")).partition(".")
        if name.isidentifier() and field.isidentifier():
            yield name, node
    for call in module.calls_in(body):
        by_name = call.name == "setattr" or call.last == "populate_obj"
        if by_name and call.args and call.args[0].type == "identifier":
            yield text_of(call.args[0]), call.node


def _counted(body: Node) -> Iterator[Node]:
    """`row.field += n`, wherever in a body it stands."""
    todo = [body]
    while todo:
        node = todo.pop()
        if node.type == "augmented_assignment":
            yield node
        elif b"=" in (node.text or b""):
            todo.extend(node.named_children)
