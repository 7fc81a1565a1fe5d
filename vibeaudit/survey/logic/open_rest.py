"""Settings of Django's REST framework that leave to each view who may call it, where most views say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\bREST_FRAMEWORK\s*=")
_VIEWS = re.compile(rb"APIView|ViewSet|\bapi_view\b")
_VIEW = re.compile(r"(?:APIView|ViewSet|ModelMixin)$")


def open_rest(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The assignment, where it names no permission and at most half of the views name their own."""
    for assign in module.assigns:
        said = text_of(assign.value)
        if "REST_FRAMEWORK" not in assign.targets or assign.value.type != "dictionary":
            continue
        if "**" not in said and "DEFAULT_PERMISSION_CLASSES" not in module.file.text and _mostly_silent(project):
            yield "leaves its REST views open", assign.node, ""


def _mostly_silent(project: Project) -> bool:
    said, silent = 0, 0
    for module in project.hinted(_VIEWS, "python"):
        if is_test(module.path):
            continue
        for klass in module.classes:
            held = lineage(project, module, klass.name)
            if held is None or not held.inherits(_VIEW):
                continue
            asks = held.attribute("permission_classes") or held.method("get_permissions")
            said, silent = (said + 1, silent) if asks else (said, silent + 1)
        for function in module.functions:
            decorators = " ".join(text_of(d) for d in function.decorators)
            if "api_view" in decorators:
                asks_too = "permission_classes" in decorators or "login_required" in decorators
                said, silent = (said + 1, silent) if asks_too else (said, silent + 1)
    return said <= silent
