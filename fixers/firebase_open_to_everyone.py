"""Closes rules of the Firebase database that let too many people in."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_span, spanned

RULES = ("firebase-database-open", "firebase-open-to-everyone", "firebase-test-mode")
_ALLOW = re.compile(r"^(allow\s(?:\s*+[\w,]++)+)\s*+(?::.*)?;$", re.DOTALL)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """`if false`: the server's own key still gets through, and a person then opens what each page needs."""
    file = bench.flagged(finding)
    written = spanned(file, finding.primary)
    if finding.rule_id == "firebase-database-open":
        new = re.sub(r"true", "false", written, count=1)
    else:
        found = _ALLOW.match(written.strip())
        new = f"{found[1]}: if false;" if found else written
    if new == written:
        return Refusal("the rule is written in a way that is not known here")
    return Proposal(
        Text("Close the database until rules say who may", "Fermer la base tant que les règles ne disent pas qui peut"),
        (replace_span(file, finding.primary, new),),
        Safety.UNSAFE,
        Text(
            "Nobody but the server gets in until you write who may: for rows of one person, "
            "`allow read, write: if request.auth != null && request.auth.uid == resource.data.userId;`. Deploy it "
            "together with the rules that your pages need.",
            "Seul le serveur y accède tant que personne n'a écrit qui peut : pour des données personnelles, "
            "`allow read, write: if request.auth != null && request.auth.uid == resource.data.userId;`. Le déployer "
            "avec les règles dont vos pages ont besoin.",
        ),
    )
