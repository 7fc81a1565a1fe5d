"""What a JavaScript expression is to a store: a model, a repository, a client, a row that was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, text_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.entities import table_of_class
from vibeaudit.survey.javascript.generic_stores import (
    REPOSITORIES,
    is_parameter,
    repository_named,
    row_of,
    standing_for,
)
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.code import Module
    from vibeaudit.survey.project import Project

_TABLES = re.compile(r"(^|\.)\w*(?:pgTable|sqliteTable|mysqlTable|createTable|singlestoreTable)$")
_MODEL_BASES = re.compile(r"\b(?:Model|BaseEntity|Document|ActiveRecord|Objection\w*)\b")
_CLIENTS = {"PrismaClient": "prisma", "PrismaService": "prisma", "EntityManager": "client", "Knex": "knex"}
_MADE = {"PrismaClient": "prisma", "knex": "knex", "Knex": "knex", "drizzle": "client"}
_PARAMETERS = ("required_parameter", "optional_parameter")
_INJECTED = re.compile(
    r"@Inject(?:Model|Repository)\(\s*['\"]?(?P<row>[A-Za-z]*[a-z]\w*)"
)  # what Nest is told to hand over
_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Store:
    """`kind`: model (its `table` is known), instance (a row of one), client (the table comes with the call), prisma,
    knex. `fresh`: a row that is not stored yet."""

    kind: str
    table: str = ""
    fresh: bool = False


def store_of(project: Project, module: Module, node: Node) -> Store | None:
    """What an expression is to a store; None for anything else."""
    node = javascript.unwrap(node)
    key = ("store", module.path, node.start_byte, node.end_byte)
    if key not in project.memory:
        project.memory[key] = None
        project.memory[key] = _store(project, module, node, 0)
    return project.memory[key]  # type: ignore[return-value]


def table_of_function(project: Project, module: Module, node: Node) -> str:
    """The name of the Drizzle table that an expression stands for; empty when it is none."""
    found = value_of(project, module, node)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is not None and call.args and _TABLES.search(call.name):
        return javascript.string_of(call.args[0])
    return ""


def _store(project: Project, module: Module, node: Node, depth: int) -> Store | None:
    if depth > _MAX_DEPTH:
        return None
    found = value_of(project, module, node)
    if found.node is None:
        return None
    if found.node.type == "member_expression":
        return _delegate(project, found, depth)
    store = _of_value(project, found, depth)
    if store is not None and store.kind == "model" and is_parameter(found, store.table):
        return Store("model", standing_for(project, Value(module, node), store.table), store.fresh)
    return store


def _delegate(project: Project, found: Value, depth: int) -> Store | None:
    """`prisma.note`, `db.query.notes`, `models.Note`."""
    assert found.node is not None
    holder = found.node.child_by_field_name("object")
    name = text_of(found.node.child_by_field_name("property"))
    if holder is None:
        return None
    above = _store(project, found.module, holder, depth + 1) if holder.type != "this" else None
    if above is not None and above.kind in ("prisma", "client"):
        return above if name in ("query", "manager") else Store("model", name)
    return None


def _of_value(project: Project, found: Value, depth: int) -> Store | None:
    assert found.node is not None
    if found.node.type in ("binary_expression", "ternary_expression"):  # `mongoose.models.X || mongoose.model('X', s)`
        for child in reversed(found.node.named_children):
            if store := _store(project, found.module, child, depth + 1):
                return store
    if call := found.module.call_at(found.node):
        return _of_call(project, found, call, depth)
    if found.kind == "class":
        return _of_class(project, found) or _row_store(row_of(project, found))
    if found.kind in _PARAMETERS or found.kind in javascript.FIELDS:
        return _of_type(project, found, depth)
    return None


def _of_call(project: Project, found: Value, call: Call, depth: int) -> Store | None:
    first = javascript.string_of(call.args[0]) if call.args else ""
    made = call.node.type == "new_expression"  # `new this.model(row)`
    if call.last in ("model", "define", "collection") and first and not made:
        return Store("model", first)
    if (call.last in ("model", "define", "getModelForClass") or call.last.endswith("Repository")) and not made:
        named = re.match(r"[\w.]+", text_of(call.args[0]).strip("'\"`")) if call.args else None
        return Store("model", named[0].removesuffix(".name")) if named else None
    if call.last in _MADE:
        return Store(_MADE[call.last])
    callee = call.node.child_by_field_name("constructor") or call.node.child_by_field_name("function")
    if callee is None or callee.type not in ("identifier", "member_expression"):
        return None
    above = _store(project, found.module, callee, depth + 1)
    if above is not None and above.kind == "model" and (callee.type == "identifier" or made):
        return Store("instance", above.table, fresh=True)
    return above if above is not None and above.kind in ("prisma", "knex") else None


def _of_class(project: Project, found: Value) -> Store | None:
    klass = next((k for k in found.module.classes if found.node is not None and k.node.id == found.node.id), None)
    if klass is None:
        return None
    bases = " ".join(klass.bases)
    if "PrismaClient" in bases:
        return Store("prisma")
    if _MODEL_BASES.search(bases) or any(text_of(d).startswith(("Entity", "Table")) for d in klass.decorators):
        return Store("model", table_of_class(project, found.module, klass.name))
    return None


def _of_type(project: Project, found: Value, depth: int) -> Store | None:
    """`private notes: Repository<Note>`, `private prisma: PrismaService`."""
    assert found.node is not None
    annotation = found.node.child_by_field_name("type")
    said = text_of(annotation).lstrip(": ")
    if m := re.match(r"(?:\w+\.)?(\w+)<\s*(?:typeof\s+)?(\w+)", said):
        if m[2] in ("any", "unknown", "Document"):
            named = _INJECTED.search(text_of(found.node)[:400])
            return Store("model", named["row"]) if named and m[1] in REPOSITORIES else None
        row = table_of_class(project, found.module, m[2])
        return Store("model", row.removesuffix("Document") or row) if m[1] in REPOSITORIES else None
    if said in _CLIENTS:
        return Store(_CLIENTS[said])
    if named := _INJECTED.search(text_of(found.node)[:400]):  # `@InjectModel(Note) private notes: typeof Note`
        return Store("model", table_of_class(project, found.module, named["row"]))
    for child in annotation.named_children if annotation is not None else ():
        if child.type == "type_identifier":
            return _named_class(project, found, text_of(child)) or _row_store(repository_named(project, found))
    return None


def _row_store(row: str) -> Store | None:
    return Store("model", row.removesuffix("Document") or row) if row else None


def _named_class(project: Project, found: Value, name: str) -> Store | None:
    from vibeaudit.survey.javascript.values import imported

    klass = found.module.by_class.get(name)
    held = Value(found.module, klass.node) if klass else None
    if held is None and name in found.module.imports:
        held = imported(project, found.module, found.module.imports[name])
    store = _of_class(project, held) if held is not None and held.kind == "class" else None
    return store if store is not None and store.kind == "prisma" else None
