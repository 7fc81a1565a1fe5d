"""Rows of Python's ORMs as a log line shows them: by their table and number, unless their class says more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.python.methods import is_model, model_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SAYS_ALL = re.compile(r"SQLModel|Dataclass|BaseModel|Serializ", re.IGNORECASE)
_SHOWS = ("__repr__", "__str__")


def shown_by_number(project: Project, module: Module, scene: Node, leaf: Node) -> bool:
    """Whether a name holds a row whose class does not say how it is shown: `<User 7>`."""
    if module.kind != "python" or leaf.type != "identifier":
        return False
    given = [
        a for a in module.assigns_in(scene) if a.targets == (text_of(leaf),) and a.node.end_byte <= leaf.start_byte
    ]
    if not given:
        return False
    call = module.call_at(given[-1].value)
    made = call.name if call is not None and call.last[:1].isupper() else ""
    line = lineage(project, module, made or model_of(project, module, given[-1].value))
    if line is None or not is_model(line) or _SAYS_ALL.search(line.bases):
        return False
    return not any(line.method(name) for name in _SHOWS)
