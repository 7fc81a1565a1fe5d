"""Doors that are kept by asking callers which role they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.guards.told_roles import told_role

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)\brole|is_?admin|is_?staff|['\"]admin['\"]")
_REFUSES = re.compile(
    r"(?i)\b40[13]\b|forbidden|unauthori[sz]ed|denied|not allowed|redirect\(|\babort\(|PermissionDenied|\bFORBIDDEN\b"
)


def role_words(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The condition."""
    for branch in module.branches:
        if told_role(module, branch.condition) and _REFUSES.search(text_of(branch.then)[:600]):
            yield "believes a role that callers name", branch.condition, ""
