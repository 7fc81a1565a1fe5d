"""Limits that are counted first and kept afterwards: two requests that count at once both find room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.logic.races import LOCKED
from vibeaudit.survey.touches import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.code import Call
    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)limit|max|quota|capacity|seats|slots|allowed|len\(|\.length|\bcount")
_LIMIT = r"[\w.\[\]]*(?:limit|max|quota|capacity|seats|slots|allowed|allowance)[\w.\[\]]*"
_COUNT = (
    r"(?:len\(\s*(?P<list>\w+)\s*\)|(?P<rows>\w+)(?:\??\.\w+)?\.length"
    r"|(?P<number>\w*count\w*|\w*total\w*|num_\w+|existing\w*|current\w*))"
)
_FULL = re.compile(rf"(?<![.\w]){_COUNT}\s*\)*\s*(?:>=|>|<=|<)\s*{_LIMIT}\b", re.IGNORECASE)
_ADDS = re.compile(r"(?:^|\.)(?:create|insert|insertOne|insert_one|save|add)$")
_MAX_FUNCTION = 12_000


def limits(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The look at the count."""
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        text = module.code_in(around(function))
        if _FULL.search(text) and not LOCKED.search(text) and (found := _counted(project, module, function)):
            yield "counts before it adds", found, ""


def around(function: Function) -> Node:
    """The body, or the call that a callback is handed to: `prisma.$transaction(async (tx) => ..., { ... })`."""
    arguments = function.node.parent
    handed = arguments is not None and arguments.type == "arguments"
    return (arguments.parent if handed and arguments else None) or function.body


def _counted(project: Project, module: Module, function: Function) -> Node | None:
    reads = {
        name
        for assign in module.assigns_in(function.body)
        for call in module.calls_in(assign.value)
        if (touched := touch(project, module, call)) is not None and touched.verb == "read"
        for target in assign.targets
        for name in re.findall(r"[A-Za-z_]\w*", target)
    }
    for branch in module.branches_in(function.body):
        m = _FULL.search(text_of(branch.condition)[:300])
        name = (m["list"] or m["rows"] or m["number"]) if m else ""
        if not name or name not in reads:
            continue
        after = (c for c in module.calls_in(function.body) if c.node.start_byte > branch.condition.end_byte)
        if any(_ADDS.search(c.name) and _inserts(project, module, c) for c in after):
            return branch.condition
    return None


def _inserts(project: Project, module: Module, call: Call) -> bool:
    touched = touch(project, module, call)
    return touched is not None and (touched.verb == "insert" or call.last in ("save", "add"))
