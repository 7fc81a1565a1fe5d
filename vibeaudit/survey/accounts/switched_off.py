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
from vibeaudit.survey.words import words

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
_SIGN_IN = re.compile(rb"(?i)passw|\bpwd\b")
_PASSWORDS = re.compile(r"(?i)\b\w*(?:passw\w*|pwd)\b(?!\w*\()")
_COMPARE = re.compile(r"(?i)check|verify|compare|matches")


def lets_in_switched_off(project: Project) -> tuple[Module, Node] | None:
    """Where the app's sign-in compares the password, when neither it nor anything else asks for the switch."""
    switch = _switch(project)
    if not switch or _asked(project, switch):
        return None
    found = [
        (not _named_so(f), m.path, f.node.start_byte, m, f)
        for m in project.hinted(_SIGN_IN, "python")
        for f in m.functions
        if not is_test(m.path) and _is_sign_in(project, m, f)
    ]
    if not found:
        return None
    module, function = min(found, key=lambda c: c[:3])[3:]
    return module, _compared(module, function)


def _named_so(function: Function) -> bool:
    said = f"{function.owner} {function.name} {' '.join(text_of(d) for d in function.decorators)}"
    return bool({"login", "signin"} & words(said) or {"log", "in"} <= words(said) or {"sign", "in"} <= words(said))


def _is_sign_in(project: Project, module: Module, function: Function) -> bool:
    text = bare_text(project, module, function.node)
    if knows_caller(module, function.node, text):
        return False
    return signs_in(module, function.node, text) or (
        _named_so(function) and _compared(module, function) is not function.node
    )


def _compared(module: Module, function: Function) -> Node:
    """The call that holds the typed password against the stored one; the function, where none can be told."""
    for call in module.calls_in(function.body):
        said = text_of(call.node)
        if _COMPARE.search(call.last) and (sign_ins.compares(f"user {said}") or len(_PASSWORDS.findall(said)) > 1):
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
            table = orm.model(project, module, klass) if not is_test(module.path) else None
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
