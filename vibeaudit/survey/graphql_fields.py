"""A field of a GraphQL schema as a route: `QUERY /graphql/users`, `MUTATION /graphql/createUser`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_ENDPOINT = re.compile(r"(^|\.)(\w*GraphQL\w*\.as_view|GraphQLRouter|GraphQL)$")
_NOT_ARGUMENTS = frozenset(("self", "cls", "root", "info", "obj", "parent", "_", "__", "_info", "context"))


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: QUERY, MUTATION, SUBSCRIPTION. `function` is None for what a library resolves by itself."""

    framework: str
    kind: str
    name: str
    module: Module
    node: Node
    function: Function | None
    guards: tuple[Guard, ...] = ()
    effects: frozenset[str] = frozenset()


def route_of(project: Project, field: Field, standing: tuple[Guard, ...]) -> Route:
    """The route of a field; `standing` is what guards the endpoint."""
    function = field.function
    names = [p for p in function.params if p.name.lstrip("*") not in _NOT_ARGUMENTS] if function else []
    if function is not None and names and names[0].name == function.params[0].name and not function.owner:
        names = names[1:]  # the first parameter is the object above the field, whatever it is called
    home = project.module(function.path) if function else field.module
    own = python_guards.of_decorators(project, home or field.module, function.decorators if function else ())
    entry = entries.Entry(
        field.framework, (field.kind,), f"/graphql/{_camel(field.name)}", field.module, field.node, function, home,
        guards=(*standing, *field.guards, *own), effects=field.effects,
        parameters=tuple(Parameter(p.name.lstrip("*"), "body", p.type[:60]) for p in names),
        handler_name="" if function else field.name,
    )  # fmt: skip
    return entries.route(project, entry)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(r[:1].upper() + r[1:] for r in rest)


def endpoint_guards(project: Project, modules: tuple[Module, ...]) -> tuple[Guard, ...]:
    """What stands around the endpoint: `login_required(GraphQLView.as_view(...))`."""
    found: list[Guard] = []
    for module in modules:
        for call in module.calls:
            if not _ENDPOINT.search(call.name):
                continue
            above = call.node.parent
            while above is not None and above.type in ("argument_list", "call"):
                outer = module.call_at(above) if above.type == "call" else None
                if outer and outer.node.start_byte < call.node.start_byte and outer.last not in ("path", "re_path"):
                    guard = above.child_by_field_name("function")
                    found += python_guards.of_decorator(project, module, guard) if guard is not None else ()
                above = above.parent
    return tuple(replace(g, how="middleware") for g in dict.fromkeys(found))
