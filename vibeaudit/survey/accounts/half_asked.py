"""The old password is asked for only of whoever sends one: without it the new one is taken all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.code import Branch, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)\b(?:old|current|existing)_?passw")
_SENT = re.compile(
    r"\(*\s*(?P<holder>[\w.]+?)?(?:\.get\(\s*|[.\[])?['\"]?(?P<old>(?:old|current|existing)_?passw\w*)['\"]?[\])]*\s*\)*",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"(?i)compare\w*\(|verify\w*\(|check_?\w*passw\w*\(|matches?\w*\(|\.password\b\s*!?==?")
_UPDATES = frozenset(
    "update updateOne update_one updateMany findByIdAndUpdate findOneAndUpdate find_one_and_update".split()
)


def half_asked(project: Project, module: Module) -> Iterator[Node]:
    """The conditions under which alone the old password is compared, before a new one is written either way."""
    for branch in module.branches:
        said = _SENT.fullmatch(text_of(branch.condition).strip())
        scene = home(module, branch.node) if said is not None and not branch.otherwise else None
        if said is None or scene is None or not _COMPARES.search(bare_text(project, module, branch.then)):
            continue
        if not _writes_after(project, module, scene, branch, said["holder"] or ""):
            continue
        if not re.search(rf"\b{re.escape(said['old'])}\b", _refusals(project, module, scene, branch)):
            yield branch.node


def _writes_after(project: Project, module: Module, scene: Node, branch: Branch, holder: str) -> bool:
    """Whether the function writes a password after the branch; or, with all that the caller sent, one that may be
    among it."""
    end = branch.node.end_byte
    if any(end <= w.node.start_byte < scene.end_byte and w.how == "update" for w in writes(project, module)):
        return True
    whole = re.compile(rf"(?:\$set\s*:\s*|\bdata\s*:\s*|\.\.\.|,\s*){re.escape(holder)}\s*[,}})]") if holder else None
    return whole is not None and any(
        call.node.start_byte >= end and call.last in _UPDATES and whole.search(text_of(call.node))
        for call in module.calls_in(scene)
    )


def _refusals(project: Project, module: Module, scene: Node, branch: Branch) -> str:
    """The conditions of the function's other branches, which may turn away whoever sends no old password."""
    others = (b for b in module.branches_in(scene) if b.node.start_byte != branch.node.start_byte)
    inside = (branch.node.start_byte, branch.node.end_byte)
    return " ".join(
        bare_text(project, module, b.condition) for b in others if not inside[0] <= b.node.start_byte < inside[1]
    )
