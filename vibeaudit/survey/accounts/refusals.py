"""Tokens that were just found to be none: forged, or past their time. Whoever reads of one can do nothing with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_REFUSED = re.compile(
    r"\b\w*(?:BadSignature|SignatureExpired|ExpiredSignature|InvalidSignature|ExpiredToken|InvalidToken|BadData)\w*"
)


def is_refused(value: Node) -> bool:
    """Whether a token stands in the `except` clause for signatures that are not good."""
    if "token" not in text_of(value).lower():
        return False
    held = value.parent
    while held is not None and held.type != "function_definition":
        if held.type == "except_clause":
            kinds = "".join(text_of(c) for c in held.named_children if c.type != "block")
            return bool(_REFUSED.search(kinds))
        held = held.parent
    return False
