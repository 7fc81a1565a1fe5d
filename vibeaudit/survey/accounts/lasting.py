"""Sessions that outlast what should end them: a new password, the renewal of a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.endings import tokens_outlive
from vibeaudit.survey.accounts.passwords import HASHED
from vibeaudit.survey.accounts.scenes import bare_text, reached
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_ENDS_SESSIONS = re.compile(
    r"(?i)session[\w.()]{0,200}\.(?:delete|destroy|remove|revoke|update|clear|invalidate|flush)"
    r"|(?:delete|destroy|revoke|invalidate|end|log_?out|sign_?out)\w*"
    r"(?:session|token|device|everywhere|all)|token_?version|password_?changed_?at|tokens?_?valid|refresh_?tokens?['\"]?\s*[:=]"
    r"|refresh_?token\w*\.(?:delete|update|remove|destroy)|update_session_auth_hash|security_?stamp|session_?(?:key|salt)"
)
_CHANGES = frozenset("reset change update new set password passwords forgot recover".split())
_NOT_AGAIN = frozenset("register signup create admin admins users invite".split())
_READS_TOKEN = re.compile(
    r"(?i)refresh_?token|\brefresh\s*=\s*True|jwt_refresh_token_required|['\"]refresh['\"]|RefreshToken\("
)
_VERIFIES = re.compile(
    r"(?i)\b(?:jwt|jose|jsonwebtoken|JwtService|jwtService)\w*\.(?:verify|decode)\w*\(|\bjwtVerify\("
    r"|\bverify_?\w*token\w*\(|\bdecode_?\w*(?:token|jwt)\w*\("
    r"|jwt_required\(\s*refresh\s*=\s*True|jwt_refresh_token_required"
)
_ISSUES = re.compile(
    r"(?i)\b(?:create|generate|sign|issue|make|encode|new)_?\w*(?:token|jwt)\w*\("
    r"|\b(?:jwt|jsonwebtoken|jwtService)\w*\.(?:sign|encode)\w*\(|new SignJWT"
)
_KEPT = re.compile(
    r"(?i)revoke|black_?list|block_?list|deny_?list|token_?version|rotat|\.(?:delete\w*|destroy|remove|del|save|commit|setex|set|hset|insert\w*|create|update\w*)\("
    r"|(?:find\w*|filter|filter_by|get|select|where)\([^;]{0,120}(?:refresh_?token|token_?hash|\bjti\b|hashed_?token)"
    r"|(?:stored|saved|db|user)\w*\.(?:refresh_?token|jti)|refresh_?tokens?\b[^;\n]{0,40}\b(?:includes|has|indexOf|some)\("
)
_SETS_COOKIE = re.compile(
    r"(?i)[\w.()]*cookies?[\w.()]*\.[sg]et\(|\.(?:set|headers\.set)_?cookie\(|new Map\(\)\.set\(|headers\.set\("
)


def outlasts_password(project: Project, route: Route) -> Iterator[tuple[Module, Node]]:
    """The write of a new password after which the tokens that were signed before stay good."""
    said = words(route.path) | words(route.handler)
    if not tokens_outlive(project) or "password" not in said or not said & _CHANGES or said & _NOT_AGAIN - {"users"}:
        return
    handler = handler_of(project, route)
    if handler is None:
        return
    module, body = handler
    places = reached(project, module, body)
    if any(_ENDS_SESSIONS.search(bare_text(project, m, n)) for m, n in places):
        return
    for m, n in places:
        kept = next((w for w in writes(project, m) if n.start_byte <= w.node.start_byte < n.end_byte), None)
        if kept is not None:
            if kept.how == "update":
                yield _call_that_hashes(project, places, (m, n)) or (m, kept.value)
            return


def _call_that_hashes(
    project: Project, places: tuple[tuple[Module, Node], ...], written: tuple[Module, Node]
) -> tuple[Module, Node] | None:
    """The call by which a function that hashes the new password has another one write it."""
    for module, node in places:
        if node is written[1] or not HASHED.search(bare_text(project, module, node)):
            continue
        for call in module.calls_in(node):
            called = project.function_called(module, call) if call.name else None
            if called is not None and called[0] is written[0] and called[1].node.start_byte == written[1].start_byte:
                return module, call.node
    return None


def renewed_forever(project: Project, route: Route) -> tuple[Module, Node] | None:
    """The handler that gives a new token for a refresh token, which it neither keeps account of nor retires."""
    if "refresh" not in words(route.path) | words(route.handler) or not tokens_outlive(project):
        return None
    handler = handler_of(project, route)
    if handler is None:
        return None
    module, body = handler
    texts = [bare_text(project, m, n) for m, n in reached(project, module, body)]
    own = texts[0]
    if not (_READS_TOKEN.search(own) and _VERIFIES.search(own) and _ISSUES.search(own)):
        return None
    if any(_KEPT.search(_SETS_COOKIE.sub(" ", t)) for t in texts if t is own or "token" in t.lower()):
        return None
    issued = [m.start() for m in _ISSUES.finditer(own)]
    at = body.start_byte + len(own[: issued[-1]].encode())
    return module, body.descendant_for_byte_range(at, at + 1) or body


def unlisted_rotation(module: Module) -> Iterator[Node]:
    """Settings of Simple JWT that promise a list of ended tokens, whose app is not installed."""
    for assign in module.assigns:
        if "SIMPLE_JWT" in assign.targets and b"token_blacklist" not in module.file.data:
            said = text_of(assign.value)
            if re.search(r"['\"](?:ROTATE_REFRESH_TOKENS|BLACKLIST_AFTER_ROTATION)['\"]\s*:\s*True", said):
                yield assign.node
