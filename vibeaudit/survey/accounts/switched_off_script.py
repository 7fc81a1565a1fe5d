"""The same in JavaScript: a model of people has a state such as "blocked", which no code of the server asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Table
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript, sign_ins
from vibeaudit.survey.accounts.asking import knows_caller, signs_in
from vibeaudit.survey.accounts.passwords import names_hash, names_password
from vibeaudit.survey.accounts.scenes import bare, bare_text
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SWITCH = re.compile(
    r"(?:is_?)?(?:active|enabled|disabled|blocked|banned|suspended|deactivated|locked)|account_?status", re.IGNORECASE
)
_STATES = re.compile(
    r"(?i)['\"](?:inactive|blocked|banned|suspended|disabled|deactivated)['\"]|\b(?:BLOCKED|BANNED|SUSPENDED|INACTIVE)\b"
)
_SIGN_IN = re.compile(rb"(?i)passw|\bpwd\b")
_PAGE = re.compile(r"\.(?:jsx|tsx|vue|svelte)$|(?:^|/)(?:frontend|client|public|components?)/")
_COMPARE = re.compile(r"(?i)compare|verify|checkpw|check_?password|is_?valid_?password|match_?password")


def lets_in_switched_off_script(project: Project, tables: tuple[Table, ...]) -> tuple[Module, Node] | None:
    """Where a sign-in of the server's compares the password, when nothing asks for the column."""
    switches = {c for t in tables for c in _switches(project, t)}
    if not switches or any(_asked(project, s) for s in switches):
        return None
    for module in project.hinted(_SIGN_IN, *javascript.LANGUAGES):
        if is_test(module.path) or _PAGE.search(module.path):
            continue
        for function in module.functions:
            text = bare_text(project, module, function.node)
            if not knows_caller(module, function.node, text) and signs_in(module, function.node, text):
                return module, _compared(module, function)
    return None


def _switches(project: Project, table: Table) -> Iterator[str]:
    """The columns that say whether somebody may come in: by their names, or `status` with such states."""
    if not any(names_password(c) or names_hash(c) for c in table.columns):
        return
    file = project.snapshot.file(table.location.path)
    for column in table.columns:
        if _SWITCH.fullmatch(column):
            yield column
        elif column == "status" and file is not None:
            declared = re.search(r"\bstatus['\"]?\s*:\s*\{[^}]{0,200}\}", file.text)
            if declared is not None and _STATES.search(declared[0]):
                yield column


def _asked(project: Project, switch: str) -> bool:
    """Whether some condition, comparison or query of the server names the column."""
    name = re.escape(switch)
    asks = re.compile(
        rf"[\w\])?]\??\.{name}\b\s*(?:[!=]==?|\?|&&|\|\||\))|![\w.?]+\.{name}\b|\b{name}\s*[!=]==?|!{name}\b"
        rf"|(?:find\w*|where|filter|match|count\w*|exists)\([^;()]{{0,200}}\b{name}['\"]?\s*:|\bwhere\b[^;]{{0,200}}\b{name}\b\s*="
    )
    hint = re.compile(rb"\b" + switch.encode() + rb"\b")
    return any(
        asks.search(bare(project, m).decode("utf-8", "replace"))
        for m in project.hinted(hint, *javascript.LANGUAGES)
        if not is_test(m.path) and not _PAGE.search(m.path)
    )


def _compared(module: Module, function: Function) -> Node:
    for call in module.calls_in(function.body):
        if _COMPARE.search(call.last) or sign_ins.compares(f"user {text_of(call.node)[:200]}"):
            return call.node
    return function.node
