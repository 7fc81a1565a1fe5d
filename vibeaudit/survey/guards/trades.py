"""Roles that whole groups of strangers have: who may act as a seller, a teacher or a patient registered as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

ROLE_OF_MANY = "role-of-many"  # the kind of guard that says so, beside the role's own
_MANY = frozenset(
    "user users customer client member buyer shopper guest visitor subscriber premium free pro paid verified"
    " seller vendor merchant shop store company business employer recruiter candidate applicant jobseeker"
    " job_seeker freelancer contractor provider supplier student pupil learner teacher tutor instructor coach"
    " trainer mentor parent patient doctor nurse therapist driver rider passenger courier host tenant landlord"
    " renter artist creator author writer blogger player donor volunteer organizer organiser attendee farmer agent"
    " realtor restaurant restaurant_owner shop_owner lawyer".split()
)  # fmt: skip
_NAMED = re.compile(r"""["'](?P<text>\w+)["']|\b(?:Roles?|UserRoles?|RoleEnum|UserType)\.(?P<member>\w+)""")


def of_many(asked: Node) -> bool:
    """Whether a decorator or dependency names roles, and each of them is one that anybody may register for."""
    found = _NAMED.finditer(text_of(asked).partition("(")[2])
    named = [(m["text"] or m["member"]).lower().removeprefix("role_") for m in found]
    named = [n for n in named if n not in ("role", "roles")]
    return bool(named) and all(n in _MANY for n in named)
