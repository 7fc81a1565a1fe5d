"""Sets a limit to an agent's steps."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import keyword, value
from vibeaudit.remedy.syntax import flagged, items, replace, text

LIMITS = {"max_iterations": 15, "max_turns": 10, "max_iter": 15, "recursion_limit": 50}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The libraries' own defaults, or near them."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "dictionary")
    for name, limit in LIMITS.items():
        if node is not None and node.type == "call":
            place = value(keyword(node, name))
        else:
            pairs = [p for p in items(node) if text(p.child_by_field_name("key")).strip("'\"") == name] if node else []
            place = pairs[0].child_by_field_name("value") if pairs else None
        if place is not None and re.fullmatch(r"None|[\d_]+", text(place)):
            return Proposal(
                Text(f"Stop the agent after {limit} steps", f"Arrêter l'agent après {limit} étapes"),
                (replace(file, place, str(limit)),),
                Safety.UNSAFE,
                Text(
                    "Try the longest task that the agent is meant for; raise the limit if it really needs more steps.",
                    "Essayer la plus longue tâche prévue pour l'agent ; relever la limite s'il lui faut plus d'étapes.",
                ),
            )
    return Refusal("the limit is not a plain number here")
