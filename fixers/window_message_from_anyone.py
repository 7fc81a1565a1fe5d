"""Listens to messages of this site only."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, semicolon_of
from vibeaudit.remedy.syntax import flagged, indent_of, insert, items, nodes, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The handler returns at once when the message comes from elsewhere."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call_expression")
    handler = arguments(call)[1] if call is not None and len(arguments(call)) > 1 else None
    body = handler.child_by_field_name("body") if handler is not None else None
    if handler is None or body is None or body.type != "statement_block" or file.language not in LANGUAGES:
        return Refusal("the handler is written elsewhere")
    given = handler.child_by_field_name("parameters") or handler.child_by_field_name("parameter")
    name = next(nodes(given, "identifier"), None) if given is not None else None
    listed = items(body)
    if name is None or not listed or "{" in text(given):
        return Refusal("the handler takes the message apart in its parameters: ask for event.origin there")
    margin, end = indent_of(file, listed[0]), semicolon_of(file)
    made = f"if ({text(name)}.origin !== window.location.origin) return{end}\n{margin}"
    return Proposal(
        Text("Listen to this site's messages only", "N'écouter que les messages de ce site"),
        (insert(file, listed[0].start_byte, made),),
        Safety.UNSAFE,
        Text(
            "When a window of another site (a payment, a login) sends these messages, compare with its address.",
            "Si une fenêtre d'un autre site (paiement, connexion) envoie ces messages, comparer avec son adresse.",
        ),
    )
