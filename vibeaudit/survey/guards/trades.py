"""Roles that whole groups of strangers have: who may act as a seller, a teacher or a patient registered as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import people
from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

ROLE_OF_MANY = "role-of-many"  # the kind of guard that says so, beside the role's own
_MANY = (
    people.SERVED
    | people.TRADES
    | frozenset(
        "user users member guest visitor premium free pro paid verified shop store company business job_seeker parent"
        " blogger restaurant restaurant_owner shop_owner".split()
    )
)
_NAMED = re.compile(
    r"""["'](?P<text>\w+)["']|\b(?:\w*_?Roles?(?:_?Enum|_?Type|_?Name)?s?|User_?Types?)\.(?P<member>\w+)""",
    re.IGNORECASE,
)


def of_many(asked: Node) -> bool:
    """Whether a decorator or dependency names roles, and each of them is one that anybody may register for."""
    named = _roles_named(asked)
    return bool(named) and all(n in _MANY for n in named)


def lets_many_in(asked: Node) -> bool:
    """Whether a middleware is made for roles of which one is enough, `allow('user', 'admin')`, and anybody may
    register for one of them."""
    return any(n in _MANY for n in _roles_named(asked))


def _roles_named(asked: Node) -> list[str]:
    found = _NAMED.finditer(text_of(asked).partition("(")[2])
    named = [(m["text"] or m["member"]).lower().removeprefix("role_") for m in found]
    return [n for n in named if n not in ("role", "roles")]


_ROLE_ASKED = re.compile(
    r"""\b(?:\w*_)?(?:role|user_?type|account_?type)(?:\.value)?['"]?[\])]{0,2}\s*(?:[!=]==?|(?:not\s+)?in\b)\s*"""
    r"""(?P<asked>[\[({]?\s*(?:['"]\w+['"]|[A-Z]\w*\.\w+)(?:\s*,\s*(?:['"]\w+['"]|[A-Z]\w*\.\w+))*)""",
    re.IGNORECASE,
)
_OTHER_RIGHT = re.compile(r"(?i)role|user_?type|account_?type|\bis_?[a-z]|admin|permission|owner")
_ASKED_NAME = re.compile(r"""["'](?P<text>\w+)["']|\b[A-Z]\w*\.(?P<member>\w+)""")


def only_of_many(condition: str) -> bool:
    """Whether a condition asks for roles, and for none but those that anybody may register for:
    `user.role != "DOCTOR"`."""
    asked = [m["asked"] for m in _ROLE_ASKED.finditer(condition)]
    if not asked or _OTHER_RIGHT.search(_ROLE_ASKED.sub(" ", condition)):
        return False
    named = [(m["text"] or m["member"]).lower() for a in asked for m in _ASKED_NAME.finditer(a)]
    return bool(named) and all(n in _MANY for n in named)


# what says in which state an account is, not what its owner may do
_STATES = frozenset(
    "active inactive authenticated anonymous verified confirmed enabled disabled banned blocked deleted locked"
    " suspended valid expired logged loggedin loggedout logged_in logged_out new first online public private approved"
    " accepted pending subscribed member_since complete completed empty loading ready error"
    " success fetching open closed login logon signedin signed_in auth authed authorized authorised".split()
)
_FLAG = re.compile(
    r"""(?i:user|member|account|viewer|profile|claims|caller|principal|session|identity|person)(?:\?\.|\.|\[["'])"""
    r"""is(?:_(?P<snake>[a-z]\w*)|(?P<camel>[A-Z]\w*))\b(?!\s*\()"""
)

# `session.get("admin_id")`, `"admin" in session`, `req.session.adminLoggedIn`: only the sign-in of the staff writes it
_STAFF_KEY = (
    r"(?:admin|administrator|superuser|staff|moderator)"
    r"(?:_?(?:id|user(?:name)?|name|e?mail|log(?:ged)?_?in|auth\w*|session))?"
)
_STAFF_SESSION = re.compile(
    rf"""\bsession(?:\.get\(\s*|\[\s*)['"]{_STAFF_KEY}['"]|['"]{_STAFF_KEY}['"]\s+(?:not\s+)?in\s+(?:\w+\.)?session\b"""
    rf"""|\bsession\??\.{_STAFF_KEY}\b(?!\s*\()""",
    re.IGNORECASE,
)
_KIND_OF_ACCOUNT = re.compile(
    r"""(?:user|account|member|login)_?(?:type|kind|level)['"]?[\])]{0,2}\s*[!=]==?\s*['"](?P<kind>\w+)['"]""",
    re.IGNORECASE,
)


def asks_for_few(condition: str) -> bool:
    """Whether a condition asks for a flag that says what somebody is among the users, `not member["is_steward"]`, for
    a kind of account that few have, or for what only the sign-in of the staff writes into a session."""
    if _STAFF_SESSION.search(condition):
        return True
    named = [(m["snake"] or m["camel"]).lower() for m in _FLAG.finditer(condition)]
    named += [m["kind"].lower() for m in _KIND_OF_ACCOUNT.finditer(condition)]
    return bool(named) and not any(n in _MANY | _STATES for n in named)
