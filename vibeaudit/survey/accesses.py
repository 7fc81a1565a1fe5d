"""Which rows a handler reaches for, and what its query is bound to: the caller, an id the caller chose, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.ownership import bound_by, owner_column

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SQL_TABLE = re.compile(
    r"\b(?:(?P<select>select)\b.*?\bfrom|(?P<update>update)|(?P<insert>insert\s+into)"
    r"|(?P<delete>delete\s+from))\s+[\"`]?(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_WHERE_ID = re.compile(r"\bwhere\s+(?:\w+\.)?\w*id\s*=\s*(?:\?|\$\d|:\w+|%s|\$\{)", re.IGNORECASE)
_SUPABASE = re.compile(r"(^|\.)\w*(supabase|client|admin|db)\w*\.from\.(?P<verbs>[\w.]+)$", re.IGNORECASE)
_PRISMA = re.compile(
    r"(^|\.)(prisma|db|tx|database)\.(?P<model>[a-z]\w+)\.(?P<verb>findUnique|findFirst|update|delete"
    r"|findUniqueOrThrow|findFirstOrThrow)$"
)
_BY_ID = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.(?P<verb>findById|findByIdAndUpdate|findByIdAndDelete|findByPk)$")
_SQLALCHEMY = re.compile(r"(^|\.)(?P<model>[A-Z]\w+)\.query\.(get|get_or_404)$")
_GET = re.compile(r"(^|\.)(db|session|db\.session)\.get$")
_DRIZZLE = re.compile(r"^eq\(\s*(\w+)\.id\s*,")
_CHOSEN = frozenset(("path", "query", "body", "form"))
# FastAPI hands the signed-in user over as a parameter.
_SIGNED_IN = re.compile(
    r"(?:current_?)?(?:user|admin|account|member|principal)$|me$|auth$|session$|claims$", re.IGNORECASE
)
_SERVICE_KEY = re.compile(
    r"SERVICE_ROLE|SERVICE_KEY|SUPABASE_SECRET|serviceRole|service_role|createAdminClient|[aA]dmin"
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
        if body is not None:
            found.update(_of_body(project, module, body, start, end, route))
    return tuple(sorted(found, key=lambda a: (a.location, a.table, a.verb)))


def _span(module: Module, route: Route) -> tuple[int, int]:
    body = route.body
    assert body is not None
    return module.file.offset(body.line) + body.column - 1, module.file.offset(body.end_line) + body.end_column - 1


def _of_body(project: Project, module: Module, body: Node, start: int, end: int, route: Route) -> list[Access]:
    params = {p.name for p in route.parameters if p.source in _CHOSEN and not _SIGNED_IN.match(p.name)}
    inside = module.file.data[start:end].decode("utf-8", "replace")
    if module.kind == "javascript":
        inside = re.sub(r"(?s)^.*?\{", "", inside, count=1)
    else:
        inside = inside.partition(":\n")[2] or inside
    found = []
    for call in module.calls_in(body):
        if not start <= call.node.start_byte < end:
            continue
        said = _access(call)
        if said is None:
            continue
        table, verb = said
        if _SUPABASE.search(call.name) and not _above_row_security(project, module, call):
            bound = "caller"  # the database itself asks, by its policies
        else:
            bound = bound_by(text_of(_whole_chain(call.node)), inside, params)
        found.append(Access(table, verb, bound, module.file.locate(call.node)))
    return found


def _above_row_security(project: Project, module: Module, call: Call) -> bool:
    """Whether a Supabase client holds the service role, which no policy binds."""
    name = call.name.partition(".from.")[0].rsplit(".", 1)[-1]
    if re.search(r"admin|service", name, re.IGNORECASE):
        return True
    known = [a.value for a in module.assigns if name in a.targets]
    meaning = project.meaning(module, name)
    if meaning is not None and meaning.value is not None:
        known.append(meaning.value)
    return any(_SERVICE_KEY.search(text_of(value)[:2000]) for value in known)


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
    if said := _by_python_orm(call, first):
        return said, "read"
    if (m := _SUPABASE.search(call.name)) and call.last in ("eq", "match") and _names_row(first):
        verbs = m["verbs"].split(".")
        table = re.search(r"\.from\(\s*['\"](\w+)['\"]", text_of(call.node))
        if table:
            return table[1], next((v for v in ("delete", "update") if v in verbs), "read")
    return None


def _names_row(column: str) -> bool:
    """A Supabase filter by the row's own id, or by its owner's."""
    return re.search(r"['\"]id['\"]|\bid\b", column) is not None or owner_column(column)


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
