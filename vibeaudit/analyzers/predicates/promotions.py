"""Routes by which whoever calls makes an administrator, of himself or of somebody."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Location

_RIGHT = r"(?:is_?admin|is_?staff|is_?superuser|is_?super_?admin)"
_ROLE = r"(?:user_?)?(?:role|role_?id|roles|account_?type|user_?type)"
_TOP = r"['\"]\w*(?:admin|superuser)\w*['\"]|\w*\.?(?:ADMIN|SUPER_?USER)\b|\w*admin_?role\w*"
# `user.role = "admin"`, `user.is_admin = True`: a statement of its own, and no comparison
_GIVES = re.compile(
    rf"^\s*(?:await\s+)?[\w.\[\]'\"?!]+(?:\.|\[['\"])(?:{_RIGHT}['\"\]]*\s*=\s*(?:True|true|1)\b|{_ROLE}['\"\]]*\s*=\s*(?:{_TOP}))",
    re.IGNORECASE,
)
# who has a right is asked, the first account of all, a secret of the operator's; or it is the founder of a team
_ASKS = re.compile(
    r"(?i)\bif\b[^\n]*(?:\brole\b|is_?admin|is_?staff|is_?superuser|permission|\bcode\b|secret|invit|token|\bkey\b)"
    r"|\b\w*(?:team|organi[sz]ation|workspace|company|household|tenant|group|room|club)\w*\b|count\(|\.length\s*===?\s*0|\bfirst_?user|environ|process\.env|settings\.|config\."
)


@predicate("route", "makes an administrator of somebody")
def _(s: Subject) -> bool:
    return given_right(s) is not None


def given_right(subject: Subject) -> Location | None:
    """Where a handler gives the highest role away, in words of its own."""
    body = subject.route.body
    file = subject.snapshot.file(body.path) if body else None
    if body is None or file is None or "writes-store" not in subject.route.effects or _ASKS.search(subject.text):
        return None
    for number in range(body.line, min(body.end_line, body.line + 200) + 1):
        if _GIVES.search(file.line(number)):
            return file.whole_line(number)
    return None
