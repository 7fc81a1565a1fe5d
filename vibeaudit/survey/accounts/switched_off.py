"""Sign-ins that let in whoever was switched off: the table of people has a column for it, which nobody ever asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey import orm, sign_ins
from vibeaudit.survey.accounts.asking import knows_caller, signs_in
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SWITCH = re.compile(
    r"(?:is_?)?(?:active|enabled|disabled|blocked|banned|suspended|deactivated|locked)|account_?status", re.IGNORECASE
)
_PASSWORD = re.compile(r"(?i)(?:hashed_?)?passw(?:or)?d(?:_?hash)?|pwd|pass_?hash")
# libraries that ask by themselves
_ASKS_ITSELF = re.compile(
    r"UserMixin|Abstract(?:Base)?User|SQLAlchemyBaseUser|PermissionsMixin|OdmanticBaseUser|BeanieBaseUser"
)
_HINT = re.compile(
    rb"(?i)\b(?:active|enabled|disabled|blocked|banned|suspended|deactivated|locked|account_?status)\b|is_?active"
)
_COMPARE = re.compile(r"(?i)check|verify|compare|matches")


def lets_in_switched_off(project: Project, module: Module) -> Iterator[Node]:
    """Where the sign-in compares the password, when neither it nor anything else asks for the switch."""
    switch = _switch(project)
    if module.kind != "python" or not switch or _asked(project, switch):
        return
    for function in module.functions:
        text = bare_text(project, module, function.node)
        if signs_in(module, function.node, text) and not knows_caller(module, function.node, text):
            yield _compared(module, function)
            return


def _compared(module: Module, function: Function) -> Node:
    for call in module.calls_in(function.body):
        if _COMPARE.search(call.last) and sign_ins.compares(f"user {text_of(call.node)}"):
            return call.node
    return function.node


def _switch(project: Project) -> str:
    """The column by which people are switched off; empty without one, or where a library asks for it."""
    if "switch" not in project.memory:
        project.memory["switch"] = next(_switches(project), "")
    return str(project.memory["switch"])


def _switches(project: Project) -> Iterator[str]:
    for module in project.hinted(orm.PYTHON_HINT, "python"):
        for klass in module.classes:
            table = orm.model(module, klass) if not is_test(module.path) else None
            if table is None or any(_ASKS_ITSELF.search(b) for b in klass.bases):
                continue
            if any(_PASSWORD.fullmatch(c) for c in table.columns):
                yield from (c for c in table.columns if _SWITCH.fullmatch(c))


def _asked(project: Project, switch: str) -> bool:
    """Whether some condition or query of the app asks for the column. Where it is set, it is asked for that alone."""
    name = re.escape(switch)
    asks = re.compile(
        rf"(?:filter|filter_by|where|get|first|and_|select)\b[^\n]{{0,200}}\b{name}\b\s*(?:==|=|\.is_|!=|,|\))"
        rf"|\bwhere\b[^;]{{0,300}}\b{name}\b|\bnot\s+[\w.]+\.{name}\b|\b(?:and|or)\s+(?:not\s+)?[\w.]+\.{name}\b"
        rf"|return\s+[\w.]+\.{name}\b|\.{name}\s*(?:==|!=|is\b)",
        re.IGNORECASE | re.DOTALL,
    )
    for module in project.hinted(re.compile(rb"\b" + switch.encode() + rb"\b"), "python"):
        if is_test(module.path):
            continue
        for function in module.functions:
            text = text_of(function.body)
            if switch not in text or any(
                t.endswith(f".{switch}") for a in module.assigns_in(function.body) for t in a.targets
            ):
                continue
            said = " ".join(text_of(b.condition) for b in module.branches_in(function.body))
            if re.search(rf"\b{name}\b", said) or asks.search(text):
                return True
    return False
