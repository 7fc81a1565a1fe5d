"""What rules may ask of routes that learn how a payment went."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.payment_notices import counted_again, paid_by_word, paid_whatever_sum


@predicate("route", "marks orders as paid whatever was paid")
def _(s: Subject) -> bool:
    return paid_whatever_sum(s.snapshot, s.route, s.text) is not None


@predicate("route", "counts each payment notice anew")
def _(s: Subject) -> bool:
    return counted_again(s.snapshot, s.route, s.text) is not None


@predicate("route", "believes callers that they paid")
def _(s: Subject) -> bool:
    return paid_by_word(s.snapshot, s.route, s.text) is not None
