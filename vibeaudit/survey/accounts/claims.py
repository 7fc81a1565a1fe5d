"""Callers who are believed: a plain cookie that says who they are, a header that says where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards.told_roles import told_role
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

_CLAIM = (
    r"(?:(?:logged_?in|current|auth|session)_?)?(?:user|user_?name|user_?id|uid|login|account(?:_?id)?|user_?email)"
    r"|(?:user_?)?role|is_?admin|admin|is_?staff|is_?logged_?in|logged_?in|authenticated|is_?auth(?:enticated)?|privilege"
)
_COOKIE = re.compile(
    rf"""(?ix)\b(?:request|req|self\.request|ctx|context|c)\.cookies(?:\.get\(\s*|\[\s*)['"](?P<a>{_CLAIM})['"]"""
    rf"""|\breq(?:uest)?\.cookies\??\.(?P<b>{_CLAIM})\b(?!\s*\()"""
    rf"""|\b(?:cookies\(\)|getCookie|get_cookie)\)?(?:\.get)?\(\s*(?:\w+\s*,\s*)?['"](?P<c>{_CLAIM})['"]"""
    rf"""|\bcookie_?(?:store|jar|list)\.get\(\s*['"](?P<d>{_CLAIM})['"]"""
)
_TAKEN_APART = re.compile(r"(?i)\{(?P<names>[^{}]{1,300})\}\s*=\s*req(?:uest)?\.cookies\b")
_NAME = re.compile(rf"(?i)^(?:{_CLAIM})$")
# what a key or a list of sessions vouches for is no claim
_VOUCHED = re.compile(
    r"(?i)jwt|verif|validate|unsign|signed|decrypt|serializer|signer|secure|fernet|hmac|session_store|sessions?[.\[]"
)
_HEADER = re.compile(
    r"""(?ix)\bhttp_?x_?forwarded_?for\b|['"](?:x-forwarded-for|x-real-ip|x-client-ip|client-ip|x-originating-ip|x-remote-ip
    |x-remote-addr|true-client-ip|x-forwarded-host|x-custom-ip-authorization)['"]"""
)
_CLAIMING_HEADER = re.compile(
    r"""(?i)headers(?:\.get\(\s*|\[\s*)['"](?:x-)?(?:is-?admin|admin|role|user-?role|user-agent)['"]|HTTP_USER_AGENT"""
)
_ROLE_HEADER = re.compile(
    r"""(?i)\b(?:headers?(?:\(\)\)?)?(?:\.get)?\(\s*|headers\??\.?\[\s*|\bget\(\s*)['"](?:x-)?(?:is-?admin|admin|roles?|(?:user|auth|account)-?roles?|permissions?|scopes?)['"]"""
)
# `roles.includes(claimed)`: which of the roles it is
_LISTED = re.compile(r"\.(?:includes|has|indexOf|some)\(|\bin\s+\w")
_PLACE = re.compile(r"""['"](?:127\.\d+\.\d+\.\d+|localhost|::1|10\.[\d.]+|192\.168\.[\d.]*|172\.\d+\.[\d.]+)['"]""")
_EQUALS = re.compile(r"""(?<![=!<>])===?\s*['"]|['"]\s*===?(?!=)|!==?\s*['"]""")
_ASKS_STORE = re.compile(
    r"(?:^|\.)(?:execute|query|raw|find\w*|filter\w*|get_or_404|get_object_or_404|where|eq|select|objects\.get|query\.get)$"
)


def believed(module: Module) -> Iterator[tuple[str, Node]]:
    """(kind, where) of each cookie and each header by which a function of the module takes its caller for somebody."""
    for function in module.functions:
        yield from _of_function(module, function)


def _of_function(module: Module, function: Function) -> Iterator[tuple[str, Node]]:
    body = function.body
    text = module.code_in(body)
    if _COOKIE.search(text) or _TAKEN_APART.search(text):
        node = _cookie(module, body) or _given_out(module, function)
        if node is not None:
            yield "believes a plain cookie", node
    if any(p.search(text) for p in (_HEADER, _CLAIMING_HEADER, _ROLE_HEADER)):
        node = _header(module, body)
        if node is not None:
            yield "believes a header", node


def _cookie(module: Module, body: Node) -> Node | None:
    """Where the cookie is read that a condition or a query of the same function goes by."""
    for branch in module.branches_in(body):
        said = text_of(branch.condition)
        if _COOKIE.search(said) and not _VOUCHED.search(said):
            return branch.condition
    for call in module.calls_in(body):
        given = _given(call)
        if _ASKS_STORE.search(call.name) and _COOKIE.search(given) and not _VOUCHED.search(given):
            return call.node
    for assign in module.assigns_in(body):
        value = text_of(assign.value)[:400]
        whole = text_of(assign.node)[:600]
        names = {t for t in assign.targets if t.isidentifier()}
        if (apart := _TAKEN_APART.search(whole)) is not None:
            names = {n for n in re.findall(r"\w+", apart["names"]) if _NAME.match(n)}
        elif not _COOKIE.search(value):
            continue
        if names and not _VOUCHED.search(value) and _decides(module, body, names):
            return assign.node
    return None


def _given_out(module: Module, function: Function) -> Node | None:
    """`getUserSession() { return store.get("userId")?.value }`: whoever asks who is calling is told the cookie."""
    if not words(function.name) & _TELLS_WHO or not words(function.name) & _ASKS:
        return None
    for node in function.body.named_children:
        said = text_of(node)[:300] if node.type == "return_statement" else ""
        if _COOKIE.search(said) and not _VOUCHED.search(said):
            return node
    return None


_TELLS_WHO = frozenset("user session current caller account viewer auth".split())
_ASKS = frozenset("get current read load require fetch".split())


def _decides(module: Module, body: Node, names: set[str]) -> bool:
    """Whether a condition turns on one of the names, or a query looks its row up; and nothing vouches for it first."""
    word = re.compile(rf"(?<![.\w'\"-])(?:{'|'.join(map(re.escape, sorted(names)))})\b(?!['\"-])")
    for call in module.calls_in(body):
        if word.search(_given(call)) and _VOUCHED.search(call.name):
            return False
    if any(word.search(text_of(b.condition)) for b in module.branches_in(body)):
        return True
    return any(_ASKS_STORE.search(c.name) and word.search(_given(c)) for c in module.calls_in(body))


def _given(call: Call) -> str:
    """What a call is given, as one text."""
    return " ".join(text_of(a)[:400] for a in [*call.args, *call.keywords.values()])


def _header(module: Module, body: Node) -> Node | None:
    """The condition that lets in whom a header names: an inside address, an administrator, a certain program."""
    told: dict[str, str] = {}
    for assign in module.assigns_in(body):
        value = text_of(assign.value)[:300]
        kind = "place" if _HEADER.search(value) else "claim" if _CLAIMING_HEADER.search(value) else ""
        if _ROLE_HEADER.search(value):
            kind = "role"
        if kind:
            told.update({t: kind for t in assign.targets if t.isidentifier()})
    for branch in module.branches_in(body):
        said = text_of(branch.condition)[:600]
        words = set(re.findall(r"(?<![.\w'\"-])[A-Za-z_]\w*", said))
        kinds = {told[w] for w in words if w in told}
        placed = _HEADER.search(said) or "place" in kinds
        claimed = _CLAIMING_HEADER.search(said) or "claim" in kinds
        titled = (_ROLE_HEADER.search(said) or "role" in kinds) and not told_role(module, branch.condition)
        if titled and (_EQUALS.search(said) or _LISTED.search(said)):
            return branch.condition
        if (placed and _PLACE.search(said)) or (claimed and _EQUALS.search(said)):
            return branch.condition
    return None
