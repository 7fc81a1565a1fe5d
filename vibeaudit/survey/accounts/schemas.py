"""Passwords among the fields of the schemas (Pydantic, dataclasses) that a Python function takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.passwords import names_password
from vibeaudit.survey.accounts.scenes import function_of
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Call, Function, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CLASS = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")
_HELD = re.compile(r"(?P<name>\w+)\.items\(\)")
_DUMPED = re.compile(r"(?:\*\*)?(?P<name>\w+)\.(?:model_dump|dict)\([^()]*\)(?:\.items\(\))?")


def password_taken(project: Project, module: Module, function: Function | None) -> tuple[Module, Node] | None:
    """The password field in the schema of one of the function's parameters."""
    for param in function.params if function is not None and module.kind == "python" else ():
        if param.type and (found := _field_of(project, module, param.type)):
            return found
    return None


def password_dumped(project: Project, module: Module, function: Function | None, node: Node) -> bool:
    """Whether an expression is every field of a parameter whose schema holds a password: `**user.model_dump()`."""
    dumped = _DUMPED.fullmatch(text_of(node))
    if dumped is None or function is None or re.search(r"\b(?:exclude|include)\s*=\s*\{", text_of(node)):
        return False
    typed = next((p.type for p in function.params if p.name == dumped["name"]), "")
    return bool(typed) and _field_of(project, module, typed) is not None


def all_fields_set(project: Project, module: Module, call: Call, scene: Node) -> Node | None:
    """The dump of a schema with a password whose fields a loop sets one after another, whatever they are:
    `for key, value in user.model_dump().items(): setattr(row, key, value)`."""
    loop = call.node.parent
    while loop is not None and loop.type != "for_statement":
        if loop.type in ("if_statement", "function_definition"):  # some fields are told from others
            return None
        loop = loop.parent
    dumped = loop.child_by_field_name("right") if loop is not None else None
    if loop is None or dumped is None or len(call.args) != 3:
        return None
    if set(re.findall(r"\w+", text_of(loop.child_by_field_name("left")))) < {text_of(a) for a in call.args[1:]}:
        return None
    if held := _HELD.fullmatch(text_of(dumped)):
        given = [a for a in module.assigns_in(scene) if held["name"] in a.targets]
        if len(given) != 1 or re.search(rf"\b{held['name']}(?:\[|\.pop|\.update)|\bdel\s", text_of(scene)):
            return None
        dumped = given[0].value
    return dumped if password_dumped(project, module, function_of(module, scene), dumped) else None


def declared(klass: Klass) -> tuple[Node, ...]:
    """The fields that a class declares with a type, as assignments."""
    inner = klass.node.child_by_field_name("definition") or klass.node
    body = inner.child_by_field_name("body")
    statements = body.named_children if body is not None else ()
    inside = (c for s in statements if s.type == "expression_statement" for c in s.named_children)
    return tuple(c for c in inside if c.type == "assignment" and c.child_by_field_name("type") is not None)


def _field_of(project: Project, module: Module, typed: str) -> tuple[Module, Node] | None:
    for name in _CLASS.findall(typed):
        line = lineage(project, module, name)
        for home, klass in line.classes if line is not None else ():
            for field in declared(klass):
                if names_password(text_of(field.child_by_field_name("left"))):
                    return home, field
    return None
