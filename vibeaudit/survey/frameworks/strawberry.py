"""Strawberry: the fields of a schema's classes, their permission classes and extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.graphql_fields import Field, endpoint_guards, route_of
from vibeaudit.survey.words import kinds_by_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"strawberry")
_FIELD = re.compile(r"(^|\.)(field|mutation|subscription)$")
_ASKS = re.compile(r"user|auth|token|session|role|permission|request", re.IGNORECASE)
_ROLE = re.compile(r"admin|staff|superuser|role|owner|permission\b|has_perm", re.IGNORECASE)


def routes(project: Project) -> Iterator[Route]:
    """Each field of each schema."""
    modules = tuple(project.hinted(_HINT, "python"))
    standing = endpoint_guards(project, modules)
    seen: set[tuple[str, int]] = set()
    for module in modules:
        for call in module.calls:
            for kind in ("query", "mutation", "subscription") if call.last == "Schema" else ():
                node = call.keywords.get(kind)
                owner = lineage(project, module, python.dotted(node)) if node is not None else None
                for field in _fields(project, owner, kind.upper()) if owner else ():
                    if (field.module.path, field.node.start_byte) not in seen:
                        seen.add((field.module.path, field.node.start_byte))
                        yield route_of(project, field, standing)


def _fields(project: Project, owner: Lineage, kind: str) -> Iterator[Field]:
    for module, klass in owner.classes:
        for function in module.functions:
            if function.owner != klass.name:
                continue
            for decorator in function.decorators:
                call = module.call_at(decorator)
                if _FIELD.search(call.name if call else python.dotted(decorator)):
                    guards = _permissions(project, module, call) if call else ()
                    yield Field("strawberry", kind, function.name, module, decorator, function, guards)
        for assign in module.assigns_in(klass.node):
            call = module.call_at(assign.value)
            resolver = call.keywords.get("resolver") if call and _FIELD.search(call.name) else None
            found = project.meaning(module, python.dotted(resolver)) if resolver is not None else None
            if call and found and found.function:
                guards = _permissions(project, module, call)
                yield Field("strawberry", kind, assign.targets[0], module, assign.value, found.function, guards)


def _permissions(project: Project, module: Module, call: Call) -> tuple[Guard, ...]:
    """`permission_classes=[IsAuthenticated]`, `extensions=[IsAuthenticated()]`."""
    found: list[Guard] = []
    for word in ("permission_classes", "extensions"):
        listed = call.keywords.get(word)
        for node in listed.named_children if listed is not None else ():
            if inner := module.call_at(node):
                found += [
                    g for a in inner.args if a.type == "list" for c in a.named_children for g in _of(project, module, c)
                ]
                found += [
                    g
                    for v in inner.keywords.values()
                    if v.type == "list"
                    for c in v.named_children
                    for g in _of(project, module, c)
                ]
            found += _of(project, module, node)
    return tuple(found)


def _of(project: Project, module: Module, node: Node) -> list[Guard]:
    call = module.call_at(node)
    name = call.name if call else python.dotted(node)
    owner = lineage(project, module, name) if name else None
    if owner is None:
        kinds = kinds_by_name(name) if name else ()
    else:
        method = owner.method("has_permission")
        body = text_of(method[1].body) if method else ""
        asks = bool(_ASKS.search(body)) and not re.fullmatch(r"\s*return\s+True\s*", body)
        kinds = (
            ("authentication", "authorization") if asks and _ROLE.search(body) else ("authentication",) if asks else ()
        )
    return [Guard(kind, "matcher", name, module.file.locate(node)) for kind in kinds]
