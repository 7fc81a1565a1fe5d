"""What the table of a class of rows is called: `@Entity('users') class UserEntity`, `@Entity({ name: 'users' })`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Klass, Module, text_of
from vibeaudit.survey.javascript.ends import Value
from vibeaudit.survey.javascript.values import imported

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_DECORATOR = re.compile(r"@?(?:Entity|ViewEntity|Table)\b")


def given_name(module: Module, decorator: Node) -> str:
    """The name that the decorator itself gives the table; empty when it leaves that to the class."""
    call = module.call_at(decorator)
    first = call.args[0] if call is not None and call.args else None
    if first is not None and first.type == "object":
        named = javascript.property_of(first, "name") or javascript.property_of(first, "tableName")
        return javascript.string_of(named) if named is not None else ""
    return javascript.string_of(first) if first is not None else ""


def table_of_class(project: Project, module: Module, name: str) -> str:
    """What the rows of a class are called: by its table, where that is called differently from the class."""
    klass = module.by_class.get(name)
    home = module
    if klass is None and name in module.imports:
        found = imported(project, module, module.imports[name])
        home = found.module if found is not None else module
        klass = _class_at(found) if found is not None else None
    marks = (d for d in klass.decorators if _DECORATOR.match(text_of(d))) if klass is not None else iter(())
    given = next((g for d in marks if (g := given_name(home, d))), "")
    return given if given and _plain(given) != _plain(name) else name


def _class_at(found: Value) -> Klass | None:
    return next((k for k in found.module.classes if found.node is not None and k.node.id == found.node.id), None)


def _plain(name: str) -> str:
    low = name.replace("_", "").lower()
    return low.removesuffix("ies") + "y" if low.endswith("ies") else low.removesuffix("s")
