"""Sign-ins by password that Auth.js (NextAuth) takes for the app: its route answers without any limit of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import sign_ins
from vibeaudit.survey.accounts.passwords import ABROAD
from vibeaudit.survey.accounts.scenes import bare, bare_text, reached
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\bauthorize\b[\s\S]*\bcredentials\b|\bcredentials\b[\s\S]*\bauthorize\b", re.IGNORECASE)
_OF_LIBRARY = re.compile(rb"""['"](?:next-auth|@auth/\w+)(?:/[\w/-]+)?['"]""")
_PROVIDER = re.compile(r"(?i)\bcredentials?(?:provider)?\(")
_LIMITS = re.compile(
    r"(?i)rate_?-?limit|limiter|\blimit\(|throttl|attempts?\b|too many|lock_?out|locked|\b429\b|brute|captcha|turnstile"
    r"|ip_?block|slow_?down|cool_?down"
)
_GATE = re.compile(r"(?:^|/)(?:middleware|proxy)\.[cm]?[jt]s$")
_PASSWORD = re.compile(rf"(?i)passw|\bpwd\b|{ABROAD}")


def unlimited_credentials(project: Project, module: Module) -> Iterator[Node]:
    """The `authorize` of each credentials provider that checks a password, where nothing counts the tries."""
    if not _OF_LIBRARY.search(module.file.data) or project.once("gate limits", lambda: _gate_limits(project)):
        return
    for function in module.functions:
        if _named(function) != "authorize" or not _of_provider(function):
            continue
        said = [bare_text(project, m, n) for m, n in reached(project, module, function.node)]
        if _judges(said) and not any(_LIMITS.search(text) for text in said):
            yield function.node


def _named(function: Function) -> str:
    up = function.node.parent
    return text_of(up.child_by_field_name("key")) if up is not None and up.type == "pair" else function.name


def _of_provider(function: Function) -> bool:
    up: Node | None = function.node
    for _ in range(6):
        up = up.parent if up is not None else None
        if up is not None and up.type == "call_expression":
            return _PROVIDER.match(text_of(up)[:60]) is not None
    return False


def _judges(said: list[str]) -> bool:
    return any(sign_ins.compares(text) for text in said) or _PASSWORD.search(said[0]) is not None


def _gate_limits(project: Project) -> bool:
    """Whether what Next.js runs before each route limits callers."""
    for file in project.snapshot.files:
        if _GATE.search(str(file.path)):
            module = project.module(str(file.path))
            if module is not None and _LIMITS.search(bare(project, module).decode("utf-8", "replace")):
                return True
    return False
