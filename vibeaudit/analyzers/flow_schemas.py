"""Where the schema of a Python handler declares the field that a flow starts from: a bound would stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.analyzers import Context
from vibeaudit.flow.python_names import bounded
from vibeaudit.model import Flow, Location
from vibeaudit.survey.accounts.schemas import declared
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.whole_rows import project_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_CLASS = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Declared:
    at: Location
    least: bool  # whether it is declared with a least value


def declared_field(flow: Flow, context: Context) -> Declared | None:
    """The field, in the class of the parameter that is read or in one that this holds."""
    start = flow.steps[0]
    if not flow.field or start.path.suffix != ".py":
        return None
    project = project_of(context.snapshot)
    module = project.module(str(start.path))
    for function in module.functions if module is not None else ():
        at = function.node.start_point[0] + 1, function.body.start_point[0] + 1
        if module is not None and at[0] <= start.line <= at[1]:
            typed = " ".join(p.type for p in function.params if p.type)
            return _field(project, module, typed, flow.field.rsplit(".", 1)[-1], 0)
    return None


def _field(project: Project, module: Module, typed: str, name: str, depth: int) -> Declared | None:
    for said in dict.fromkeys(_CLASS.findall(typed)) if depth <= _MAX_DEPTH else ():
        line = lineage(project, module, said)
        for home, klass in line.classes if line is not None else ():
            for field in declared(klass):
                kind = text_of(field.child_by_field_name("type"))
                if text_of(field.child_by_field_name("left")) == name:
                    return Declared(home.file.locate(field), bool(bounded(field)))
                if said not in kind and (inner := _field(project, home, kind, name, depth + 1)) is not None:
                    return inner
    return None
