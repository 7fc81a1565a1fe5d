"""What rules may ask of an agent."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate

# What cannot be undone, or reaches everything.
_GRAVE = frozenset(("run", "query", "delete", "send", "pay"))


@predicate("agent", "built in code")
def _(s: Subject) -> bool:
    return s.agent.origin == "code"


@predicate("agent", "reads what strangers write")
def _(s: Subject) -> bool:
    return "network" in s.agent.capabilities


@predicate("agent", "can do what cannot be undone")
def _(s: Subject) -> bool:
    return bool(s.agent.capabilities & _GRAVE)


@predicate("agent", "asks nobody")
def _(s: Subject) -> bool:
    return s.agent.approval == "never"
