"""Switches the protection against forged forms on again."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text

_EXEMPTS = re.compile(r"csrf_exempt$|csrf\w*\.exempt$", re.IGNORECASE)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The setting becomes True; Django's csrf_exempt goes."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "assignment", "decorated_definition", "function_definition", "call")
    edits: tuple[Edit, ...] = ()
    if node is not None and node.type == "assignment":
        right = node.child_by_field_name("right")
        edits = (replace(file, right, "True"),) if right is not None and text(right) == "False" else ()
    elif (view := enclosing(node, "decorated_definition")) is not None:
        exempt = [d for d in nodes(view, "decorator") if _EXEMPTS.search(text(d)) and d.parent == view]
        edits = tuple(Edit(file.path, d.start_byte, _next(d.end_byte, file.data), b"") for d in exempt)
    if not edits:
        return Refusal("the exemption is written in a way that is not known here")
    return Proposal(
        Text(
            "Check that forms come from the app's own pages", "Vérifier que les formulaires viennent de l'application"
        ),
        edits,
        Safety.UNSAFE,
        Text(
            "Each form that posts here must send the token; a call from another server must be signed instead.",
            "Chaque formulaire envoyé ici doit joindre le jeton ; un appel d'un autre serveur doit plutôt être signé.",
        ),
    )


def _next(at: int, data: bytes) -> int:
    """Where the code after a decorator starts."""
    while at < len(data) and data[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
        at += 1
    return at
