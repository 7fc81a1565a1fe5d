"""Every call that writes rows, in handlers and in what they call: through a model, a query builder, a driver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import RowWrite
from vibeaudit.survey import javascript, orm
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript import stores as script_stores
from vibeaudit.survey.javascript.models import store_of
from vibeaudit.survey.python import stores as python_stores
from vibeaudit.survey.python.stores import Touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"(?i)(?:create|insert|update|upsert|save|add|values|set|put_item|replace|build|merge|patch)\w*\s*\("
    rb"|\b(?:insert\s+into|update\s+\w+\s+set|call\s+\w+\s*\()"
)
_CALLED = re.compile(r"['\"`(\s]*call\s+(?P<name>\w+)\s*\(", re.IGNORECASE)
_RUNS_SQL = frozenset("query execute run raw exec queryAsync runAsync callproc".split())
_GIVES_ROWS = frozenset(("values", "set"))  # `db.insert(notes).values({...})`
_MODEL_NAME = re.compile(r"(?:\w+\.)*(?:[A-Z]\w*|\w+(?:Schema|Model))$")


def row_writes(project: Project) -> tuple[RowWrite, ...]:
    """In order of place. Where a chain names the table first, the write is the call that is given the row."""
    models = _python_models(project)
    found: set[RowWrite] = set()
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        for call in module.calls:
            if call.name and (write := _write(project, module, call, models)):
                found.add(write)
    return tuple(sorted(found))


def _python_models(project: Project) -> dict[str, str]:
    """The classes whose objects are rows, with their tables."""
    modules = project.hinted(orm.PYTHON_HINT, "python")
    return {k.name: t.name for m in modules for k in m.classes if (t := orm.model(project, m, k))}


def _write(project: Project, module: Module, call: Call, models: dict[str, str]) -> RowWrite | None:
    touched = python_stores.touch(module, call) if module.kind == "python" else _script(project, module, call)
    made = python_stores.original(module, call.last) if module.kind == "python" else ""
    if touched is None and made in models:
        touched = Touch(models[made], "insert")
    if touched is None and call.last in _RUNS_SQL and call.args:
        touched = _procedure(module, call)
    if touched is None or touched.verb not in ("insert", "update"):
        return None
    at = module.file.locate(_given_rows(call.node))
    return RowWrite(at, touched.table, touched.verb, _statement(call, touched))


def _script(project: Project, module: Module, call: Call) -> Touch | None:
    """What a call does to a store; making a row of a model, too, with `new` and without."""
    if touched := script_stores.touch(project, module, call):
        return touched
    if len(call.args) != 1 or not _MODEL_NAME.match(call.name.removeprefix("new ")):
        return None
    store = store_of(project, module, call.node)
    return Touch(store.table, "insert") if store is not None and store.kind == "instance" and store.fresh else None


def _procedure(module: Module, call: Call) -> Touch | None:
    """`CALL book_ticket(?, ?)`: its name says what it writes."""
    said = text_of(call.args[0])
    if call.args[0].type == "identifier":
        given = [a for a in module.assigned.get(said, ()) if a.node.start_byte < call.node.start_byte]
        said = text_of(given[-1].value) if given else ""
    called = _CALLED.match(said)
    return Touch(called["name"], "insert", said[:2000]) if called else None


def _statement(call: Call, touched: Touch) -> str:
    if touched.said:
        return touched.said
    first = text_of(call.args[0])[:4000] if call.args else ""
    return first if re.match(r"(?i)[\s'\"`(a-z]*\b(?:insert|update|replace|call)\s", first) else ""


def _given_rows(node: Node) -> Node:
    """The later call of a chain that is given the row, if there is one."""
    for above in _chain(node):
        callee = above.child_by_field_name("function")
        name = callee.child_by_field_name("property") or callee.child_by_field_name("attribute") if callee else None
        if text_of(name) in _GIVES_ROWS:
            return above
    return node


def _chain(node: Node) -> Iterator[Node]:
    """The calls that are made on what a call gives."""
    for _ in range(4):
        member = node.parent
        if member is None or member.type not in ("member_expression", "attribute") or member.parent is None:
            return
        node = member.parent
        if node.type not in ("call", "call_expression"):
            return
        yield node
