"""Parameters that a framework fills with whoever is calling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.guards import expressions, reading
from vibeaudit.survey.guards.refusals import MAX_DEPTH, refuses
from vibeaudit.survey.words import kinds_by_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Meaning, Project

_DEPENDS = re.compile(r"\b(?:Depends|Security)\(\s*([\w.]+)")


def injected(project: Project, module: Module, body: Node, depth: int) -> set[str]:
    """The parameters that FastAPI fills with whoever is calling: `user=Depends(current_user)`."""
    from vibeaudit.survey.python.methods import function_of

    function = function_of(module, body.parent) if body.parent is not None and depth < MAX_DEPTH else None
    names = set()
    for param in function.params if function else ():
        said = f"{text_of(param.default)} {param.type}"
        if not (given := _DEPENDS.search(said)):
            continue
        found = project.meaning(module, given[1])
        if _gives_caller(project, found, given[1], depth):
            names.add(param.name)
    return names


def _gives_caller(project: Project, found: Meaning | None, name: str, depth: int) -> bool:
    """Whether a dependency says who is calling, or takes that from another dependency."""
    kinds = set(kinds_by_name(name))
    if found is not None and found.function is not None:
        inside = reading.in_function(project, found.module, found.function, depth + 1)
        kinds = kinds if refuses(text_of(found.function.body)) else set()
        kinds |= {g.kind for g in inside.stopping}
        if inside.tells_who or injected(project, found.module, found.function.body, depth + 1):
            return True
    elif found is not None and found.value is not None:
        kinds |= {g.kind for g in expressions.of_value(project, found.module, found.value, "dependency", name)}
    return bool(kinds & {"authentication", "authorization"})
