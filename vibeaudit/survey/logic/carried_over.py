"""A new value reckoned from what was read before, and written in a statement that does not look again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_MATTER = re.compile(r"(?i)view|hit|click|visit|read|like|share|download|version|page|attempt|tries|position|order$")
_MORE_OR_LESS = re.compile(r"[-+]")


def carried_over(module: Module, function: Function) -> tuple[Node, str] | None:
    """`before = Loan.objects.get(...).total`, then `.update(total=before + amount)` of Django or Peewee."""
    if module.kind != "python":
        return None
    read: dict[str, tuple[int, str]] = {}
    for assign in module.assigns_in(function.body):
        fetched = re.search(r"\)\s*\.(\w+)$", text_of(assign.value)[-200:])
        if fetched and len(assign.targets) == 1 and assign.targets[0].isidentifier():
            read[assign.targets[0]] = (assign.node.start_byte, fetched[1])
    for call in module.calls_in(function.body) if read else ():
        if call.last != "update":
            continue
        for column, value in call.keywords.items():
            said = text_of(value)[:300]
            known = [read[n] for n in re.findall(r"[A-Za-z_]\w*", said) if n in read]
            rests = any(at < call.node.start_byte and name == column for at, name in known)
            if rests and _MORE_OR_LESS.search(said) and not _NO_MATTER.search(column):
                return call.node, column
    return None
