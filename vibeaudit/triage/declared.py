"""A field that its schema leaves open, and the handlers that take such a body: one hole, told at the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vibeaudit.model import Finding

_RULES = frozenset(("amount-may-be-negative",))
_READS_ITSELF = re.compile(r"(?i)\b(?:request|req|form|args|ctx|event|searchParams|query_params)\b|\.get\(")


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Without what data flow saw of a body that a schema describes, where the schema is flagged."""
    found = list(findings)
    declared = {f.rule_id for f in found if f.rule_id in _RULES and f.sources == {"appmodel"}}
    return [f for f in found if f.rule_id not in declared or f.sources != {"flow"} or _READS_ITSELF.search(f.snippet)]
