"""Lets an agent in the code ask a person before it uses a tool."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import flagged, nodes, replace, text

ASKING = {"bypassPermissions": "default", "never": "always"}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The one value that says so."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "dictionary", "assignment", "pair", "keyword_argument")
    found = [n for n in nodes(node, "string") if text(n).strip("'\"") in ASKING] if node is not None else []
    if len(found) != 1:
        return Refusal("the value is set elsewhere")
    old = text(found[0])
    word = old.strip("'\"")
    return Proposal(
        Text("Let the agent ask before it uses a tool", "Faire demander l'agent avant d'utiliser un outil"),
        (replace(file, found[0], old.replace(word, ASKING[word])),),
        Safety.UNSAFE,
        Text(
            "Somebody must answer the agent's questions, or it waits. Allow single harmless tools by their names.",
            "Quelqu'un doit répondre aux questions de l'agent, sinon il attend. Autoriser par leur nom les outils "
            "inoffensifs.",
        ),
    )
