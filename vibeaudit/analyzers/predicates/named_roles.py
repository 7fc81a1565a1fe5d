"""Roles that the code asks for and that nothing looks at."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate


@predicate("route", "names a role that nothing reads")
def _(s: Subject) -> bool:
    """`@Roles('admin')` without a guard that reads it: the decorator only leaves a note at the method."""
    return s.route.has("unread-role") and not s.route.has("authorization")
