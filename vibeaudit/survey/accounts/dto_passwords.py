"""Passwords that a Nest handler takes in a class of its own (a DTO), with what class-validator asks of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.lengths import ENOUGH
from vibeaudit.survey.accounts.passwords import names_password
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.members import class_of_type
from vibeaudit.survey.javascript.values import value_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.model import Route
    from vibeaudit.survey.project import Project

_OPENS = frozenset("register registration signup join enrol enroll".split())
_NO_NEW_ACCOUNT = frozenset(
    "login signin sign log auth authenticate reset change forgot password verify confirm update edit token"
    " refresh".split()
)
# what asks nothing of a text but that it is one
_ASKS_NOTHING = frozenset(
    "IsString IsNotEmpty IsDefined IsOptional MaxLength Transform Type Expose Exclude Trim Allow ApiProperty"
    " ApiPropertyOptional Prop Column Field ValidateIf ToLowerCase".split()
)
_LEAST = re.compile(r"^@(?:MinLength|Length)\(\s*(?P<n>\d+)")
_MAX_DEPTH = 3


def weak(project: Project, route: Route, module: Module, body: Node) -> Iterator[tuple[str, Module, Node]]:
    """(kind, where) for the password of a new account of which too little is asked."""
    last = words(route.path.rstrip("/").rsplit("/", 1)[-1])
    opens = bool(last & _OPENS) or {"sign", "up"} <= last
    named = last | words(route.handler.rsplit(".", 1)[-1])
    opens |= "writes-store" in route.effects and not named & _NO_NEW_ACCOUNT and ":" not in route.path
    if route.framework != "nest" or "POST" not in route.methods or not opens:
        return
    parameters = body.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters is not None else ():
        if "@Body" not in text_of(parameter)[:40]:
            continue
        held = class_of_type(project, Value(module, parameter))
        for place, field, asked in _passwords(project, held, 0) if held is not None else ():
            names = {re.match(r"@?[\w.]*", a)[0].lstrip("@").rsplit(".", 1)[-1] for a in asked}  # type: ignore[index]
            least = [int(m["n"]) for a in asked if (m := _LEAST.match(a))]
            if names - _ASKS_NOTHING - {"MinLength", "Length"} or max(least, default=0) >= ENOUGH:
                return
            if not least and any(n in names for n in ("MinLength", "Length")):
                return  # the length has a name
            yield "takes a short password" if least and max(least) > 1 else "takes any password", place, field
            return


def password_in_body(project: Project, module: Module, body: Node) -> bool:
    """Whether the class of a handler's body declares a password."""
    parameters = body.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters is not None else ():
        held = class_of_type(project, Value(module, parameter)) if "@Body" in text_of(parameter)[:40] else None
        if held is not None and any(True for _ in _passwords(project, held, 0)):
            return True
    return False


def _passwords(project: Project, klass: Value, depth: int) -> Iterator[tuple[Module, Node, list[str]]]:
    """The password fields of a class and of those that it extends, with their decorators."""
    body = klass.node.child_by_field_name("body") if klass.kind == "class" and klass.node is not None else None
    if body is None or depth > _MAX_DEPTH:
        return
    before: list[str] = []
    for child in body.named_children:
        if child.type == "decorator":
            before.append(text_of(child))
        elif child.type in javascript.FIELDS:
            own = [text_of(c) for c in child.named_children if c.type == "decorator"]
            if names_password(javascript.field_name(child)):
                yield klass.module, child.child_by_field_name("name") or child, before + own
            before = []
        elif child.type != "comment":
            before = []
    heritage = next((c for c in klass.node.named_children if c.type == "class_heritage"), None) if klass.node else None
    clause = next((c for c in heritage.named_children if c.type == "extends_clause"), None) if heritage else None
    base = clause.child_by_field_name("value") if clause is not None else None
    if base is not None and base.type == "call_expression":  # `extends OmitType(UserDto, ['id'])`
        given = base.child_by_field_name("arguments")
        base = given.named_children[0] if given is not None and given.named_children else None
    if base is not None:
        yield from _passwords(project, value_of(project, klass.module, base), depth + 1)
