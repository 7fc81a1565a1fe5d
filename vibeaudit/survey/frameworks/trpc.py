"""tRPC: the procedures of routers, with the middleware of the procedure that each is built on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.frameworks.express.handlers import handler_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"[pP]rocedure\b")
_ROUTER = re.compile(r"[rR]outer$")
_METHODS = {"query": "QUERY", "mutation": "MUTATION", "subscription": "QUERY"}
_FIELD = re.compile(r"(\w+)\s*:\s*(?:z|v|s|t|yup|Joi)\b")
_MAX_DEPTH = 8

Mounts = dict[tuple[str, int], str]  # where an object or a router call starts -> the names that lead to it


def routes(project: Project) -> Iterator[Route]:
    """Every `.query(...)` and `.mutation(...)` of a procedure."""
    modules = list(project.hinted(_HINT, *javascript.LANGUAGES))
    mounts = _mounts(project)
    for module in modules:
        for call in module.calls:
            if call.last in _METHODS and call.args and "." in call.name and _is_procedure(project, module, call):
                yield _route(project, module, call, mounts)


def _is_procedure(project: Project, module: Module, call: Call) -> bool:
    parts = call.name.split(".")
    if re.search(r"[pP]rocedure$", parts[0]) or "procedure" in parts:
        return True
    root = _root(call.node)
    found = value_of(project, module, root) if root is not None else None
    return found is not None and found.node is not None and ".procedure" in javascript.dotted(found.node)


def _root(node: Node) -> Node | None:
    """The name that a chain begins with."""
    held: Node | None = node
    while held is not None and held.type in ("call_expression", "member_expression"):
        held = held.child_by_field_name("function" if held.type == "call_expression" else "object")
    return held


def _mounts(project: Project) -> Mounts:
    """`router({ post: postRouter })`: by which names a router hangs under another."""
    found: Mounts = {}
    for module in project.hinted(re.compile(rb"[rR]outer\("), *javascript.LANGUAGES):
        for call in module.calls:
            if not (_ROUTER.search(call.last) and call.args and call.args[0].type == "object"):
                continue
            for child in call.args[0].named_children:
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                held = value if value is not None else child
                target = value_of(project, module, held) if held.type != "call_expression" else None
                if target is not None and target.node is not None and target.node.id != held.id:
                    found[(target.module.path, _object(target).start_byte)] = text_of(key or child).strip("'\"")
    return found


def _object(found: Value) -> Node:
    """The object of procedures in `router({...})`, or the object itself."""
    assert found.node is not None
    call = found.module.call_at(found.node)
    return call.args[0] if call is not None and call.args else found.node


def _route(project: Project, module: Module, call: Call, mounts: Mounts) -> Route:
    home, handler, _ = handler_of(project, module, call.args[-1])
    guards, shapes = _chain(project, module, call.node, 0)
    path = ".".join(_names(module, call.node, mounts))
    parameters = tuple(
        Parameter(name, "body") for shape in shapes for name in dict.fromkeys(_FIELD.findall(text_of(shape)[:5000]))
    )
    return entries.route(
        project,
        entries.Entry(
            "trpc",
            (_METHODS[call.last],),
            f"/trpc/{path}",
            module,
            _line(call),
            handler,
            home,
            None if handler else call.args[-1],
            guards,
            path,
            parameters,
        ),
    )


def _line(call: Call) -> Node:
    """The line of the procedure's name."""
    node = call.node.parent
    return node if node is not None and node.type == "pair" else call.node


def _chain(project: Project, module: Module, node: Node, depth: int) -> tuple[tuple[Guard, ...], tuple[Node, ...]]:
    """The guards of `.use(...)` and the shapes of `.input(...)`, down to the procedure that the chain begins with."""
    guards: list[Guard] = []
    shapes: list[Node] = []
    held: Node | None = javascript.unwrap(node)
    while held is not None and held.type in ("call_expression", "member_expression"):
        call = module.call_at(held)
        if call is not None and call.last in ("use", "unstable_concat", "concat") and "." in call.name:
            guards += [g for a in call.args for g in _of_middleware(project, module, a, depth)]
        elif call is not None and call.last == "input" and call.args:
            shape = value_of(project, module, call.args[0])
            shapes += [shape.node] if shape.node is not None else []
            guards.append(Guard("validation", "call", "input", module.file.locate(call.args[0])))
        held = held.child_by_field_name("function" if held.type == "call_expression" else "object")
    if held is not None and held.type == "identifier" and depth < _MAX_DEPTH:
        below = value_of(project, module, held)
        if below.node is not None and below.node.id != held.id and below.node.type == "call_expression":
            inner, more = _chain(project, below.module, below.node, depth + 1)
            return (*inner, *guards), (*shapes, *more)
        if below.node is None or below.node.id == held.id:
            guards += _by_name(module, held)
    return tuple(guards), tuple(shapes)


def _by_name(module: Module, node: Node) -> list[Guard]:
    """A procedure that lies outside the app: by what its name promises."""
    name = text_of(node)
    if not re.search(r"protected|private|auth(?:ed|enticated|orized)|admin|signedIn|loggedIn", name, re.IGNORECASE):
        return []
    kinds = ("authentication", "authorization") if "admin" in name.lower() else ("authentication",)
    return [Guard(k, "procedure", name, module.file.locate(node)) for k in kinds]


def _of_middleware(project: Project, module: Module, node: Node, depth: int) -> tuple[Guard, ...]:
    """`t.middleware(({ ctx, next }) => ...)`, by name or written out."""
    found = value_of(project, module, node)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is not None and call.last == "middleware" and call.args:
        return guarding.of_expression(project, found.module, call.args[0], "procedure")
    return guarding.of_expression(project, module, node, "procedure")


def _names(module: Module, node: Node, mounts: Mounts) -> list[str]:
    """The keys above a procedure, and those by which its router is mounted."""
    names: list[str] = []
    held: Node | None = node
    while held is not None:
        if held.type == "pair":
            names.insert(0, text_of(held.child_by_field_name("key")).strip("'\""))
        elif held.type == "variable_declarator" and not names:
            names.insert(0, text_of(held.child_by_field_name("name")))
        if (module.path, held.start_byte) in mounts and held.type == "object":
            names.insert(0, mounts[(module.path, held.start_byte)])
        held = held.parent
    return names
