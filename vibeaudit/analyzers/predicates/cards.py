"""What rules may ask of tables that keep payment cards."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate

_CODE = re.compile(r"(?i)(?:card_?)?(?:cvv2?|cvc2?)(?:_?(?:code|number|num))?|card_?security_?code")


@predicate("table", "keeps card security codes")
def _(s: Subject) -> bool:
    return s.table is not None and any(_CODE.fullmatch(c) for c in s.table.columns)
