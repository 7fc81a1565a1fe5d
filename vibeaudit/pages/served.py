"""What the app's own Python server puts into the fields of its JSON answers: its own words and rendered templates, or
texts of other people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.pages.origin_judge import Judge
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.renders import entries
from vibeaudit.source.testing import is_test
from vibeaudit.survey import python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_ANSWERS = frozenset("jsonify JsonResponse JSONResponse make_response Response dict".split())
_HINT = re.compile(rb"jsonify|JsonResponse|JSONResponse|Response\(|APIView|api_view|APIRouter|FastAPI\(")
_RENDERS = re.compile(r"(?:^|\.)(?:render|render_to_string|render_template|render_block)$")


def is_own(project: Project, field: str) -> bool:
    """Whether the server fills this field, and with nothing but its own words wherever it does so."""
    key = ("served field", field)
    if key not in project.memory:
        values = _fields(project).get(field, ())
        judge = Judge(project)
        project.memory[key] = bool(values) and all(_own(judge, module, value) for module, value in values)
    return bool(project.memory[key])


def _own(judge: Judge, module: Module, value: Node) -> bool:
    value = python.unwrap(value)
    if value.type == "none" or text_of(value) == "None":
        return True
    call = module.call_at(value)
    if call is not None and _rendered(module, value):
        return True
    return judge.start(module, value, ()) is Origin.OWN


def _rendered(module: Module, value: Node) -> bool:
    """`TEMPLATE.render(ctx)`, `render_to_string(...)`, with or without `.strip()`."""
    call = module.call_at(value)
    if call is None:
        return False
    if _RENDERS.search(call.name):
        return True
    callee = call.node.child_by_field_name("function")
    inner = callee.child_by_field_name("object") if callee is not None and call.last == "strip" else None
    return inner is not None and _rendered(module, inner)


def _fields(project: Project) -> dict[str, list[tuple[Module, Node]]]:
    """The values that handlers put under each key of what may be an answer."""
    if "served fields" not in project.memory:
        found: dict[str, list[tuple[Module, Node]]] = {}
        for module in project.hinted(_HINT, "python"):
            if not is_test(module.path):
                _collect(module, found)
        project.memory["served fields"] = found
    return project.memory["served fields"]  # type: ignore[return-value]


def _collect(module: Module, found: dict[str, list[tuple[Module, Node]]]) -> None:
    for call in module.calls:
        if call.last in _ANSWERS:
            for name, value in call.keywords.items():
                found.setdefault(name, []).append((module, value))
    for assign in module.assigns:
        left = assign.node.child_by_field_name("left")
        if (
            left is not None
            and left.type == "subscript"
            and (named := re.search(r"\[\s*['\"](\w+)['\"]\s*\]$", text_of(left)))
        ):
            found.setdefault(named[1], []).append((module, assign.value))
    waiting = [module.file.tree.root_node] if module.file.tree else []
    while waiting:
        node = waiting.pop()
        if node.type == "dictionary" and not _is_context(module, node):
            for name, value in entries(node):
                if name:
                    found.setdefault(name, []).append((module, value))
        waiting.extend(node.named_children)


def _is_context(module: Module, node: Node) -> bool:
    """A dictionary that is handed to a template, which escapes what it holds."""
    above = node.parent
    if above is not None and above.type == "assignment" and (name := text_of(above.child_by_field_name("left"))):
        body = above.parent.parent if above.parent is not None else None
        return body is not None and any(
            _RENDERS.search(c.name) and any(text_of(a) == name for a in c.args) for c in module.calls_in(body)
        )
    call = module.call_at(above.parent) if above is not None and above.parent is not None else None
    return call is not None and bool(_RENDERS.search(call.name))
