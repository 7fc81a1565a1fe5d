"""Lets a tool server listen on its own machine only."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import keyword, quote_of, set_keyword, value
from vibeaudit.remedy.syntax import flagged, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """host="127.0.0.1", and the check of the Host header on."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    mark = quote_of(file)
    if call is not None and text(value(keyword(call, "host"))).strip("'\"") == "0.0.0.0":
        edit = set_keyword(file, call, "host", f"{mark}127.0.0.1{mark}")
    elif call is not None and text(value(keyword(call, "enable_dns_rebinding_protection"))) == "False":
        edit = set_keyword(file, call, "enable_dns_rebinding_protection", "True")
    else:
        return Refusal("the address is set elsewhere")
    return Proposal(
        Text("Let the tool server answer its own machine only", "Ne répondre qu'à la machine elle-même"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Agents on other machines, or outside this container, no longer reach it: give it authentication for them.",
            "Les agents d'autres machines ou hors du conteneur ne l'atteignent plus : ajouter une authentification.",
        ),
    )
