"""Schemas of FastAPI whose every field becomes a column of the row that a caller changes, rights among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.schemas import declared
from vibeaudit.survey.code import Function, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\bBaseModel\b|\bSQLModel\b")
_RIGHTS = re.compile(
    r"is_?(?:admin|staff|superuser|verified|approved|moderator)|roles?|user_type|account_type|permissions?|balance|credits?"
)
_READS_OUT = re.compile(r"(?i)(?:out|read|response|public|db|in_?db)$")
_FEW = re.compile(r"(?i)admin|staff|superuser|manager|moderator|owner_only|\brole|permission|for_?bid")
_CHANGES = re.compile(r"\.(?:put|patch|post)\b")


def open_schemas(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The first field about rights or money of each schema that a handler writes out into a row, name by name."""
    for klass in module.classes if module.kind == "python" else ():
        if _READS_OUT.search(klass.name):
            continue
        fields = {text_of(f.child_by_field_name("left")): f for f in declared(klass)}
        named = next((n for n in fields if _RIGHTS.fullmatch(n)), None)
        if named is not None and _written_out(project, klass):
            yield "fills every column", fields[named], named


def _written_out(project: Project, klass: Klass) -> bool:
    hint = re.compile(rb"\b" + klass.name.encode() + rb"\b")
    for module in project.hinted(hint, "python"):
        for function in module.functions:
            if not any(_CHANGES.search(text_of(d)) for d in function.decorators) or _for_few(module, function):
                continue
            taken = [p.name for p in function.params if re.search(rf"\b{klass.name}\b", p.type)]
            if any(_sets_each(module, function, name) for name in taken):
                return True
    return False


def _for_few(module: Module, function: Function) -> bool:
    """Whether the handler, its path or what it depends on speaks of a role."""
    return bool(_FEW.search(text_of(function.node)) or any(_FEW.search(text_of(d)) for d in function.decorators))


def _sets_each(module: Module, function: Function, name: str) -> bool:
    """`for key, value in payload.model_dump().items(): setattr(row, key, value)`, also through a name."""
    text = module.code_in(function.body)
    if "setattr(" not in text or re.search(r"\bexclude\s*=|\bpop\(|\bnot in\b|\ballowed", text):
        return False
    dump = rf"\b{re.escape(name)}\.(?:model_dump|dict)\([^()]*\)"
    held = re.search(rf"\b(?P<held>\w+)(?:\s*:[^=\n]+)?\s*=\s*{dump}", text)
    each = dump if held is None else rf"(?:{dump}|\b{held['held']})"
    return re.search(rf"\bfor\s+\w+\s*,\s*\w+\s+in\s+{each}\.items\(\)", text) is not None
