"""Links that only the app can have made: it signed what they carry, or works their token out again and compares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, text_of
from vibeaudit.survey.python.handlers import handlers_around

if TYPE_CHECKING:
    from tree_sitter import Node

_UNSIGNS = re.compile(r"(?:^|\.)(?:unsign(?:_\w+)?|signing\.loads)$|(?:^|\.)\w*token_generator\.check_token$")
# the token of this very row, made anew: `check.make_token() == token`
_MADE_AGAIN = re.compile(
    r"\b(?:make|compute|calculate|expected|derive)_?\w*(?:token|signature|hmac|digest)\w*\(", re.IGNORECASE
)
_OWN_SESSION = re.compile(r"\bsession\b")  # what the app laid by for itself, and no link
_ANSWERS = re.compile(r"\b(?:return|raise|abort)\b")


def opens(call: Call) -> bool:
    """Whether the call opens what the app itself signed, and whoever calls is told when the signature is wrong."""
    kept = bool(call.args) and bool(_OWN_SESSION.search(text_of(call.args[0])))
    return bool(_UNSIGNS.search(call.name)) and not kept and _heeded(call.node)


def opened_in(text: str) -> bool:
    """Whether a value comes out of what the app itself signed."""
    return bool(re.search(r"\bunsign(?:_\w+)?\(|\bsigning\.loads\(", text))


def compares_token(condition: str) -> bool:
    """Whether a condition asks if the caller brought the token that the app makes for this row."""
    return bool(_MADE_AGAIN.search(condition)) and bool(re.search(r"[!=]=", condition))


def _heeded(node: Node) -> bool:
    """Not inside a `try` whose handler goes on as if nothing were."""
    return all(_ANSWERS.search(text_of(handler)) for handler in handlers_around(node))
