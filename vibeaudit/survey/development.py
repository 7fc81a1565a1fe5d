"""What is there only while the app is being developed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

REASON = "debug mode only"
_CONDITION = re.compile(
    r"(?:\w+\.)*DEBUG(?:\s+and\s.*)?"
    r"|(?:\w+\.)*\w*(?:ENV|ENVIRONMENT|STAGE)\s*==\s*['\"](?:dev|development|local|test|testing)['\"]",
    re.IGNORECASE,
)


def only_in_development(node: Node) -> bool:
    """Whether Python code stands under `if settings.DEBUG:` or `if settings.ENVIRONMENT == "local":`."""
    held: Node | None = node
    while (inner := held) is not None:
        held = inner.parent
        if held is not None and held.type == "if_statement":
            condition = text_of(held.child_by_field_name("condition")).strip("() ")
            if held.child_by_field_name("consequence") == inner and _CONDITION.fullmatch(condition):
                return True
    return False
