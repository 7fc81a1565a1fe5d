"""Sign-outs that end nothing: the cookie is taken from the browser, and the token in it stays good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, python
from vibeaudit.survey.accounts.scenes import bare, bare_text, reached
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.accounts.asking import Paths
    from vibeaudit.survey.project import Project

_CLEARS = re.compile(
    r"(?i)(?:^|\.)(?:clearCookie|delete_cookie|unset_jwt_cookies|unset_access_cookies|deleteCookie|removeCookie)$"
    r"|cookies?(?:\w*|\.[^.]*)\.(?:delete|remove)$"
)
_ISSUES = re.compile(
    rb"\b(?i:jwt)\.(?:sign|encode)\(|jsonwebtoken|create_access_token|\bSignJWT\b|jose|JwtService|\.jwt\.sign\(|jwtSign"
)
_SIGNS = re.compile(
    rb"\b(?i:jwt)\.(?:sign|encode)\(|create_access_token\(|new SignJWT|\.signAsync\(|[jJ]wt\w*\.sign\(|jwtSign"
)
_REVOKES = re.compile(rb"(?i)block_?list|black_?list|deny_?list|revoke|token_?version|invalidat")
_ENDS = re.compile(
    r"(?i)destroy|revoke|invalidat|black_?list|block_?list|deny|redis|\.(?:delete\w*|update\w*|save|remove|commit|del|set|insert\w*|flush)\("
    r"|(?<!def )\blog_?out(?:_user)?\(|sign_?out\(|session\.(?:clear|pop)|token_?version|req\.session"
)
_OWN_CLEAR = re.compile(r"(?i)[\w.()]*cookies?[\w.()]*\.(?:delete|remove|set)\(|\.(?:delete|set|clear)_?cookie\(")
_MINUTES = re.compile(
    rb"""(?:expiresIn\s*:\s*['"]|setExpirationTime\(\s*['"])(?P<n>\d+)\s*(?P<u>m|min|minutes|s|h|d|w|y)\b|minutes\s*=\s*(?P<py>\d+)|(?:days|weeks)\s*=\s*\d"""
)
_SHORT = 60
# a life that the operator sets
_SET_ELSEWHERE = re.compile(rb"(?:expiresIn\s*:|setExpirationTime\()\s*[A-Za-z_(]")


def hollow_endings(project: Project, module: Module, paths: Paths) -> Iterator[Node]:
    """The calls by which a sign-out only clears a cookie that holds a signed token. `paths` are the addresses of
    handlers, by file and line."""
    if not tokens_outlive(project):
        return
    for function in module.functions:
        path = paths.get((module.path, function.node.start_point[0] + 1), "")
        said = words(function.name) | words(path.rpartition("/")[2])
        if not (said & {"logout", "signout"} or {"log", "out"} <= said or {"sign", "out"} <= said):
            continue
        for call in _clearing(project, module, function, direct=not path):
            if not _ends(project, module, function):
                yield call.node
                break


def _holds_token(project: Project, module: Module, call: Call) -> bool:
    """Whether the cookie that is cleared was given a token, by what is set under its name, or else by its name."""
    if not call.args or "jwt" in call.last:
        return "jwt" in call.last
    name = (python if module.kind == "python" else javascript).string_of(call.args[0])
    if not name:
        return re.search(r"(?i)token|jwt|auth|session", text_of(call.args[0])) is not None
    setter = re.compile(
        rf"""(?i)cookies?(?:\(\))?(?:\.set)?\(\s*(?:key=)?['"]{re.escape(name)}['"]\s*,\s*(?:value=)?(?P<given>[^,)]+)"""
    )
    given = [
        m["given"]
        for other in project.hinted(re.compile(re.escape(name.encode())), "python", *javascript.LANGUAGES)
        for m in setter.finditer(other.file.text)
    ]
    told = given or [name]
    return any(re.search(r"(?i)token|jwt|auth|sign|access", g) for g in told)


def _clearing(project: Project, module: Module, function: Function, direct: bool) -> Iterator[Call]:
    """The calls that take a token's cookie away, in the function or (of a handler) in a helper that it calls."""
    for call in module.calls_in(function.body):
        if _CLEARS.search(call.name) and _holds_token(project, module, call):
            yield call
            continue
        called = None if direct or not call.name else project.function_called(module, call)
        if called is not None and any(
            _CLEARS.search(c.name) and _holds_token(project, called[0], c) for c in called[0].calls_in(called[1].body)
        ):
            yield call


def _ends(project: Project, module: Module, function: Function) -> bool:
    """Whether it, or what it calls, also makes the token worthless."""
    texts = (_OWN_CLEAR.sub(" ", bare_text(project, m, n)) for m, n in reached(project, module, function.body))
    return any(_ENDS.search(text) for text in texts)


def tokens_outlive(project: Project) -> bool:
    """Whether the app signs tokens that live longer than an hour, and keeps no list of those that ended."""
    if "issues tokens" not in project.memory:
        found = [bare(project, m) for m in project.hinted(_ISSUES, "python", *javascript.LANGUAGES)]
        signers = [d for d in found if _SIGNS.search(d)]
        lives = [m for d in signers for m in _MINUTES.finditer(d)]
        unknown = any(_SET_ELSEWHERE.search(d) for d in signers)
        brief = (
            bool(lives)
            and not unknown
            and all(
                (m["py"] and int(m["py"]) <= _SHORT)
                or m["u"] == b"s"
                or (m["u"] and m["u"][:1] == b"m" and int(m["n"]) <= _SHORT)
                for m in lives
            )
        )
        listed = any(_REVOKES.search(d) for d in found)
        project.memory["issues tokens"] = bool(signers) and not brief and not listed
    return bool(project.memory["issues tokens"])
