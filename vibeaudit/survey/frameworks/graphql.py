"""GraphQL servers of JavaScript (Apollo, Yoga and the like): the resolvers under Query and Mutation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Import, Module, text_of
from vibeaudit.survey.frameworks.express.handlers import handler_of
from vibeaudit.survey.javascript.scopes import keyed_names
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\b(?:Query|Mutation)['\"]?\s*:")
_SERVER = re.compile(rb"graphql|apollo|typeDefs|resolvers", re.IGNORECASE)
_KINDS = {"Query": "QUERY", "Mutation": "MUTATION"}


def routes(project: Project) -> Iterator[Route]:
    """One route a resolver."""
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        if not (_SERVER.search(module.file.data) or re.search(r"resolver|graphql|schema", module.path, re.IGNORECASE)):
            continue
        for node in _objects(module):
            for name, kind in _KINDS.items():
                held = javascript.property_of(node, name)
                if held is not None:
                    yield from _fields(project, module, held, kind, 0)


def _objects(module: Module) -> Iterator[Node]:
    """The objects that are given a name, exported, or passed to a call."""
    for assign in module.assigns:
        if (node := javascript.unwrap(assign.value)).type == "object":
            yield node
    for call in module.calls:
        for arg in call.args:
            node = javascript.unwrap(arg)
            inner = javascript.property_of(node, "resolvers") if node.type == "object" else None
            yield from (n for n in (node, inner) if n is not None and n.type == "object")
    whole = module.exports.get("default")
    if whole is not None and not isinstance(whole, str | Import) and whole.type == "object":
        yield whole


def _fields(project: Project, module: Module, node: Node, kind: str, depth: int) -> Iterator[Route]:
    """The resolvers of one kind, those of spread objects included."""
    found = value_of(project, module, node)
    if found.node is None or found.node.type != "object" or depth > 4:
        return
    for child in found.node.named_children:
        if child.type == "spread_element" and child.named_children:
            yield from _fields(project, found.module, child.named_children[0], kind, depth + 1)
            continue
        key = child.child_by_field_name("key") or child.child_by_field_name("name") or child
        value = child.child_by_field_name("value") or child
        if child.type in ("pair", "method_definition", "shorthand_property_identifier"):
            yield _route(project, found.module, child, value, text_of(key).strip("'\""), kind)


def _route(project: Project, module: Module, child: Node, value: Node, name: str, kind: str) -> Route:
    home, handler, _ = handler_of(project, module, javascript.unwrap(value))
    guards: tuple[Guard, ...] = ()
    if value.type == "call_expression":  # `combineResolvers(isAuthenticated, resolve)`, `authenticated(resolve)`
        call = module.call_at(value)
        given = call.args[:-1] if call is not None else ()
        guards = tuple(g for a in (value, *given) for g in guarding.of_expression(project, module, a, "wrapper"))
    body = None if handler else value
    parameters = _arguments(handler) if handler is not None else ()
    return entries.route(
        project,
        entries.Entry(
            "graphql", (kind,), f"/graphql/{name}", module, child, handler, home, body, guards, name, parameters
        ),
    )


def _arguments(handler: Function) -> tuple[Parameter, ...]:
    """The second parameter of a resolver: `(_, { id }, context)`."""
    parameters = handler.node.child_by_field_name("parameters")
    children = [c for c in parameters.named_children if c.type != "comment"] if parameters is not None else []
    if len(children) < 2:
        return ()
    pattern = children[1].child_by_field_name("pattern") or children[1]
    if pattern.type == "object_pattern":
        return tuple(Parameter(key or name, "body") for name, key in keyed_names(pattern))
    said = text_of(handler.body)
    named = re.findall(rf"\b{re.escape(text_of(pattern))}\.(\w+)", said)
    return tuple(Parameter(n, "body") for n in dict.fromkeys(named))
