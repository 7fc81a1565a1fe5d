"""What a call does to the accounts that a service keeps for the app: Supabase Auth and Firebase Auth, with the
server's key. To whoever calls the app they are rows of a table of users."""

from __future__ import annotations

import re

from vibeaudit.survey.code import Call, text_of
from vibeaudit.survey.python.stores import Touch

TABLE = "users"
_VERBS = {
    "listUsers": "read", "getUserById": "read", "createUser": "insert", "updateUserById": "update",
    "deleteUser": "delete", "inviteUserByEmail": "insert", "generateLink": "read", "getUsers": "read",
    "getUserByEmail": "read", "getUserByPhoneNumber": "read", "updateUser": "update", "deleteUsers": "delete",
    "setCustomUserClaims": "update", "importUsers": "insert",
}  # fmt: skip
_SUPABASE = re.compile(r"(?:^|\.)auth\.admin\.\w+$")
_FIREBASE = re.compile(r"(?:^|\.)(?:admin\.auth|getAuth|adminAuth|auth)\.\w+$")
_OF_FIREBASE = frozenset(
    "setCustomUserClaims listUsers getUserByEmail getUserByPhoneNumber updateUser deleteUser deleteUsers createUser"
    " importUsers getUsers".split()
)


def touch(call: Call) -> Touch | None:
    """None for calls of other things, and for what a signed-in browser does to its own account."""
    verb = _VERBS.get(call.last)
    if verb is None:
        return None
    if _SUPABASE.search(call.name):
        return Touch(TABLE, verb)
    made = _FIREBASE.search(call.name) and call.last in _OF_FIREBASE
    told = re.search(r"\badmin\b|getAuth|adminAuth", call.name) or call.last == "setCustomUserClaims"
    own = call.args and text_of(call.args[0]).endswith("currentUser")
    return Touch(TABLE, verb) if made and told and not own else None
