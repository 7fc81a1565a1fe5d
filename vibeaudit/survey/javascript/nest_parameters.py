"""What a NestJS method takes from its caller: `@Body() dto: NoteDto`, `@Param('id') id: string`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Parameter
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.values import imported

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SOURCES = {
    "Body": "body", "Query": "query", "Param": "path", "Headers": "header", "UploadedFile": "file",
    "UploadedFiles": "file", "Args": "body", "Cookies": "cookie", "MessageBody": "body", "Payload": "body",
}  # fmt: skip


def of_method(project: Project, module: Module, function: Function) -> tuple[Parameter, ...]:
    """The parameters, with the fields of the classes that bodies and queries are made of."""
    parameters = function.node.child_by_field_name("parameters")
    found: list[Parameter] = []
    for child in parameters.named_children if parameters is not None else ():
        for decorator in (c for c in child.named_children if c.type == "decorator"):
            call = module.call_at(decorator.named_children[0])
            source = _SOURCES.get(call.name if call is not None else text_of(decorator).lstrip("@"))
            if source is None:
                continue
            local = text_of(child.child_by_field_name("pattern"))
            named = javascript.string_of(call.args[0]) if call is not None and call.args else ""
            kind = text_of(child.child_by_field_name("type")).lstrip(": ")
            found.append(Parameter(named or local, source, kind))
            if local.isidentifier() and local != named:
                found.append(Parameter(local, source, kind))
            if not named and source in ("body", "query"):
                found += [Parameter(f, source, t) for f, t in _fields(project, module, kind, 0)]
    return tuple(dict.fromkeys(found))


_CALLER = re.compile(r"^@(?:\w*(?:User|Account|Member|Principal|Caller|Auth|Identity|Customer|Me)\w*)\b")


def callers(method: Node) -> frozenset[str]:
    """The parameters that a decorator of the app's own fills with who is calling: `@CurrentUser() user: User`."""
    parameters = method.child_by_field_name("parameters")
    found: set[str] = set()
    for child in parameters.named_children if parameters is not None else ():
        if any(_CALLER.match(text_of(c)) for c in child.named_children if c.type == "decorator"):
            found |= set(re.findall(r"\w+", text_of(child.child_by_field_name("pattern"))))
    return frozenset(found)


def _fields(project: Project, module: Module, kind: str, depth: int) -> list[tuple[str, str]]:
    """The fields of a class of this app, with those of the classes that it extends."""
    name = re.match(r"\w+", kind)
    if name is None or depth > 3:
        return []
    klass = module.by_class.get(name[0])
    held = Value(module, klass.node) if klass else None
    if held is None and name[0] in module.imports:
        held = imported(project, module, module.imports[name[0]])
    if held is None or held.node is None or held.kind != "class":
        return []
    body = held.node.child_by_field_name("body")
    found = [
        (javascript.field_name(c), text_of(c.child_by_field_name("type")).lstrip(": "))
        for c in (body.named_children if body is not None else ())
        if c.type in javascript.FIELDS
    ]
    heritage = next((c for c in held.node.named_children if c.type == "class_heritage"), None)
    for base in re.findall(r"\w+", text_of(heritage))[1:] if heritage is not None else ():
        found += _fields(project, held.module, base, depth + 1)
    return found
