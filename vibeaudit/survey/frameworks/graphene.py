"""Graphene: the resolvers of the query classes and the `mutate` of each mutation of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage
from vibeaudit.survey.code import Module
from vibeaudit.survey.graphql_fields import Field, endpoint_guards, route_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"graphene|GraphQL")
_LISTS = re.compile(
    r"(^|\.)(Django\w*ConnectionField|DjangoListField|SQLAlchemyConnectionField|\w*FilterConnectionField)$"
)
_MUTATES = ("mutate", "mutate_and_get_payload", "perform_mutate")


def routes(project: Project) -> Iterator[Route]:
    """Each field of each schema."""
    modules = tuple(project.hinted(_HINT, "python"))
    standing = endpoint_guards(project, modules)
    seen: set[tuple[str, str, int]] = set()
    for module in modules:
        for call in module.calls:
            if call.last != "Schema" or b"graphene" not in module.file.data:
                continue
            for position, kind in enumerate(("query", "mutation", "subscription")):
                node = call.keywords.get(kind) or (call.args[position] if len(call.args) > position else None)
                owner = lineage(project, module, python.dotted(node)) if node is not None else None
                for field in _fields(project, owner, kind.upper()) if owner else ():
                    key = (field.name, field.module.path, field.node.start_byte)
                    if key not in seen:
                        seen.add(key)
                        yield route_of(project, field, standing)


def _fields(project: Project, owner: Lineage, kind: str) -> Iterator[Field]:
    for module, klass in owner.classes:
        resolved = set()
        for function in module.functions:
            if function.owner == klass.name and function.name.startswith("resolve_"):
                resolved.add(function.name.removeprefix("resolve_"))
                name = function.name.removeprefix("resolve_")
                yield Field("graphene", kind, name, module, definition(function.node), function)
        for assign in module.assigns_in(klass.node):
            call = module.call_at(assign.value)
            if call is None or assign.targets[0] in resolved or not re.fullmatch(r"\w+", assign.targets[0]):
                continue
            if call.last == "Field" and kind == "MUTATION":
                yield from _mutation(project, module, assign.targets[0], call.name.removesuffix(".Field"))
            elif _LISTS.search(call.name):
                effects = frozenset({"reads-store"})
                yield Field("graphene", kind, assign.targets[0], module, assign.value, None, effects=effects)


def _mutation(project: Project, module: Module, name: str, made_by: str) -> Iterator[Field]:
    owner = lineage(project, module, made_by)
    for method in _MUTATES if owner else ():
        if owner and (found := owner.method(method)):
            home, function = found
            yield Field("graphene", "MUTATION", name, home, definition(function.node), function)
            return
