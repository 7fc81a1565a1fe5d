"""The personal data in the models that a FastAPI operation declares to answer with, and to be sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.words import personal

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_NAME = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")
_FIELD = re.compile(r"^[ \t]+(\w+)[ \t]*:[ \t]*([^=\n]+)", re.MULTILINE)
_MAX_DEPTH = 3


def answered(project: Project, module: Module, call: Call, home: Module, function: Function) -> frozenset[str]:
    """By `response_model=`, else by the annotation of what the function returns."""
    model = call.keywords.get("response_model")
    if model is not None:
        return frozenset(_kinds(project, module, text_of(model), 0))
    inner = function.node.child_by_field_name("definition") or function.node
    return frozenset(_kinds(project, home, text_of(inner.child_by_field_name("return_type")), 0))


def asked(project: Project, home: Module, function: Function, given: frozenset[str]) -> frozenset[str]:
    """By the models of the parameters that the caller sends; `given` are those that a dependency fills."""
    types = [p.type for p in function.params if p.name not in given]
    return frozenset(kind for said in types for kind in _kinds(project, home, said, 0))


def _kinds(project: Project, module: Module, said: str, depth: int) -> set[str]:
    """The kinds of personal data in the fields of the models that a type names, those of their bases included."""
    found: set[str] = set()
    if depth > _MAX_DEPTH:
        return found
    for name in _NAME.findall(said):
        line = lineage(project, module, name)
        for home, klass in line.classes if line else ():
            for field, kind in _FIELD.findall(text_of(klass.node)[:8000]):
                if is_personal := personal(field):
                    found.add(is_personal)
                if name.rpartition(".")[2] not in kind:
                    found |= _kinds(project, home, kind, depth + 1)
    return found
