"""Links for a new password that are only signed: nothing ends them once they were used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(
    rb"(?i)(?:reset|forgot|recover)[\s\S]*(?:jwt|jsonwebtoken|jose)|(?:jwt|jose)[\s\S]*(?:reset|forgot|recover)"
)
_SIGNS = re.compile(r"(?i)(?:^|\.)(?:jwt\.encode|(?:jwt|jsonwebtoken)\.sign|jwt_?service\.sign(?:Async)?)$")
_NAMED = frozenset("reset forgot forgotten recover recovery".split())
_STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
# what changes with the password, or is written down so that it can be struck out
_BOUND = re.compile(r"(?i)passw|pwd|hash|last_?login|updated_?at|security_?stamp|\bjti\b|nonce|version|stamp")
_KEPT = re.compile(r"(?i)reset\w*(?:token|code|link)?\w*['\"]?\s*[:=](?!=)|(?:redis|cache)\w*\.(?:set|setex|put)\(")
_WRITES = re.compile(r"(?i)\.(?:save|commit|create|update\w*|insert\w*|set|setex|add|findByIdAndUpdate|execute)\(")
_STRUCK_OUT = re.compile(
    rb"(?i)used_?tokens?|token_?used|black_?list|block_?list|deny_?list|revoked?_?tokens?|consumed|\bjti\b|password_?changed_?at"
)


def reused_resets(project: Project, module: Module) -> Iterator[Node]:
    """Each place that signs such a link with nothing in it that a new password would change."""
    for call in module.calls:
        if not _SIGNS.search(call.name) or not call.args:
            continue
        scene = home(module, call.node)
        function = function_of(module, scene)
        if scene is None or function is None or not words(function.name) & _NAMED:
            continue
        if _is_bound(project, module, call, scene) or _is_struck_out(project):
            continue
        yield call.node


def _is_bound(project: Project, module: Module, call: Call, scene: Node) -> bool:
    text = bare_text(project, module, scene)
    signed = " ".join(text_of(a) for a in (*call.args, *call.keywords.values()))
    for named in re.findall(r"[A-Za-z_]\w*", text_of(call.args[0])) if call.args[0].type == "identifier" else ():
        signed += " ".join(text_of(a.value) for a in module.assigns_in(scene) if named in a.targets)
    signed += _made_in(project, module, call)
    if _BOUND.search(_STRING.sub("''", signed)) or re.search(
        r"['\"](?:jti|nonce|\w*hash\w*|pwd\w*|stamp|ver\w*)['\"]", signed
    ):
        return True
    return bool(_WRITES.search(text) and _KEPT.search(_STRING.sub("''", text.replace(text_of(call.node), ""))))


def _made_in(project: Project, module: Module, call: Call) -> str:
    """What the app's own functions make that are called for it: `secret: this.secretOf(user)`."""
    inner = (c for c in module.calls_in(call.node) if c.node.id != call.node.id)
    reached = (project.function_called(module, c) for c in inner)
    return "".join(f" {bare_text(project, m, f.body)[:2000]}" for m, f in filter(None, reached))


def _is_struck_out(project: Project) -> bool:
    key = ("resets are struck out",)
    if key not in project.memory:
        files = project.snapshot.of("python", *javascript.LANGUAGES)
        project.memory[key] = any(_STRUCK_OUT.search(f.data) for f in files)
    return bool(project.memory[key])
