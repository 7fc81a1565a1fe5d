"""Which rows a handler reaches for, and what its query is bound to: the caller, an id the caller chose, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey import script_accesses
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.ownership import bound_by
from vibeaudit.survey.script_accesses import whole_chain

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SQL_TABLE = re.compile(
    r"\b(?:(?P<select>select)\b.*?\bfrom|(?P<update>update)|(?P<insert>insert\s+into)"
    r"|(?P<delete>delete\s+from))\s+[\"`]?(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_WHERE_ID = re.compile(r"\bwhere\s+(?:\w+\.)?\w*id\s*=\s*(?:\?|\$\d|:\w+|%s|\$\{)", re.IGNORECASE)
_SQLALCHEMY = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.query\.(get|get_or_404)$")
_GET = re.compile(r"(^|\.)(db|session|db\.session)\.get$")
_CHOSEN = frozenset(("path", "query", "body", "form"))
# FastAPI hands the signed-in user over as a parameter.
_SIGNED_IN = re.compile(
    r"(?:current_?)?(?:user|admin|account|member|principal)$|me$|auth$|session$|claims$", re.IGNORECASE
)
_DJANGO = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.objects\.(get|filter)$")
_COMPARES_ID = re.compile(r"^(?:\w+\.)*(?P<model>[A-Z]\w+)\.id\s*==")
_QUERIED = re.compile(r"\b(?:query|select)\(\s*(?:\w+\.)*(?P<model>[A-Z]\w+)\s*[,)]|\b(?P<flask>[A-Z]\w+)\.query\b")
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
        if body is not None and module.kind == "javascript":
            found.update(script_accesses.of_route(project, module, body, route))
        elif body is not None:
            found.update(_of_body(module, body, start, end, route))
    return tuple(sorted(found, key=lambda a: (a.location, a.table, a.verb, a.bound, str(a.body))))


def _span(module: Module, route: Route) -> tuple[int, int]:
    body = route.body
    assert body is not None
    return module.file.offset(body.line) + body.column - 1, module.file.offset(body.end_line) + body.end_column - 1


def _of_body(module: Module, body: Node, start: int, end: int, route: Route) -> list[Access]:
    params = {p.name for p in route.parameters if p.source in _CHOSEN and not _SIGNED_IN.match(p.name)}
    inside = module.file.data[start:end].decode("utf-8", "replace")
    inside = inside.partition(":\n")[2] or inside
    found = []
    for call in module.calls_in(body):
        if not start <= call.node.start_byte < end:
            continue
        said = _access(call)
        if said is None:
            continue
        table, verb = said
        bound = bound_by(text_of(whole_chain(call.node)), inside, params)
        found.append(Access(table, verb, bound, module.file.locate(call.node)))
    return found


def _access(call: Call) -> tuple[str, str] | None:
    """(table, verb) of a call that picks one row by an id; None for other calls."""
    first = text_of(call.args[0])[:3000] if call.args else ""
    if call.last in ("get", "run", "all", "query", "execute", "prepare", "one", "fetchrow", "fetch", "oneOrNone") and (
        m := _SQL_TABLE.search(first)
    ):
        if not _WHERE_ID.search(first):
            return None
        return m["table"], next(_VERBS[k] for k in _VERBS if m[k])
    for pattern in (_SQLALCHEMY,):
        if (m := pattern.search(call.name)) and re.search(r"\bid\b|_id\b|Id\b", first):
            groups = m.groupdict()
            verb = groups.get("verb") or "read"
            return m["model"], "delete" if "elete" in verb else "update" if "pdate" in verb else "read"
    if _GET.search(call.name) and len(call.args) == 2 and re.fullmatch(r"[A-Z]\w+", first):
        return first, "read"
    if said := _by_python_orm(call, first):
        return said, "read"
    return None


def _by_python_orm(call: Call, first: str) -> str:
    """The model that SQLAlchemy or Django picks a row of by its id; empty for other calls."""
    if call.last in ("filter", "where") and (m := _COMPARES_ID.match(first)):
        return m["model"]
    if not {"id", "pk"} & set(call.keywords):
        return ""
    if m := _DJANGO.search(call.name):
        return m["model"]
    if call.last == "get_object_or_404" and re.fullmatch(r"[A-Z]\w+", first):
        return first
    if call.last == "filter_by" and (m := _QUERIED.search(text_of(call.node)[:500])):
        return m["model"] or m["flask"]
    return ""
