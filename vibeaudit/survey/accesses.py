"""Which rows a handler reaches for, and what its query is bound to: the caller, an id the caller chose, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SQL_TABLE = re.compile(
    r"\b(?:(?P<select>select)\b.*?\bfrom|(?P<update>update)|(?P<insert>insert\s+into)"
    r"|(?P<delete>delete\s+from))\s+[\"`]?(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_WHERE_ID = re.compile(r"\bwhere\s+(?:\w+\.)?\w*id\s*=\s*(?:\?|\$\d|:\w+|%s|\$\{)", re.IGNORECASE)
_OWNER = re.compile(
    r"\b(user_?id|owner_?id|author_?id|account_?id|created_?by|owner|tenant_?id|org(anization)?_?id|team_?id"
    r"|workspace_?id|member_?id|customer_?id|profile_?id|uid)\b"
    r"|session\b|\breq\.user|current_?user|request\.user|auth\.uid|getUser|\bg\.user",
    re.IGNORECASE,
)
_SUPABASE = re.compile(r"(^|\.)\w*(supabase|client|admin|db)\w*\.from\.(?P<verbs>[\w.]+)$", re.IGNORECASE)
_PRISMA = re.compile(
    r"(^|\.)(prisma|db|tx|database)\.(?P<model>[a-z]\w+)\.(?P<verb>findUnique|findFirst|update|delete"
    r"|findUniqueOrThrow|findFirstOrThrow)$"
)
_BY_ID = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.(?P<verb>findById|findByIdAndUpdate|findByIdAndDelete|findByPk)$")
_SQLALCHEMY = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.query\.(get|get_or_404)$")
_GET = re.compile(r"(^|\.)(db|session|db\.session)\.get$")
_DRIZZLE = re.compile(r"^eq\(\s*(\w+)\.id\s*,")
_VERBS = {"select": "read", "update": "update", "insert": "insert", "delete": "delete"}


def accesses(project: Project, routes: tuple[Route, ...]) -> tuple[Access, ...]:
    """The rows that handlers pick by an id, and what binds them."""
    found: set[Access] = set()
    for route in routes:
        module = project.module(str(route.body.path)) if route.body else None
        if module is None or route.body is None:
            continue
        start, end = _span(module, route)
        root = module.file.tree.root_node if module.file.tree else None
        body = root.descendant_for_byte_range(start, max(start, end - 1)) if root is not None else None
        while body is not None and (body.start_byte > start or body.end_byte < end) and body.parent is not None:
            body = body.parent
        if body is not None:
            found.update(_of_body(module, body, start, end, route))
    return tuple(sorted(found, key=lambda a: (a.location, a.table, a.verb)))


def _span(module: Module, route: Route) -> tuple[int, int]:
    body = route.body
    assert body is not None
    return module.file.offset(body.line) + body.column - 1, module.file.offset(body.end_line) + body.end_column - 1


def _of_body(module: Module, body: Node, start: int, end: int, route: Route) -> list[Access]:
    params = {p.name for p in route.parameters if p.source in ("path", "query", "body")}
    inside = module.file.data[start:end].decode("utf-8", "replace")
    bound_later = bool(
        _OWNER.search(
            re.sub(r"(?s)^.*?\{", "", inside, count=1)
            if module.kind == "javascript"
            else inside.partition(":\n")[2] or inside
        )
    )
    found = []
    for call in module.calls_in(body):
        if not start <= call.node.start_byte < end:
            continue
        said = _access(call)
        if said is None:
            continue
        table, verb = said
        text = text_of(_whole_chain(call.node))
        if _OWNER.search(text) or bound_later:
            bound = "caller"
        elif any(re.search(rf"\b{re.escape(p)}\b", text) for p in params if p):
            bound = "id"
        else:
            bound = "none"
        found.append(Access(table, verb, bound, module.file.locate(call.node)))
    return found


def _whole_chain(node: Node) -> Node:
    """The outermost call of a chain: `.from(x).select().eq(...)`."""
    while (
        node.parent is not None
        and node.parent.type in ("member_expression", "call_expression", "attribute", "call")
        and node.parent.start_byte == node.start_byte
    ):
        node = node.parent
    return node


def _access(call: Call) -> tuple[str, str] | None:
    """(table, verb) of a call that picks one row by an id; None for other calls."""
    first = text_of(call.args[0])[:3000] if call.args else ""
    if call.last in ("get", "run", "all", "query", "execute", "prepare", "one", "fetchrow", "fetch", "oneOrNone") and (
        m := _SQL_TABLE.search(first)
    ):
        if not _WHERE_ID.search(first):
            return None
        return m["table"], next(_VERBS[k] for k in _VERBS if m[k])
    for pattern in (_PRISMA, _BY_ID, _SQLALCHEMY):
        if (m := pattern.search(call.name)) and re.search(r"\bid\b|_id\b|Id\b", first):
            groups = m.groupdict()
            verb = groups.get("verb") or "read"
            return m["model"], "delete" if "elete" in verb else "update" if "pdate" in verb else "read"
    if call.last == "where" and (m := _DRIZZLE.search(first)):
        verb = "delete" if ".delete." in call.name else "update" if ".update." in call.name else "read"
        return m[1], verb
    if _GET.search(call.name) and len(call.args) == 2 and re.fullmatch(r"[A-Z]\w+", first):
        return first, "read"
    if (m := _SUPABASE.search(call.name)) and call.last in ("eq", "match") and re.search(r"['\"]id['\"]|\bid\b", first):
        verbs = m["verbs"].split(".")
        table = re.search(r"\.from\(\s*['\"](\w+)['\"]", text_of(call.node))
        if table:
            return table[1], next((v for v in ("delete", "update") if v in verbs), "read")
    return None
