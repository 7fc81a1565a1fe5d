"""What a call does to Firebase's Realtime Database: `db.ref("users/7").set(...)`, `set(ref(db, "users/7"), ...)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.values import value_of
from vibeaudit.survey.python.stores import Touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_VERBS = {
    "push": "insert", "set": "update", "update": "update", "remove": "delete", "once": "read", "get": "read",
    "onValue": "read",
}  # fmt: skip
_HINT = re.compile(rb"\bref\(\s*(?:\w+\s*,\s*)?['\"`]")
_PLACE = re.compile(r"\bref\(\s*(?:[\w.()]+\s*,\s*)?[`'\"]/?(?P<name>\w+)")


def touch(project: Project, module: Module, call: Call) -> Touch | None:
    verb = _VERBS.get(call.last)
    if verb is None:
        return None
    if ".ref." in call.name:
        said = text_of(call.node)[:400]
    elif "." in call.name and project.says(_HINT, *javascript.LANGUAGES):
        said = _named(project, module, call)
    elif call.name == call.last and call.args:
        said = _referred(project, module, call.args[0])
    else:
        return None
    place = _PLACE.search(said)
    return Touch(place["name"], verb) if place else None


def _named(project: Project, module: Module, call: Call) -> str:
    """Of `notes.child(id).remove()`, where `notes` is `db.ref("notes")`."""
    node: Node | None = call.node
    while node is not None and node.type in ("call_expression", "member_expression", "await_expression"):
        node = node.child_by_field_name("function" if node.type == "call_expression" else "object")
    if node is None or node.type != "identifier":
        return ""
    found = value_of(project, module, node)
    said = text_of(found.node)[:400] if found.node is not None else ""
    return said if ".ref(" in said or said.startswith("ref(") else ""


def _referred(project: Project, module: Module, node: Node) -> str:
    """`ref(db, "notes")`, or the name of one."""
    text = text_of(node)[:400]
    if node.type != "identifier":
        return text if text.startswith(("ref(", "child(", "query(")) else ""
    found = value_of(project, module, node)
    said = text_of(found.node)[:400] if found.node is not None else ""
    return said if said.startswith("ref(") else ""
