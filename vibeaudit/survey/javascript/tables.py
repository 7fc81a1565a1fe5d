"""Tables that JavaScript code defines: Mongoose, Drizzle, Sequelize, TypeORM and the like, Knex and its migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Table
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Klass, Module, text_of
from vibeaudit.survey.javascript.associations import hung_on
from vibeaudit.survey.javascript.ends import Value, returns
from vibeaudit.survey.javascript.entities import given_name
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rb"pgTable|sqliteTable|mysqlTable|createTable|Schema\b|\.define\(|\.init\(|@Entity|@Table|@Prop\b|\.model\("
)
_DRIZZLE = re.compile(r"(?:^|\.)(?:pgTable|sqliteTable|mysqlTable|singlestoreTable|createTable|\w+Table)$")
_ENTITIES = {"Entity": "typeorm", "Table": "sequelize", "Schema": "mongoose", "ViewEntity": "typeorm"}
_RELATIONS = ("ManyToOne", "OneToOne", "BelongsTo", "ForeignKey")


def tables(project: Project) -> Iterator[Table]:
    """The tables of every script, by the calls and the classes that define them; those of Sequelize with the columns
    that say to which rows of others they belong."""
    found = list(_defined(project))
    hung = hung_on(project) if any(t.store == "sequelize" for t in found) else {}
    for table in found:
        more = [c for c in hung.get(table.name.lower(), ()) if c not in table.columns]
        yield replace(table, columns=(*table.columns, *more)) if more and table.store == "sequelize" else table


def _defined(project: Project) -> Iterator[Table]:
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        for call in module.calls:
            if len(call.args) > 1 and (made := _of_call(project, module, call)):
                yield made
            elif call.last == "init" and call.args and (model := _initialized(module, call)):
                yield model
        for klass in module.classes:
            if table := _of_class(module, klass):
                yield table


def _of_call(project: Project, module: Module, call: Call) -> Table | None:
    name = javascript.string_of(call.args[0])
    if not name or not re.fullmatch(r"[\w.-]+", name):
        return None
    columns: tuple[str, ...] | None = None
    store = "mongoose"
    if call.last == "model":
        columns = _of_schema(project, module, call.args[1])
    elif call.last == "define":
        columns, store = _keys(value_of(project, module, call.args[1])), "sequelize"
    elif call.last in ("createTable", "alterTable") and "chema" in call.name:
        columns, store = _built(module, call.args[1]), "knex"
    elif call.last == "createTable" and "queryInterface" in call.name:
        columns, store = _keys(value_of(project, module, call.args[1])), "sequelize"
    elif _DRIZZLE.search(call.name):
        columns, store = _keys(value_of(project, module, call.args[1])), "drizzle"
    return Table(store, name, columns, module.file.locate(call.node)) if columns else None


def _of_schema(project: Project, module: Module, node: Node) -> tuple[str, ...] | None:
    """The fields of `new Schema({...})`, wherever it stands."""
    found = value_of(project, module, node)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is None or not call.last.endswith("Schema") or not call.args:
        return None
    return _keys(value_of(project, found.module, call.args[0]))


def _keys(found: Value) -> tuple[str, ...] | None:
    """The keys of an object, or of the one that a function gives."""
    node: Node | None = found.node
    if found.function is not None and node is not None:
        given = next(returns(found.module, node), None)
        node = javascript.unwrap(given) if given is not None else None
    if node is None or node.type != "object":
        return None
    keys = (c.child_by_field_name("key") or c for c in node.named_children if c.type in ("pair", "method_definition"))
    return tuple(text_of(k).strip("'\"") for k in keys)


def _built(module: Module, builder: Node) -> tuple[str, ...]:
    """The columns of `(t) => { t.string('email'); }`."""
    function = module.function_at(builder)
    holder = function.params[0].name if function is not None and function.params else ""
    named = (
        javascript.string_of(c.args[0])
        for c in module.calls_in(builder)
        if holder and c.args and c.name.startswith(f"{holder}.") and c.name.count(".") == 1
    )
    return tuple(dict.fromkeys(n for n in named if n))


def _initialized(module: Module, call: Call) -> Table | None:
    """`User.init({ email: ... }, { sequelize })`, where User is a class of Sequelize."""
    holder = call.name.removesuffix(".init")
    own = module.classes[:1] if holder in ("super", "this") else []
    klass = module.by_class.get(holder) or next(iter(own), None)
    columns = _keys(Value(module, call.args[0])) if klass and "Model" in " ".join(klass.bases) else None
    return Table("sequelize", klass.name, columns, module.file.locate(call.node)) if klass and columns else None


def _of_class(module: Module, klass: Klass) -> Table | None:
    """A class with `@Entity()`, `@Table` or `@Schema()` above it."""
    kinds = ((_ENTITIES.get(m[0]), d) for d in klass.decorators if (m := re.match(r"\w+", text_of(d))))
    store, decorator = next(((s, d) for s, d in kinds if s), ("", None))
    body = klass.node.child_by_field_name("body")
    if decorator is None or body is None:
        return None
    columns: list[str] = []
    for child in body.named_children:
        if child.type in javascript.FIELDS and (said := [text_of(d) for d in javascript.decorators(child)]):
            name = javascript.field_name(child)
            columns.append(name)
            if any(s.startswith(_RELATIONS) for s in said):
                columns.append(f"{name}Id")
    given = given_name(module, decorator)
    at = module.file.locate(klass.node)
    return Table(store or "", given or klass.name, tuple(columns), at) if columns else None
