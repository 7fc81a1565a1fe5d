"""Rows that Python code fetches, changes field by field and stores: `note.text = x` before a `commit()`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Assign, Module
from vibeaudit.survey.python.methods import model_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SPECIAL = re.compile(r"self|cls|request|g|app|session|form|config|response|resp|current_user|db")


def changed_rows(project: Project, module: Module, body: Node) -> Iterator[tuple[str, Assign, Assign]]:
    """(model, what fetched the row, the first field that is set) for each row that a body changes."""
    seen: set[str] = set()
    for change in module.assigns_in(body):
        name, dot, field = change.targets[0].partition(".") if len(change.targets) == 1 else ("", "", "")
        if not dot or not field.isidentifier() or name in seen or _SPECIAL.fullmatch(name):
            continue
        before = [
            a for a in module.assigns_in(body) if a.targets == (name,) and a.node.start_byte < change.node.start_byte
        ]
        model = model_of(project, module, before[-1].value) if before else ""
        if model:
            seen.add(name)
            yield model, before[-1], change
