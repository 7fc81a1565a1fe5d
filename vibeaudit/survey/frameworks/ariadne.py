"""Ariadne: resolvers bound to fields of QueryType, MutationType and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.graphql_fields import Field, endpoint_guards, route_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"ariadne|QueryType\(|MutationType\(")
_KINDS = {"QueryType": "QUERY", "MutationType": "MUTATION", "SubscriptionType": "SUBSCRIPTION"}


def routes(project: Project) -> Iterator[Route]:
    """Each field that a function resolves."""
    modules = tuple(project.hinted(_HINT, "python"))
    standing = endpoint_guards(project, modules)
    for module in modules:
        for function in module.functions:
            for decorator in function.decorators:
                call = module.call_at(decorator)
                kind = _kind(project, module, call) if call and call.last in ("field", "source") else ""
                if call and kind:
                    name = python.string_of(call.args[0]) if call.args else function.name
                    yield route_of(project, Field("ariadne", kind, name, module, call.node, function), standing)
        for call in module.calls:
            kind = _kind(project, module, call) if call.last == "set_field" and len(call.args) > 1 else ""
            found = project.meaning(module, python.dotted(call.args[1])) if kind else None
            if found and found.function:
                name = python.string_of(call.args[0])
                yield route_of(project, Field("ariadne", kind, name, module, call.node, found.function), standing)


def _kind(project: Project, module: Module, call: Call) -> str:
    found = project.meaning(module, call.name.rpartition(".")[0])
    made = found.module.call_at(found.value) if found and found.value is not None else None
    if made is None:
        return ""
    if made.last == "ObjectType" and made.args:
        return {"Query": "QUERY", "Mutation": "MUTATION"}.get(python.string_of(made.args[0]), "")
    return _KINDS.get(made.last, "")
