"""Rows of other tables that a query takes along whole: `include: { user: true }`, `.populate("author")`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.model import AppModel
    from vibeaudit.survey.project import Project

_MANY = 12


def taken_along(project: Project, app: AppModel, call: Call) -> Iterator[str]:
    """The tables, by the names of the relations that are followed without naming columns."""
    for relation in list(_relations(call))[:_MANY]:
        yield _table_behind(project, app, relation)


def _relations(call: Call) -> Iterator[str]:
    if call.last == "populate" and len(call.args) == 1 and (path := javascript.string_of(call.args[0])):
        yield from (p for p in path.split() if p.isidentifier())
    elif call.last == "populate" and len(call.args) == 1:
        yield from _populated(call.args[0])
    for arg in call.args[:2]:
        if arg.type != "object":
            continue
        if (include := javascript.property_of(arg, "include")) is not None:
            yield from _included(include)
        if (relations := javascript.property_of(arg, "relations")) is not None:
            yield from _included(relations)


def _populated(node: Node) -> Iterator[str]:
    """`{ path: "author" }`, `["author", "room"]`, `[{ path: "author" }]`, without the columns that are wanted."""
    for item in node.named_children if node.type == "array" else (node,):
        named = javascript.property_of(item, "path") if item.type == "object" else item
        path = javascript.string_of(named) if named is not None else ""
        if path and (item.type != "object" or javascript.property_of(item, "select") is None):
            yield from (p for p in path.split() if p.isidentifier())


def _included(node: Node, depth: int = 0) -> Iterator[str]:
    """`{ user: true }`, `{ user: { include: ... } }`, `["user"]`, `[User]`, `[{ model: User }]`."""
    if depth > 3:
        return
    if node.type == "object":
        for pair in (p for p in node.named_children if p.type == "pair"):
            key, value = text_of(pair.child_by_field_name("key")).strip("'\""), pair.child_by_field_name("value")
            if value is not None and value.type == "true":
                yield key
            inner = javascript.property_of(value, "include") if value is not None and value.type == "object" else None
            if inner is not None and value is not None:
                if javascript.property_of(value, "select") is None:
                    yield key
                yield from _included(inner, depth + 1)
    elif node.type == "array":
        for item in node.named_children:
            if item.type == "string":
                yield javascript.string_of(item).split(".")[0]
            elif item.type == "identifier":
                yield text_of(item)
            elif item.type == "object" and javascript.property_of(item, "attributes") is None:
                yield text_of(javascript.property_of(item, "model"))


def _table_behind(project: Project, app: AppModel, relation: str) -> str:
    """`owner` is a row of `User`: as the schema, or the class of the rows, says it."""
    if not relation.isidentifier():
        return relation
    name = re.escape(relation)
    files = {t.location.path for t in app.tables}
    for file in (f for p in sorted(files) if (f := project.snapshot.file(p)) is not None):
        if file.path.suffix == ".prisma":
            told = re.search(rf"^[ \t]*{name}[ \t]+([A-Z]\w*)\??\s", file.text, re.MULTILINE)
        else:
            told = re.search(rf"\b{name}\s*:\s*\[?\{{[^}}]{{0,200}}\bref\s*:\s*['\"](\w+)", file.text) or re.search(
                # @Prop({ type: Types.ObjectId, ref: 'User' }) owner: Types.ObjectId
                rf"\bref\s*:\s*['\"]?(\w+)(?:\.name|['\"])[^;@]{{0,120}}\)\s*(?:readonly\s+)?{name}[!?]?\s*:",
                file.text,
            )
            told = told or re.search(rf"\b{name}[!?]?\s*:\s*(?:Promise<|Relation<)?([A-Z]\w+)\b", file.text)
        if told:
            return told[1]
    return relation
