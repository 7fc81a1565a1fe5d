"""What Sequelize is told about which rows belong to which: `Order.belongsTo(User)` gives orders a `UserId`."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.code import Call
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\.(?:belongsTo|hasMany|hasOne)\(")
_NAMED = re.compile(r"(?:\w+\.)*(?P<name>[A-Z]\w*)$")


def hung_on(project: Project) -> dict[str, list[str]]:
    """The foreign keys of each model, by its name in small letters."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        for call in module.calls:
            if call.last in ("belongsTo", "hasMany", "hasOne") and call.args:
                holder, other = _NAMED.fullmatch(call.name.rpartition(".")[0]), _NAMED.fullmatch(text_of(call.args[0]))
                if holder and other:
                    child, parent = (holder, other) if call.last == "belongsTo" else (other, holder)
                    found[child["name"].lower()].append(_key(call, parent["name"]))
    return found


def _key(call: Call, parent: str) -> str:
    options: Node | None = call.args[1] if len(call.args) > 1 and call.args[1].type == "object" else None
    given = javascript.property_of(options, "foreignKey") if options is not None else None
    if given is not None and given.type == "object":
        given = javascript.property_of(given, "name")
    if given is not None and (name := javascript.string_of(given)):
        return name
    alias = javascript.property_of(options, "as") if options is not None and call.last == "belongsTo" else None
    return f"{(javascript.string_of(alias) if alias is not None else '') or parent}Id"
