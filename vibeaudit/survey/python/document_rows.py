"""Documents of MongoDB that Python reads whole, and the fields that the app's own inserts put into them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.python.stores import touch

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_READS = frozenset(("find", "find_one", "find_one_and_update"))
_INSERTS = re.compile(rb"\.insert_(?:one|many)\(")
_KEY = re.compile(r"['\"](\w+)['\"]\s*:")


def collection_read(module: Module, call: Call) -> str:
    """The collection whose documents a call reads with all their fields."""
    if module.kind != "python" or call.last not in _READS or "projection" in call.keywords:
        return ""
    if len(call.args) > (2 if call.last == "find_one_and_update" else 1):
        return ""
    touched = touch(module, call)
    return touched.table if touched is not None and not touched.table[:1].isupper() else ""


def fields_of(project: Project, collection: str) -> list[str]:
    """The fields of a collection, as the app's inserts name them."""
    if "fields of collections" not in project.memory:
        project.memory["fields of collections"] = _read_inserts(project)
    known: dict[str, list[str]] = project.memory["fields of collections"]  # type: ignore[assignment]
    return known.get(collection, [])


def _read_inserts(project: Project) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module in project.hinted(_INSERTS, "python"):
        for call in module.calls:
            touched = touch(module, call) if call.last in ("insert_one", "insert_many") and call.args else None
            if touched is not None:
                found.setdefault(touched.table, []).extend(_fields(module, call))
    return found


def _fields(module: Module, call: Call) -> list[str]:
    """The keys of the document: written in the call, or in what its name was given before, one by one too."""
    said = text_of(call.args[0])
    keys = _KEY.findall(said[:4000])
    if not said.isidentifier():
        return keys
    for assign in module.assigns:
        if assign.node.start_byte > call.node.start_byte:
            continue
        if said in assign.targets:
            keys += _KEY.findall(text_of(assign.value)[:4000])
        keys += re.findall(rf"^{said}\[['\"](\w+)['\"]\]\s*=", text_of(assign.node)[:200])
    return keys
