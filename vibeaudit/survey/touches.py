"""What one call does to a store, in whichever language it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.javascript import stores as script_stores
from vibeaudit.survey.python import stores as python_stores

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def touch(project: Project, module: Module, call: Call) -> python_stores.Touch | None:
    """The read or write; None for other calls."""
    if module.kind == "python":
        return python_stores.touch(module, call)
    return script_stores.touch(project, module, call)
