"""What rules may ask of a server."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_facts import Subject
from vibeaudit.analyzers.predicates import predicate


@predicate("server", "protected by the browser")
def _(s: Subject) -> bool:
    """Limits who may frame its pages, and either names where their scripts come from or asks for https."""
    traits = s.server.traits if s.server else frozenset[str]()
    return "limits-frames" in traits and bool(traits & {"sets-policy", "forces-https"})
