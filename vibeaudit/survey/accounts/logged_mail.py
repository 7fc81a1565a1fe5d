"""What a log line says of the mails that open an account: their links, their codes, the whole text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.scenes import function_of
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LINK = re.compile(r"(?i)(?:link|url|href)$")
_WITH_TOKEN = re.compile(
    r"(?i)(?:reset|password|magic|log_?in|sign_?in)[\s\S]*[{=+ ]\s*(?:[\w.]+\.)?\w*(?:token|code)\b"
)
_CODE = re.compile(r"(?i)(?:code|pin|passcode|new_?code)")
_DRAWN = re.compile(
    r"(?i)\brand(?:int|range|om|bits|below|omInt|omBytes)?\b|\brandom\.|secrets\.|\btoken_|(?:generate|make|create|new|gen)_?\w*(?:code|otp|pin)"
)
_FOR_SIGNING_IN = re.compile(
    r"(?i)reset|one.?time|\botps?\b|verif|log_?in|sign_?in|2fa|two.?factor|\bmfa\b|forgot|recover|magic"
)
_TEXT = re.compile(
    r"(?i)(?:mail_?|email_?|message_?)?(?:body|text|html|content|message)(?:_?(?:body|text|html|content))?|plain(?:_?text)?"
)
_SUBJECT = re.compile(r"(?i)subject|betreff|sujet|objet")
_RECIPIENT = re.compile(r"(?i)to|to_?\w+|recipients?|recipient_?\w+|e?mail|e?mail_?(?:to|address)|address|dest\w*")


def opens_account(module: Module, scene: Node, leaf: Node) -> bool:
    """A name that was given the link of a mail with the token in it, or a code that was drawn for signing in."""
    if leaf.type not in ("identifier", "shorthand_property_identifier"):
        return False
    name = text_of(leaf)
    given = [a.value for a in module.assigns_in(scene) if a.targets == (name,)]
    if not given:
        return False
    if _LINK.search(name):
        return _WITH_TOKEN.search(text_of(given[-1])[:600]) is not None
    if not _CODE.fullmatch(name) or not _DRAWN.search(text_of(given[-1])[:300]):
        return False
    return _FOR_SIGNING_IN.search(text_of(scene)[:6000]) is not None


def mailed_text(module: Module, scene: Node, leaf: Node) -> bool:
    """The text that a function is handed to send to somebody: links and codes go through it."""
    name = text_of(leaf)
    if leaf.type not in ("identifier", "shorthand_property_identifier") or not _TEXT.fullmatch(name):
        return False
    names = _parameters(module, scene)
    return name in names and any(map(_SUBJECT.search, names)) and any(map(_RECIPIENT.fullmatch, names))


def is_parameter(module: Module, scene: Node, name: str) -> bool:
    return name in _parameters(module, scene)


def _parameters(module: Module, scene: Node) -> list[str]:
    function = function_of(module, scene)
    return [] if function is None else [n for p in function.params for n in re.findall(r"\w+", p.name)]
