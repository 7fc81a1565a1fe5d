"""Resets that give a new password to whatever account is named: no link was mailed, no code, no old password asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.scenes import bare_text, reached
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.code import Module
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_RESETS = frozenset("reset forgot forgotten forget recover recovery change update resetpassword forgotpassword".split())
_NAMED = re.compile(r"(?i)\b(?:\w+_)?(?:e?mail|user_?name|user_?id|login|phone)\b")
_NEW = re.compile(r"(?i)\b(?:new_?)?(?:passw(?:or)?d|pswd|pwd)")
# whatever only the account's owner has, or a library that asks for it
_PROOF = re.compile(
    r"(?i)token|\botp|\w*_?code\b|verif|compare|check_?p|authenticat|answer|secret|signature|signed|nonce|\bsession\s*(?:\[|\.get|\?)|current_?user"
    r"|old_?p|current_?p|existing_?p|invit|uidb64|request\.user|req\.user|getServerSession|auth\(\)|is_?admin|\brole\b|Form\("
    r"|serializer|magic|\bjwt|hash_?key|unsign|loads\("
)


def open_reset(project: Project, route: Route) -> tuple[Module, Node] | None:
    """The function that writes the password, where a route of strangers names the account and the password alone."""
    said = words(route.path) | words(route.handler)
    if (
        not said & _RESETS
        or set(route.methods) <= {"GET", "HEAD"}
        or any(route.has(kind) for kind in ("authentication", "authorization", "signature"))
    ):
        return None
    handler = handler_of(project, route)
    if handler is None:
        return None
    module, body = handler
    places = reached(project, module, body)
    text = " ".join(bare_text(project, m, n) for m, n in places)
    if _PROOF.search(text) or not (_NAMED.search(text) and _NEW.search(text)):
        return None
    for home, place in places:
        for write in writes(project, home):
            inside = place.start_byte <= write.node.start_byte < place.end_byte
            if inside and write.how == "update" and not write.framework:
                return home, write.scene if write.scene.parent is not None else place
    return None
