"""Roles that a schema lets callers choose for themselves: `role: z.enum(["patient", "doctor"])` of a registration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.javascript.stores import touch
from vibeaudit.survey.owned_tables import is_people
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_PARSES = frozenset("parse safeParse parseAsync safeParseAsync validate validateSync validateAsync cast".split())
_FIELD = re.compile(
    r"\b(?P<name>(?:user|account)?_?[rR]oles?|is_?[aA]dmin)['\"]?\s*:\s*(?P<rule>(?:z|zod|v|yup|y|Joi|joi)\b[^\n]{0,300})"
)
_LISTED = re.compile(r"(?:\benum|oneOf|valid|picklist|equal)\w*\(\s*\[?(?P<roles>[^\])]*)")
_HIGH = re.compile(
    r"(?i)admin|super|root|staff|moderator|manager|doctor|nurse|physician|teacher|instructor|professor|lecturer|librarian|employee"
    r"|officer|editor|\bhr\b|operator|pharmacist|receptionist"
)
_LITERAL = re.compile(r"['\"](\w+)['\"]")
_PARSED = re.compile(r"\.\.\.\s*(?:\w+\.)?(?:data|parsed|validated|body|input|values|value|dto|payload|rest)\b")


def chosen_role(project: Project, route: Route) -> tuple[Module, Node] | None:
    """Where a handler that anybody reaches writes the role which its schema lets through into somebody's row."""
    handler = handler_of(project, route)
    if handler is None or handler[0].kind != "javascript" or route.has("authorization"):
        return None
    module, body = handler
    if words(route.path) & {"admin", "admins", "invite", "invites", "roles", "role"}:
        return None
    for call in module.calls_in(body):
        field = _lets_through(project, module, call) if call.last in _PARSES else ""
        if field and (written := _written(project, module, body, call, field)) is not None:
            return module, written
    return None


def _lets_through(project: Project, module: Module, call: Call) -> str:
    """The field by which the schema of a call lets a high role through; empty when there is none."""
    name = call.name.rpartition(".")[0]
    meaning = project.meaning(module, name) if re.fullmatch(r"\w+", name) else None
    if meaning is None or meaning.value is None:
        return ""
    node = meaning.value
    while node.parent is not None and node.parent.type in ("arguments", "call_expression", "member_expression"):
        node = node.parent
    field = _FIELD.search(bare_text(project, meaning.module, node))
    if field is None:
        return ""
    listed = _LISTED.search(field["rule"])
    if listed is None:
        open_to_all = re.match(r"\w+\.(?:string|boolean|any|coerce)\b", field["rule"])
        return field["name"] if open_to_all and ".literal(" not in field["rule"] else ""
    return field["name"] if _HIGH.search(listed["roles"]) and len(_LITERAL.findall(listed["roles"])) > 1 else ""


def _written(project: Project, module: Module, body: Node, parsed: Call, field: str) -> Node | None:
    """The field in what is written into a row of somebody's, or the parsed object that is written whole."""
    for call in module.calls_in(body):
        touched = touch(project, module, call) if call.node.start_byte > parsed.node.end_byte else None
        if touched is None or touched.verb not in ("insert", "update") or not is_people(touched.table):
            continue
        waiting = list(call.args)
        whole: Node | None = None
        while waiting:
            node = waiting.pop(0)
            key = text_of(node.child_by_field_name("key")) if node.type == "pair" else text_of(node)
            if key == field and node.type in ("pair", "shorthand_property_identifier"):
                return node if _is_callers(node, field) else None
            if node.type == "spread_element" and _PARSED.match(text_of(node)):
                whole = node
            if node.type in ("object", "pair"):
                waiting += node.named_children
        if whole is not None:
            return whole
    return None


def _is_callers(node: Node, field: str) -> bool:
    """Whether the value goes by the field's own name: `role`, `role: parsed.data.role`."""
    value = node.child_by_field_name("value") if node.type == "pair" else node
    return (
        re.fullmatch(rf"(?:[\w?!]+\.)*{field}(?:\s*(?:\|\||\?\?)\s*['\"]\w+['\"])?", text_of(value).strip()) is not None
    )
