"""Rows that a handler hands to its caller whole, out of tables whose columns nobody else should see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import AppModel, Location, Route, Snapshot
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.project import Project

if TYPE_CHECKING:
    from tree_sitter import Node

_SECRET = re.compile(
    r"^(\w+_)?(password|passwd|pwd|password_?hash|hashed_?password|pass_?hash|salt|(reset|refresh|access|verification|session"
    r"|invite|auth|api|recovery)_?tokens?|api_?keys?|secret(_?key)?|(totp|otp|mfa|two_?factor|client|webhook|signing)_?secret"
    r"|private_?key|backup_?codes?)(_hash)?$",
    re.IGNORECASE,
)
_HINT = re.compile(r"select\s|select\(|\.find|\.query|\.objects|\.get\(", re.IGNORECASE)
_STAR = re.compile(r"\bselect\s+(?:\w+\.)?\*\s+from\s+[\"`]?(?:public\.)?(?P<table>\w+)", re.IGNORECASE)
_COUNTED = re.compile(r"\b(join|union)\b", re.IGNORECASE)
_PRISMA = re.compile(
    r"(^|\.)(prisma|db|tx|database)\.(query\.)?(?P<table>[a-z]\w+)\.(findMany|findFirst|findUnique|findUniqueOrThrow|findFirstOrThrow)$"
)
_CHOSEN = re.compile(r"\b(select|omit|columns)\s*:")
_DRIZZLE = re.compile(r"\.select\(\s*\)\s*\.from\(\s*(?P<table>\w+)\s*\)")
_SUPABASE = re.compile(r"\.from\(\s*['\"](?P<table>\w+)['\"]\s*\)\s*\.select\(\s*(?:['\"`]\s*\*\s*['\"`]\s*[,)]|\))")
_MODEL = re.compile(
    r"(?:\b(?:query|select|get)\(\s*(?:models\.)?(?P<table>[A-Z]\w+)\s*[,)]|\b(?P<flask>[A-Z]\w+)\.query\.)"
)
_ANSWERS = re.compile(
    r"(^|\.)(res|reply|response|Response|NextResponse|c|ctx)(\.status)?\.(json|send|jsonp)$|^jsonify$|^JSONResponse$"
    r"|^(flask\.)?jsonify$|^json$"
)
_ANYTHING = frozenset("list List Optional None Sequence dict Dict Any str object Row RowMapping int".split())
_PASSES = frozenset(
    "await_expression parenthesized_expression await arguments argument_list object pair dictionary list array tuple"
    " as_expression non_null_expression spread_element keyword_argument list_comprehension member_expression"
    " subscript_expression for_in_clause".split()
)


def whole_rows(snapshot: Snapshot, app: AppModel, route: Route, text: str) -> tuple[tuple[str, str, Location], ...]:
    """(table, its secret column, where it is read) for each query whose rows are answered as they are.
    `text` is the handler's."""
    if route.body is None or not _HINT.search(text) or _shaped(app, route, text):
        return ()
    module = Project(snapshot).module(str(route.body.path))
    body = node_of(module, route.body) if module else None
    if module is None or body is None:
        return ()
    rows = []
    for call in module.calls_in(body):
        table = _table(call)
        column = secret_column(app, table) if table else ""
        if column and _is_answered(module, body, call):
            rows.append((table, column, module.file.locate(call.node)))
    return tuple(rows)


def node_of(module: Module, at: Location) -> Node | None:
    root = module.file.tree.root_node if module.file.tree else None
    start = module.file.offset(at.line) + at.column - 1
    end = module.file.offset(at.end_line) + at.end_column - 1
    node = root.descendant_for_byte_range(start, max(start, end - 1)) if root is not None else None
    while node is not None and (node.start_byte > start or node.end_byte < end) and node.parent is not None:
        node = node.parent
    return node


def secret_column(app: AppModel, name: str) -> str:
    """A column of this table that is nobody else's business; empty when it has none."""
    low = name.lower()
    wanted = {low, f"{low}s", f"{low}es", low.removesuffix("s")}
    columns = (c for t in app.tables if t.name.lower() in wanted for c in t.columns)
    return next((c for c in columns if _SECRET.match(c)), "")


def _shaped(app: AppModel, route: Route, text: str) -> bool:
    """FastAPI keeps to a response model, named by the decorator or by the handler's return type."""
    if route.framework != "fastapi":
        return False
    head, _, rest = text.partition("def ")
    if "response_model" in head:
        return True
    returned = re.search(r"\)\s*->\s*([^\n]+?):\s*\n", rest[:3000])
    names = set(re.findall(r"\w+", returned[1])) - _ANYTHING if returned else set()
    return bool(names) and not any(secret_column(app, n) for n in names)


def _table(call: Call) -> str:
    """The table that a call reads whole rows of."""
    first = text_of(call.args[0])[:3000] if call.args else ""
    if (m := _STAR.search(first)) and not _COUNTED.search(first):
        return m["table"]
    if (m := _PRISMA.search(call.name)) and not _CHOSEN.search(first):
        return m["table"]
    text = text_of(call.node)[-1500:]
    if call.last == "from" and (m := _DRIZZLE.search(text)):
        return m["table"]
    if call.last == "select" and (m := _SUPABASE.search(text)):
        return m["table"]
    if call.last in ("query", "select", "get", "all", "first", "get_or_404") and (m := _MODEL.search(text)):
        return m["table"] or m["flask"]
    return ""


def _is_answered(module: Module, body: Node, call: Call) -> bool:
    node = _chain(call.node)
    names = _kept_as(module, body, node)
    if names is None:
        return _handed_over(module, node)
    text = text_of(body)
    for name in names:
        if re.search(rf"\bdelete {name}\.|\b{name}\.\w+ = (undefined|null|None)|\bdel {name}\b|\b{name}\.pop\(", text):
            continue
        if any(_handed_over(module, use) for use in _uses(body, name)):
            return True
    return False


def _chain(node: Node) -> Node:
    """The outermost call of the chain, awaited: `await db.select().from(x).where(y)`."""
    while (up := node.parent) is not None and (
        (up.type in ("member_expression", "attribute", "call_expression", "call") and up.start_byte == node.start_byte)
        or up.type in ("await_expression", "await", "parenthesized_expression")
        or (
            up.type == "argument_list"
            and up.parent is not None
            and re.search(r"\.(scalars?|execute|exec)$", text_of(up.parent.child_by_field_name("function"))) is not None
        )
        or (up.type == "call" and up.end_byte == node.end_byte)
    ):
        node = up
    return node


def _kept_as(module: Module, body: Node, node: Node) -> tuple[str, ...] | None:
    """The names that take the rows; None when nothing does."""
    for assign in module.assigns_in(body):
        if assign.value.start_byte <= node.start_byte and node.end_byte <= assign.value.end_byte:
            return assign.targets
    return None


def _handed_over(module: Module, node: Node) -> bool:
    """Whether the value goes into an answer as it is: alone, in a list, or under a key."""
    held = node
    while (up := held.parent) is not None:
        if up.type in ("return_statement",):
            return True
        if up.type in ("call_expression", "call", "new_expression"):
            called = module.call_at(up)
            name = called.name if called else ""
            if _ANSWERS.search(name):
                return True
            if name not in ("dict", "list"):
                return False
        elif up.type == "list_comprehension":
            if not re.fullmatch(r"(dict\()?\w+\)?", text_of(up.child_by_field_name("body"))):
                return False
        elif up.type == "pair":
            if up.child_by_field_name("key") == held:
                return False
        elif up.type in ("member_expression", "subscript_expression", "subscript"):
            if not re.search(r"\.(rows|data)$|\[0\]$", text_of(up)):
                return False
        elif up.type not in _PASSES:
            return False
        held = up
    return False


def _uses(body: Node, name: str) -> Iterator[Node]:
    """Where a name stands in the handler, bounded."""
    wanted, waiting, left = name.encode(), [body], 20_000
    while waiting and left:
        node, left = waiting.pop(), left - 1
        if node.type in ("identifier", "shorthand_property_identifier") and node.text == wanted:
            yield node
        waiting.extend(reversed(node.named_children))
