"""What rules may ask of an app about its pages for administrators."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.admin_gate import admin_gate


@predicate("app", "lets every signed-in person into the admin pages")
def _(s: Subject) -> bool:
    return admin_gate(s.snapshot, s.app) is not None
