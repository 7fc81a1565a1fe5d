"""Places that are counted and then taken, while another request counts as well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LIMIT = r"[\w.\['\"]*\b(?:max_?\w*|\w*capacity|places|seats|slots|spots|limit|quota|total_?(?:seats|places|slots))\b"
_COUNT = r"(?:\.count\([^()]*\)|\.countDocuments\([^()]*\)|\blen\([^()]*\))"
_FULL = re.compile(
    rf"{_COUNT}\s*>=?\s*(?:int\()?{_LIMIT}|{_LIMIT}['\"\])]*\s*<=?\s*[\w.(]*{_COUNT}", re.IGNORECASE | re.DOTALL
)
_COUNTED = re.compile(rf"{_COUNT}\s*(?:\|\|\s*0)?\s*;?$", re.DOTALL)
_TAKES = re.compile(
    r"\.objects\.(?:create|acreate)\(|\b(?:session|db)\.add\(|\.create\(\s*\{|\.insert(?:One)?\(\s*\{|\.save\(\)"
)


def overbooked(module: Module, function: Function) -> tuple[Node, str] | None:
    """`if Booking.objects.filter(course=course).count() >= course.places`, and then `Booking.objects.create(...)`."""
    counted = {
        a.targets[0]
        for a in module.assigns_in(function.body)
        if len(a.targets) == 1 and _COUNTED.search(text_of(a.value)) and a.targets[0].isidentifier()
    }
    by_name = (
        re.compile(
            rf"\b(?:{'|'.join(sorted(counted))})\s*>=?\s*{_LIMIT}|{_LIMIT}\s*<=?\s*(?:{'|'.join(sorted(counted))})\b",
            re.I,
        )
        if counted
        else None
    )
    for branch in module.branches_in(function.body):
        said = text_of(branch.condition)[:400]
        if not (_FULL.search(said) or (by_name is not None and by_name.search(said))):
            continue
        after = module.code_in(function.body)[branch.condition.end_byte - function.body.start_byte :]
        if _TAKES.search(after):
            return branch.condition, "the last place"
    return None
