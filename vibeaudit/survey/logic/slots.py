"""Bookings that are looked for first and made afterwards: two requests that look at once both find the place free."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.javascript.accesses import whole_chain
from vibeaudit.survey.logic.limits import around
from vibeaudit.survey.logic.races import LOCKED
from vibeaudit.survey.touches import touch
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)booking|appointment|reservation|\bslot|seat|rental")
_BOOKED = frozenset(
    "booking bookings appointment appointments reservation reservations slot slots rental rentals seat seats".split()
)
# what only one can have: an hour, a day, a seat
_PLACE = re.compile(
    r"(?i)['\"]?\b(?P<name>\w*(?:date|time|slot|start|check_?in|check_?out|hour|seat)\w*)['\"]?\s*(?:[:=,})]|__\w+\s*=)"
)
_REFUSES = re.compile(r"\b(?:return|throw|raise|abort|redirect)\b")
_IS_THERE = r"(?:\.length\b(?:\s*>\s*0)?|\s*(?:is not|!==?)\s*(?:None|null)|\s*>\s*0)"
_RULE = (
    r"@@unique|unique_together|UniqueConstraint|Unique\(|uniqueIndex|unique\s*(?:key|index)?\s*\w*\s*(?:on\s+\w+\s*)?\("
)
_DECLARE = frozenset((".prisma", ".sql", ".py", ".ts", ".js", ".mjs", ".cjs"))
_MAX_FUNCTION = 12_000


def slots(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The look at what is booked already."""
    told: list[Node] = []
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        if LOCKED.search(module.code_in(around(function))):
            continue
        found = _looked(project, module, function)
        if found is not None and not any(t.id == found.id for t in told):
            told.append(found)
            yield "counts before it adds", found, ""


def _looked(project: Project, module: Module, function: Function) -> Node | None:
    calls = module.calls_in(function.body)
    made = [(c, t.table) for c in calls if (t := touch(project, module, c)) is not None and t.verb == "insert"]
    made = [(c, table) for c, table in made if words(table) & _BOOKED]
    for call in calls if made else ():
        touched = touch(project, module, call)
        if touched is None or touched.verb != "read":
            continue
        after = [c for c, table in made if table == touched.table and c.node.start_byte > call.node.end_byte]
        asked = {m["name"] for m in _PLACE.finditer(_condition(call))}
        if after and asked and _refused(module, function, call) and not _unique(project, asked):
            return call.node
    return None


def _condition(call: Call) -> str:
    return text_of(whole_chain(call.node))[:1500]


def _refused(module: Module, function: Function, call: Call) -> bool:
    """Whether somebody is turned away when there is such a row: `if (existing) return 409`, `if (...exists()):`."""
    names = {
        t
        for a in module.assigns_in(function.body)
        if a.value.start_byte <= call.node.start_byte < a.value.end_byte
        for t in a.targets
    }
    known = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(names))) or '$^'})\b{_IS_THERE}?$")
    for branch in module.branches_in(function.body):
        at = branch.condition
        said = text_of(at).strip("() ")
        direct = at.start_byte <= call.node.start_byte < at.end_byte and not said.startswith(("!", "not "))
        named = at.start_byte > call.node.start_byte and known.match(said)
        if (direct or named) and _REFUSES.search(text_of(branch.then)[:1500]):
            return True
    return False


def _unique(project: Project, asked: set[str]) -> bool:
    """Whether the database itself refuses a second row with one of these columns."""
    named = "|".join(sorted(re.escape(re.sub(r"__\w+$", "", a)) for a in asked))
    rule = re.compile(
        rf"(?i)(?:{_RULE})[^;\n]{{0,200}}?\b(?:{named})\b|\b(?:{named})\b[^\n]{{0,80}}(?:@unique|\bunique\s*[:=]\s*true)"
        rf"|\.index\(\s*\{{[^}}]*\b(?:{named})\b[^}}]*\}}\s*,\s*\{{[^}}]*unique".encode()
    )
    told = (f for f in project.snapshot.files if f.path.suffix in _DECLARE and len(f.data) < 400_000)
    return any(rule.search(f.data) for f in told)
