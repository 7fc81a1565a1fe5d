"""Puts the app's own guard before a route that has none, as the routes beside it do."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Guard, Route, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.guard_copy import guard_statements, handler_body, import_of, imports_for, neighbours, route_of
from vibeaudit.remedy.python_code import ensure_import
from vibeaudit.remedy.row_filter import owner_edits
from vibeaudit.remedy.script_code import LANGUAGES, arguments
from vibeaudit.remedy.syntax import add_item, enclosing, indent_of, insert, items, node_at, nodes, replace, text
from vibeaudit.source import SourceFile

RULES = (
    "admin-route-without-authentication",
    "admin-route-without-role-check",
    "edge-function-model-without-user-check",
    "edge-function-open-to-anyone",
    "edge-function-without-user-check",
    "paid-model-without-authentication",
    "paid-model-without-rate-limit",
    "personal-data-without-authentication",
    "route-without-authentication",
    "server-action-without-session",
    "sign-in-without-rate-limit",
)
# A header that is merely there proves nothing: the early return must rest on a check.
_PROVES = re.compile(r"\bawait\b|session|\.user\b|verify|authenticate", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z_$][\w$]*$")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The nearest neighbour whose guard can be carried over; none of our own is made up."""
    file = bench.flagged(finding)
    route = route_of(finding, bench)
    if route is None:
        return Refusal("the route was not found")
    if "SOCKET" in route.methods:  # what is thrown there ends the program
        return Refusal("a guard of pages cannot be put before a socket: check the token where the connection is made")
    kind = "authorization" if finding.rule_id.startswith("admin-") else "authentication"
    if finding.rule_id.endswith("-rate-limit"):
        kind = "rate-limit"
    for other, guard in neighbours(route, kind, bench):
        if kind == "authentication" and _asks_more(other, guard):
            continue
        if kind == "rate-limit" and guard.how in ("early-return", "call"):
            continue  # what it counts by belongs to that route
        if kind == "rate-limit" and _needs_person(other, guard) and not route.has("authentication"):
            continue  # a limiter that counts by person would shut a sign-in
        edits = _carried(file, route, other, guard, bench)
        if edits and kind == "authentication":
            edits = (*edits, *(owner_edits(route, bench) or ()))  # signed in is not enough for a row of somebody
        if edits:
            return _proposal(finding, route, other, edits)
    if kind == "rate-limit":
        return Refusal("no limiter of the app can be put here as it stands: choose what to count callers by")
    return Refusal("no guard of the app can be put here as it stands: say who may call this, and check it first")


def _needs_person(other: Route, guard: Guard) -> bool:
    return any(
        g.kind == "authentication" and (g.name, g.location) == (guard.name, guard.location) for g in other.guards
    )


def _asks_more(other: Route, guard: Guard) -> bool:
    """Whether the guard also asks for a role: too much where any signed-in person may call."""
    stricter = [g for g in other.guards if g.kind in ("authorization", "rate-limit")]
    return any((g.name, g.location) == (guard.name, guard.location) or g.location == guard.location for g in stricter)


def _proposal(finding: Finding, route: Route, other: Route, edits: tuple[Edit, ...]) -> Proposal:
    name, like = route.name, other.name
    if finding.rule_id.endswith("-rate-limit"):
        return Proposal(
            Text(f"Limit how often {name} answers, as {like} does", f"Limiter la fréquence de {name} comme {like}"),
            edits,
            Safety.UNSAFE,
            Text(
                "The limit is the other route's: check that its number suits this one, and what it counts by.",
                "La limite est celle de l'autre route : vérifier que son nombre convient ici, et par quoi elle compte.",
            ),
        )
    return Proposal(
        Text(f"Guard {name} as {like} is", f"Protéger {name} comme {like}"),
        edits,
        Safety.UNSAFE,
        Text(
            f"Is {name} public on purpose? If so, leave this patch and note why. If not, check that each caller "
            "(pages, schedulers, other services) signs in.",
            f"{name} est-elle publique exprès ? Si oui, ne pas appliquer et noter pourquoi. Sinon, vérifier que chaque "
            "appelant (pages, tâches planifiées, autres services) se connecte.",
        ),
    )


def _carried(file: SourceFile, route: Route, other: Route, guard: Guard, bench: Bench) -> tuple[Edit, ...]:
    source = bench.file(guard.location.path)
    if source is None or source.tree is None:
        return ()
    if file.language == "python":
        beside = bench.file(other.location.path)
        return _python(file, route, other, guard, beside) if beside is not None else ()
    if file.language not in LANGUAGES:
        return ()
    if guard.how == "middleware" and route.framework in ("express", "fastify", "hono", "koa"):
        return _middleware(file, route, guard, source)
    if guard.how in ("early-return", "call") and guard.location.path == other.location.path:
        return _statements(file, route, guard, source)
    return ()


def _middleware(file: SourceFile, route: Route, guard: Guard, source: SourceFile) -> tuple[Edit, ...]:
    """app.get(path, guard, handler); a guard that asks more takes the place of the one that is there."""
    call = node_at(file, route.location, "call_expression")
    while call is not None and call.parent is not None and len(arguments(call)) < 1:
        call = enclosing(call.parent, "call_expression")
    given = arguments(call) if call is not None else []
    if not given or not _NAME.match(guard.name):
        return ()
    imports: tuple[Edit, ...] = ()
    if source.path != file.path and guard.name not in _bound(file):
        found = import_of(guard.name, source, file)
        if found is None:
            return ()
        imports = found
    weaker = {g.name for g in route.guards if g.kind == "authentication" and g.how == "middleware"}
    old = next((n for n in given if n.type == "identifier" and text(n) in weaker), None)
    if old is not None and guard.kind == "authorization":
        return (replace(file, old, guard.name), *imports)
    first = given[1] if given[0].type in ("string", "template_string") and len(given) > 1 else given[0]
    return (insert(file, first.start_byte, f"{guard.name}, "), *imports)


def _bound(file: SourceFile) -> set[str]:
    assert file.tree is not None
    kinds = ("import_statement", "lexical_declaration", "variable_declaration", "function_declaration")
    top = [n for n in file.tree.root_node.children if n.type in kinds]
    names = ("identifier", "shorthand_property_identifier_pattern")
    return {text(i) for n in top for i in nodes(n.child_by_field_name("name") or n, *names)}


def _statements(file: SourceFile, route: Route, guard: Guard, source: SourceFile) -> tuple[Edit, ...]:
    """The neighbour's early return, at the start of the handler (behind a browser's preflight)."""
    body = handler_body(file, route.body or route.location)
    copied = guard_statements(source, guard)
    if body is None or not copied or not _asynchronous(body, copied):
        return ()
    if guard.kind != "rate-limit" and not _PROVES.search(" ".join(map(text, copied))):
        return ()
    imports = imports_for(copied, source, file, body)
    listed = items(body)
    if imports is None or not listed:
        return ()
    at = 0
    while at < len(listed) - 1 and _goes_first(listed[at]):
        at += 1
    margin = indent_of(file, listed[at])
    lines = [_moved(text(s), indent_of(source, copied[0]), margin) for s in copied]
    made = "".join(f"{line}\n{margin}" for line in lines)
    return (insert(file, listed[at].start_byte, made), *imports)


def _goes_first(statement: Node) -> bool:
    shown = text(statement)
    directive = statement.type == "expression_statement" and shown.strip(";").strip("'\"") in (
        "use server",
        "use strict",
    )
    return directive or (statement.type == "if_statement" and "OPTIONS" in shown)


def _asynchronous(body: Node, copied: list[Node]) -> bool:
    waits = any(True for s in copied for _ in nodes(s, "await_expression"))
    return not waits or text(body.parent).lstrip().startswith(("async", "export async", "export default async"))


def _moved(words: str, before: str, margin: str) -> str:
    first, *rest = words.split("\n")
    return "\n".join([first, *(margin + line.removeprefix(before) for line in rest)])


def _python(file: SourceFile, route: Route, other: Route, guard: Guard, beside: SourceFile) -> tuple[Edit, ...]:
    function = enclosing(node_at(file, route.location, "decorator"), "decorated_definition")
    theirs = enclosing(node_at(beside, other.location, "decorator"), "decorated_definition")
    if function is None or theirs is None:
        return ()
    if guard.how == "decorator" and _NAME.match(guard.name):
        decorators = [n for n in function.children if n.type == "decorator"]
        known = _python_import(guard.name, beside, file)
        if known is None or not decorators:
            return ()
        at = decorators[-1].end_byte
        shown = next((text(n) for n in theirs.children if n.type == "decorator" and guard.name in text(n)), "")
        return (insert(file, at, f"\n{indent_of(file, decorators[-1])}{shown}"), *known) if shown else ()
    if guard.how != "dependency":
        return ()
    if (listed := _in_decorator(file, function, theirs, guard, beside)) is not None:
        return listed
    weaker = {g.name for g in route.guards if g.kind == "authentication" and g.how == "dependency"}
    return _stronger(file, function, weaker, guard, beside) or _dependency(file, function, theirs, guard, beside)


def _in_decorator(
    file: SourceFile, function: Node, theirs: Node, guard: Guard, beside: SourceFile
) -> tuple[Edit, ...] | None:
    """`dependencies=[Depends(guard)]` of the neighbour's decorator; None where the neighbour has none there."""
    shown = " ".join(text(n) for n in theirs.children if n.type == "decorator")
    wanted = f"Depends({guard.name})"
    if wanted not in shown:
        return None
    call = next((c for n in function.children if n.type == "decorator" for c in nodes(n, "call")), None)
    listing = call.child_by_field_name("arguments") if call is not None else None
    imports = [_python_import(name, beside, file) for name in ("Depends", guard.name)]
    if listing is None or "dependencies" in text(listing) or any(i is None for i in imports):
        return ()
    return (add_item(file, listing, f"dependencies=[{wanted}]"), *(e for i in imports if i for e in i))


def _stronger(file: SourceFile, function: Node, weaker: set[str], guard: Guard, beside: SourceFile) -> tuple[Edit, ...]:
    """Depends(administrator) in the place of Depends(current_user)."""
    mine = _parameters(function)
    old = next((n for n in nodes(mine, "identifier") if text(n) in weaker), None) if mine is not None else None
    known = _python_import(guard.name, beside, file)
    if old is None or known is None or guard.kind != "authorization":
        return ()
    return (replace(file, old, guard.name), *known)


def _dependency(file: SourceFile, function: Node, theirs: Node, guard: Guard, beside: SourceFile) -> tuple[Edit, ...]:
    """The parameter by which the neighbour asks who is calling."""
    mine, given = _parameters(function), _parameters(theirs)
    if mine is None or given is None:
        return ()
    wanted = next((p for p in items(given) if _asks(p, guard, beside)), None)
    if wanted is None or wanted.type not in ("typed_parameter", "default_parameter", "typed_default_parameter"):
        return ()
    name = re.match(r"\w+", text(wanted))
    if name is None or name[0] in {text(n) for n in nodes(function, "identifier")}:
        return ()
    imports: list[Edit] = []
    for used in sorted({text(n) for n in nodes(wanted, "identifier")} - {name[0]}):
        known = _python_import(used, beside, file)
        if known is None:
            return ()
        imports += known
    if wanted.type == "typed_parameter":
        first = next((p for p in items(mine) if "default" in p.type or "splat" in p.type), None)
        if first is not None:
            return (insert(file, first.start_byte, f"{text(wanted)}, "), *imports)
    return (add_item(file, mine, text(wanted)), *imports)


def _parameters(function: Node) -> Node | None:
    definition = function.child_by_field_name("definition")
    return definition.child_by_field_name("parameters") if definition is not None else None


def _asks(parameter: Node, guard: Guard, beside: SourceFile) -> bool:
    shown = text(parameter)
    if re.search(rf"\b{re.escape(guard.name)}\b", shown):
        return True
    annotation = text(parameter.child_by_field_name("type"))
    words = {w.lower() for w in re.findall(r"[A-Z]?[a-z]+", annotation)}
    asked = {w for w in guard.name.lower().split("_") if w not in ("get", "require", "the")}
    return bool(annotation) and asked <= words and annotation in beside.text


def _python_import(name: str, source: SourceFile, target: SourceFile) -> tuple[Edit, ...] | None:
    """How a neighbour's file comes by a name; nothing to do when it is there already or a built-in."""
    assert target.tree is not None
    assert source.tree is not None
    if re.search(
        rf"^(?:from .*import .*|import .*|def |class |async def |)\b{re.escape(name)}\b", target.text, re.MULTILINE
    ):
        return ()
    for node in source.tree.root_node.children:
        if node.type == "import_from_statement" and name in {text(n) for n in nodes(node, "identifier")}:
            module = text(node.child_by_field_name("module_name"))
            if not module.startswith(".") or source.path.parent == target.path.parent:
                return ensure_import(target, f"from {module} import {name}")
    return None
