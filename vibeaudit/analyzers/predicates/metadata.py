"""What rules may ask of a database function that reads what users say of themselves when they sign up."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate

_RIGHT = (
    r"raw_user_meta_data\s*->>?\s*'(?:\w*_)?(?:role|roles|is_?admin|admin|is_staff|permissions?|access_level"
    r"|user_?type|account_?type|is_premium|plan|tier|credits)'"
)
_TAKES = re.compile(_RIGHT, re.IGNORECASE)
_WRITES = re.compile(r"\b(?:insert\s+into|update)\b", re.IGNORECASE)
# which of the words are accepted is asked before one is written down
_CHOOSES = re.compile(
    rf"(?:{_RIGHT}\)?(?:\s*::\s*[\w.]+)?|\b\w*role\w*)\s*(?:=|<>|!=|in\b|not\s+in\b|is\s+distinct)\s*(?:any\s*)?[('a]"
    r"|\bcase\s+(?:when\b|new\.raw)",
    re.IGNORECASE,
)


@predicate("function", "takes a right from what users say of themselves")
def _(s: Subject) -> bool:
    """Every caller of the sign-up API chooses what stands in raw_user_meta_data."""
    body = s.function.body
    return bool(_TAKES.search(body)) and bool(_WRITES.search(body)) and not _CHOOSES.search(body)
