"""Rows whose owner is asked for in one role only: whoever has another role may change anybody's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Branch, Call, Function, Module, text_of
from vibeaudit.survey.touches import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)role\b\??\s*={2,3}\s*")
_WORD = r"(?:(?:\w+\.)*\w*Role\w*\.(?P<{0}>\w+)|['\"](?P<{1}>\w+)['\"])"
_ROLE = rf"[\w.?]*\b(?:user_?)?role\s*===?\s*{_WORD.format('member', 'literal')}"
_OTHERS = r"[\w.?!]+(?:\(\))?\s*!==?\s*[\w.?!]+(?:\(\))?"
_ONE_ROLE = re.compile(rf"(?i)\(?\s*{_ROLE}\s*(?:&&|\band\b)\s*\(?(?P<owner>{_OTHERS})\)?\s*\)?")
_OWNER_ID = re.compile(r"(?i)\.\w*(?:id|owner|author|by|user|patient|customer|client|student)\b")
_REFUSES = re.compile(r"\b(?:return|throw|raise|abort|redirect)\b")
_SAID = re.compile(
    r"(?i)\brole\??\s*[!=]==?\s*(?:\w*Role\w*\.(\w+)|['\"](\w+)['\"])|\brole['\"]?\s*:\s*(?:\w+\.)*enum\(\s*\[([^\]]*)\]"
    r"|\benum\s+\w*role\w*\s*\{([^{}]*)\}"
)
_STAFF = re.compile(r"(?i)admin|super|root|owner|manager|moderator|system|staff|support|operator")
_MAX_FUNCTION = 12_000


def one_role(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The condition that asks whose a row is of callers in one role."""
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        for branch in module.branches_in(function.body):
            found = _ONE_ROLE.fullmatch(text_of(branch.condition)[:300])
            if found is None or not _OWNER_ID.search(found["owner"]) or not _REFUSES.search(text_of(branch.then)):
                continue
            role = (found["member"] or found["literal"]).lower()
            if (
                not _STAFF.search(role)
                and _has_peers(project, role)
                and _changed_by_all(project, module, function, branch)
            ):
                yield "asks one role whose row it is", branch.condition, role
                break


def _has_peers(project: Project, role: str) -> bool:
    """Whether the app has a further role that is not one of those who run it."""
    if "roles said" not in project.memory:
        said: set[str] = set()
        for file in project.snapshot.files:
            if file.path.suffix in (".prisma", ".py", ".ts", ".tsx", ".js", ".jsx") and len(file.data) < 400_000:
                said |= {
                    w.lower() for m in _SAID.finditer(file.text) for g in m.groups() if g for w in re.findall(r"\w+", g)
                }
        project.memory["roles said"] = said
    others: set[str] = project.memory["roles said"] - {role}  # type: ignore[operator]
    return any(not _STAFF.search(o) for o in others)


def _changed_by_all(project: Project, module: Module, function: Function, branch: Branch) -> bool:
    """Whether a row is changed below, and nothing else around asks for a role or an owner of the others."""
    block = branch.node.parent
    beside = (
        b
        for b in module.branches_in(function.body)
        if b.node.id != branch.node.id
        and (
            b.node.parent is None
            or block is None
            or b.node.parent.start_byte <= branch.node.start_byte < b.node.parent.end_byte
        )
    )
    for other in beside:
        said = text_of(other.condition)[:300]
        inside = other.node.start_byte <= branch.node.start_byte < other.node.end_byte
        if inside or not _REFUSES.search(text_of(other.then)[:600]):
            continue
        if re.search(r"(?i)\brole\b", said) and not re.search(r"[<>]", said):
            return False
        if re.search(r"!==?\s*[\w.?]*(?:user|session|auth|me|token|payload)\w*[.?]", said) and _OWNER_ID.search(said):
            return False
    later = (c for c in module.calls_in(function.body) if c.node.start_byte > branch.node.end_byte)
    return any(_changes(project, module, c) for c in later)


def _changes(project: Project, module: Module, call: Call) -> bool:
    touched = touch(project, module, call)
    return touched is not None and touched.verb in ("update", "delete")
