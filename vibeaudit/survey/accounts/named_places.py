"""What a handler names and hands on: schemas, forms, models, validators, and the functions that get the whole body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

    Place = tuple[Module, Node]

_WHOLE_BODY = re.compile(r"(?:flask\.)?(?:self\.)?request\.(?:get_json\([^()]*\)|json(?:\(\))?|form|values|POST|data)")


_READS = re.compile(r"(?<![.\w])request\.(?:form|values|json|get_json)\b")


def handed_on(project: Project, places: tuple[Place, ...]) -> Iterator[Place]:
    """The functions of the app that a handler of Python gives the whole body to, and those that read the request
    themselves: what they take of it, it takes."""
    module, body = places[0]
    if module.kind != "python":
        return
    yield from (p for p in places[1:] if p[0].kind == "python" and _READS.search(text_of(p[1])))
    held = {t for a in module.assigns_in(body) if _WHOLE_BODY.fullmatch(text_of(a.value)) for t in a.targets}
    for call in module.calls_in(body):
        if any(text_of(a) in held or _WHOLE_BODY.fullmatch(text_of(a)) for a in (*call.args, *call.keywords.values())):
            called = project.function_called(module, call)
            place = (called[0], called[1].node) if called else None
            if place is not None and place in places:
                yield place


def named(project: Project, module: Module, body: Node) -> tuple[Place, ...]:
    """The schemas, forms, models and validators that the handler names, and what those name in turn."""
    found: list[Place] = []
    said = re.findall(r"\b(?:[A-Z]\w{2,}|\w*(?:[sS]chemas?|[vV]alidat\w*|[dD]to|[rR]ules)(?:\.\w+)?)\b", text_of(body))
    names = dict.fromkeys(n for s in said for n in dict.fromkeys((s.partition(".")[0], s)))
    for name in list(names)[:40]:
        klass = module.by_class.get(name)
        meaning = None if klass else project.meaning(module, name)
        if klass is not None:
            found.append((module, klass.node))
        elif meaning is not None and meaning.value is not None:
            holder = meaning.module.by_class.get(name)
            found.append((meaning.module, holder.node if holder else _chain_around(meaning.value)))
            found += _made_of(project, meaning.module, meaning.value)
    return tuple(found)


def in_middleware(project: Project, module: Module, call: Node) -> tuple[Place, ...]:
    """The schemas that the middleware of a script's route names: `check(shapes.newPassword)`."""
    listed = call.child_by_field_name("arguments")
    waiting = list(listed.named_children[:-1]) if listed is not None and module.kind == "javascript" else []
    found: list[Place] = []
    while waiting and len(found) < _MANY:
        node = waiting.pop(0)
        if node.type not in ("identifier", "member_expression"):
            waiting += [
                c for c in node.named_children if c.type != "function_expression" and c.type != "arrow_function"
            ]
            continue
        value = value_of(project, module, node)
        if value.node is not None and value.function is None and value.kind in _SCHEMAS and value.node.id != node.id:
            found.append((value.module, _chain_around(value.node)))
    return tuple(found)


_MANY = 20
_SCHEMAS = frozenset(("call_expression", "object", "array", "new_expression"))


def _made_of(project: Project, module: Module, value: Node) -> list[Place]:
    """The class behind `sign_up_schema = SignUpSchema()`, and those that it builds on."""
    call = module.call_at(value) if module.kind == "python" else None
    line = lineage(project, module, call.name) if call is not None and call.last[:1].isupper() else None
    return [(home, klass.node) for home, klass in line.classes] if line is not None else []


def _chain_around(node: Node) -> Node:
    """The whole of `z.object({ ... }).refine((data) => ...)`, of which a name was followed to the function alone."""
    while node.parent is not None and node.parent.type in ("arguments", "call_expression", "member_expression"):
        node = node.parent
    return node
