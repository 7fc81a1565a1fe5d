"""Routers of next-connect in the API pages of Next.js: one file, one address, a handler for each method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Function, Import, Module, text_of
from vibeaudit.survey.frameworks.express.chains import root_of
from vibeaudit.survey.frameworks.express.handlers import route_of
from vibeaudit.survey.frameworks.express.routers import Event, Router

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "options", "head"))
_MAX_DEPTH = 4
_Step = tuple[Module, Event]


def routes_of(project: Project, module: Module, url: str, standing: tuple[Guard, ...]) -> list[Route] | None:
    """A route for each method that a page's router answers; None when the page exports something else."""
    target = module.exports.get("default")
    node = module.values.get(target) if isinstance(target, str) else target
    if node is None or isinstance(node, Import):
        return None
    steps = list(_steps(project, module, node, 0))
    if not steps and _made_by_package(project, module, node, 0) is None:
        return None
    return list(_walk(project, module, steps, url, standing))


def _walk(
    project: Project, module: Module, steps: list[_Step], url: str, standing: tuple[Guard, ...]
) -> Iterator[Route]:
    for home, event in steps:
        if event.methods:
            if event.args and home is module:
                yield replace(
                    route_of(project, Router(home, "nextjs", mounted=True), event, url, standing), framework="nextjs"
                )
            continue
        for arg in event.args:
            inner = list(_steps(project, home, arg, 1))
            for place, below in inner or [(home, replace(event, args=(arg,)))]:
                given = () if below.methods else below.args
                standing += tuple(g for a in given for g in guarding.of_expression(project, place, a, "middleware"))


def _steps(project: Project, module: Module, node: Node, depth: int) -> Iterator[_Step]:
    """What is registered at the router that an expression stands for, in the order of the code."""
    made = _made_by_package(project, module, node, depth)
    if made is None:
        return
    home, holder, root, scope = made
    if isinstance(root, tuple):  # `const router = base()`, where the app's own function makes the router
        yield from _steps(project, *root, depth + 1)
    found: list[Event] = []
    for call in home.calls_in(scope) if scope is not None else home.calls:
        if event := _event(call, holder, None if isinstance(root, tuple) else root):
            found.append(event)
    for event in sorted(found, key=lambda e: e.at):
        yield home, event


def _event(call: Call, holder: str, root: Node | None) -> Event | None:
    callee = call.node.child_by_field_name("function")
    last = callee.child_by_field_name("property") if callee is not None else None
    verb = text_of(last)
    if last is None or verb not in _VERBS | {"use"}:
        return None
    start = root_of(call.node)
    own = start.type == "identifier" and text_of(start) == holder
    chained = root is not None and (start.start_byte, start.end_byte) == (root.start_byte, root.end_byte)
    if not own and not chained:
        return None
    args = tuple(a for a in call.args if a.type not in ("string", "template_string", "regex"))
    methods = () if verb == "use" else ("ANY",) if verb == "all" else (verb.upper(),)
    return Event(last.start_byte, methods, "", args, call)


_Made = tuple[Module, str, "Node | tuple[Module, Node] | None", "Node | None"]


def _made_by_package(project: Project, module: Module, node: Node, depth: int) -> _Made | None:
    """(module, name, the call that makes it, the function that it is made in) of a router of next-connect."""
    if depth > _MAX_DEPTH:
        return None
    root = root_of(javascript.unwrap(node))
    call = module.call_at(root)
    if call is not None:
        if _is_maker(module, call.name):
            return module, _name_of(module, root), root, None
        found = project.function_called(module, call)
        inner = _returned(found[1]) if found is not None else None
        if found is None or inner is None:
            return None
        made = _made_by_package(project, found[0], inner, depth + 1)
        if made is None:
            return None
        return module, _name_of(module, root), (found[0], inner), None
    if root.type != "identifier":
        return None
    name = text_of(root)
    around = next((f for f in module.functions if f.body.start_byte <= root.start_byte < f.body.end_byte), None)
    given = [a for a in module.assigned.get(name, ()) if around is None or _within(around, a.node)]
    if given and given[0].value.id != root.id:
        made = _made_by_package(project, module, given[0].value, depth + 1)
        return (made[0], name, made[2], around.body if around else None) if made and made[0] is module else made
    reached = project.meaning(module, name)
    if reached is None or reached.value is None or reached.module is module:
        return None
    return _made_by_package(project, reached.module, reached.value, depth + 1)


def _within(function: Function, node: Node) -> bool:
    return function.body.start_byte <= node.start_byte < function.body.end_byte


def _is_maker(module: Module, name: str) -> bool:
    found = module.imports.get(name.split(".")[0])
    return found is not None and found.spec == "next-connect"


def _name_of(module: Module, root: Node) -> str:
    """The name that is given a router, or a chain that begins with its making."""
    held = root
    while held.parent is not None and held.parent.type in ("call_expression", "member_expression", "await_expression"):
        held = held.parent
    target = held.parent.child_by_field_name("name") if held.parent is not None else None
    return text_of(target) if target is not None and target.type == "identifier" else ""


def _returned(function: Function) -> Node | None:
    """What a function gives back, when it does so in one place."""
    if function.body.type != "statement_block":
        return function.body
    given = [c for c in function.body.named_children if c.type == "return_statement" and c.named_children]
    return given[0].named_children[0] if len(given) == 1 else None
