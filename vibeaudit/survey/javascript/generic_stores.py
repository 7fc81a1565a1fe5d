"""Repositories that are written once for every table: `class NotesRepository extends BaseRepository<Note>`, where
`BaseRepository<T>` holds a `Model<T>` or a `Repository<T>`, or is one of a library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of
from vibeaudit.survey.javascript.ends import CLASSES, Value
from vibeaudit.survey.javascript.members import class_of_type, member
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

REPOSITORIES = frozenset("Model Repository MongoRepository TreeRepository EntityRepository Collection".split())
_EXTENDS = re.compile(r"extends\s+(?P<base>[\w.]+)\s*<\s*(?:typeof\s+)?(?P<row>\w+)")
_MAX_DEPTH = 4


def row_of(project: Project, klass: Value, depth: int = 0) -> str:
    """`Note` of a class that is a repository of notes; empty for other classes."""
    heritage = _heritage(klass)
    if heritage is None or depth > _MAX_DEPTH:
        return ""
    said = _EXTENDS.search(text_of(heritage)[:300])
    above = _base(project, klass, heritage)
    if said is None:
        return row_of(project, above, depth + 1) if above is not None else ""
    if above is None:
        return said["row"] if said["base"] in REPOSITORIES else ""
    return said["row"] if _holds_rows(above) or row_of(project, above, depth + 1) in parameters(above) else ""


def parameters(klass: Value) -> tuple[str, ...]:
    """`T` of `class BaseRepository<T extends Document>`."""
    given = klass.node.child_by_field_name("type_parameters") if klass.node is not None else None
    names = (c.child_by_field_name("name") for c in given.named_children) if given is not None else ()
    return tuple(text_of(n) for n in names if n is not None)


def standing_for(project: Project, asked: Value, table: str) -> str:
    """The table that a `this.model` of a `Model<T>` means in the class that asks; empty in the generic class itself."""
    around = _around(asked.node)
    klass = Value(asked.module, around) if around is not None else None
    return "" if klass is None or _names(table) & set(parameters(klass)) else row_of(project, klass)


def is_parameter(holder: Value, table: str) -> bool:
    """Whether the table of a `Model<T>` is a parameter of the class that the field or the parameter stands in."""
    around = _around(holder.node)
    return around is not None and bool(_names(table) & set(parameters(Value(holder.module, around))))


def _names(table: str) -> frozenset[str]:
    """`T` of a `Model<TDocument>` is `TDocument` again."""
    return frozenset((table, f"{table}Document"))


def method_of_generic(project: Project, holder: Value, name: str) -> Value | None:
    """The method of a generic class that a name is on a repository of one table: `getOne` of `BaseRepository<T>`."""
    found = member(project, holder, name)
    around = _around(found.node) if found is not None and found.function is not None else None
    if found is None or around is None or not parameters(Value(found.module, around)):
        return None
    return found


def repository_named(project: Project, holder: Value) -> str:
    """The rows of the repository class that a field or a parameter is annotated with."""
    klass = class_of_type(project, holder)
    return row_of(project, klass) if klass is not None and klass.kind == "class" else ""


def _holds_rows(klass: Value) -> bool:
    """Whether a generic class keeps a `Model<T>` of its own parameter."""
    kinds = "|".join(sorted(REPOSITORIES))
    names = "|".join(parameters(klass))
    return bool(names) and re.search(rf":\s*(?:[\w.]+\.)?(?:{kinds})<\s*(?:{names})\b", text_of(klass.node)) is not None


def _heritage(klass: Value) -> Node | None:
    children = klass.node.named_children if klass.node is not None else ()
    return next((c for c in children if c.type == "class_heritage"), None)


def _base(project: Project, klass: Value, heritage: Node) -> Value | None:
    clause = next((c for c in heritage.named_children if c.type == "extends_clause"), heritage)
    named = clause.child_by_field_name("value") or (clause.named_children[0] if clause.named_children else None)
    found = value_of(project, klass.module, named) if named is not None else None
    return found if found is not None and found.kind == "class" else None


def _around(node: Node | None) -> Node | None:
    while node is not None and node.type not in CLASSES:
        node = node.parent
    return node
