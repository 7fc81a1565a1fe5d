"""Parts of an app that belong to one kind of people: `/warden/...`, where the session holds `warden_id`."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.source.testing import is_test
from vibeaudit.survey import people

_KEPT = re.compile(
    r"\bsession(?:\[\s*['\"]|\.)(?P<role>[a-z]{4,20})_?(?:id|Id|name|email|username|logged_?in)?(?:['\"]\s*\])?\s*=(?!=)"
)
# an account of any kind, and what is kept for whoever comes by
_OF_ANYBODY = frozenset(
    "user users account login logged session token cart order orders basket lang language theme flash"
    " message messages error errors email name username role auth csrf state search"
    " page item items product products quiz game event".split()
)


# `/staff/orders`: those who work there, whatever the session holds
_OF_WORKERS = people.plural(people.WORKERS) | {"management", "moderator", "backstage"}


@predicate("route", "in the area of a role")
def _(s: Subject) -> bool:
    """Its first folder, or the folder of its module, is named after somebody that the app's session holds."""
    if s.route.body is None:
        return False
    roles = s.once("roles of sessions", lambda: _roles(s))
    parts = s.route.path.strip("/").lower().split("/")
    first = parts[0]
    folder = s.route.body.path.parent.name.lower()
    if len(parts) > 1 and first in _OF_WORKERS:
        return True
    return any(first.startswith(r) or folder.startswith(r) for r in roles)


def _roles(s: Subject) -> frozenset[str]:
    files = (f for f in s.snapshot.of("python", "javascript", "typescript") if not is_test(str(f.path)))
    return frozenset(m["role"] for f in files for m in _KEPT.finditer(f.text)) - _OF_ANYBODY
