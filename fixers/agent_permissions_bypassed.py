"""Lets a coding agent ask again: bypassPermissions becomes default."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_on_line

BYPASS = "bypassPermissions"


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Replace the one value, in JSON settings or in an agent's front matter."""
    edit = replace_on_line(bench.flagged(finding), finding.primary.line, BYPASS, "default")
    if edit is None:
        return Refusal("the value is not on the flagged line")
    return Proposal(
        Text("Let the coding agent ask before it acts", "Faire demander l'agent de programmation avant d'agir"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Scripts that start the agent without a person must list the commands they need under permissions.allow.",
            "Les scripts qui lancent l'agent sans personne doivent lister leurs commandes sous permissions.allow.",
        ),
    )
