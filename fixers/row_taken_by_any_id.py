"""Lets people take only their own rows: the query asks for the owner too."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.guard_copy import route_of
from vibeaudit.remedy.row_filter import owner_edits


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Only for plain SQL of which the id is the whole condition."""
    route = route_of(finding, bench)
    edits = owner_edits(route, bench) if route is not None else None
    if not edits:
        return Refusal("the row is not taken by a plain SQL text: compare its owner with the caller in the handler")
    return Proposal(
        Text("Take only the caller's own rows", "Ne prendre que les lignes de l'appelant"),
        edits,
        Safety.UNSAFE,
        Text(
            "Whoever may see rows of others (a team, an administrator, a shared link) gets nothing here any more: "
            "check that nobody does on purpose.",
            "Qui peut voir les lignes d'autrui (équipe, administration, lien partagé) ne reçoit plus rien ici : "
            "vérifier que personne ne le fait exprès.",
        ),
    )
