"""What rules may ask of a place where the app's logic can be turned against it: of which kind it is."""

from __future__ import annotations

from vibeaudit.analyzers.predicates import Predicate, predicate
from vibeaudit.model import LogicStep

KINDS = (
    "changes a balance unlocked",
    "answers queries of any depth",
    "shows its schema",
    "takes queries by the batch",
    "fills every column",
    "takes a payment for paid unseen",
)


def _of_kind(kind: str) -> Predicate:
    return lambda s: isinstance(s.thing, LogicStep) and s.thing.kind == kind


for _kind in KINDS:
    predicate("logic step", _kind)(_of_kind(_kind))
