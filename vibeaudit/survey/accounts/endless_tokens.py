"""Helpers that sign the claims they are handed, when neither they nor who calls them sets an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SIGNS = re.compile(r"(?:^|\.)jwt\.encode$")
_END = re.compile(r"['\"]exp['\"]|\bexp\s*=|\.update\(\s*(?!\{)|\*\*(?!\w+\s*[,}])")


def endless_tokens(project: Project, module: Module) -> Iterator[Node]:
    """Each call that signs a parameter, or a copy of one, as it came."""
    for call in module.calls:
        if not _SIGNS.search(call.name) or not call.args or call.args[0].type != "identifier":
            continue
        scene = home(module, call.node)
        function = function_of(module, scene)
        if scene is None or function is None or _END.search(bare_text(project, module, scene)):
            continue
        if _is_handed(module, scene, function, text_of(call.args[0])) and _no_end_given(project, function.name):
            yield call.node


def _is_handed(module: Module, scene: Node, function: Function, name: str) -> bool:
    for assign in module.assigns_in(scene):
        if name in assign.targets:
            copied = re.fullmatch(r"(\w+)\.copy\(\)|dict\((\w+)\)|\{\*\*(\w+)\}", text_of(assign.value))
            name = next((g for g in copied.groups() if g), "") if copied else ""
    return any(p.name == name for p in function.params)


def _no_end_given(project: Project, name: str) -> bool:
    """Whether somebody calls the helper, and none of those who do says when the token ends."""
    called = False
    for module in project.hinted(re.compile(rb"\b" + name.encode() + rb"\("), "python"):
        for call in module.calls if not is_test(module.path) else ():
            if call.last == name:
                scene = home(module, call.node)
                if scene is None or _END.search(bare_text(project, module, scene)):
                    return False
                called = True
    return called
