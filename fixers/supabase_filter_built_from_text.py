"""Takes the filter language's own marks out of a searched word."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, quote_of
from vibeaudit.remedy.script_text import template
from vibeaudit.remedy.syntax import flagged

_MARKS = r'/[,()"\\]/g'  # what ends a value or a group of conditions


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Each gap of the filter, in its place."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "template_string")
    parts = template(node) if node is not None else None
    if parts is None or not parts.holes or file.language not in LANGUAGES:
        return Refusal("the filter is put together elsewhere: use .eq() and .ilike(), which take the value apart")
    quote = quote_of(file)
    edits = []
    for hole in parts.holes:
        if hole.node.type not in ("identifier", "member_expression", "subscript_expression", "call_expression"):
            return Refusal("a part of the filter is worked out in its gap: use .eq() and .ilike() instead")
        made = f"String({hole.expression}).replace({_MARKS}, {quote} {quote})"
        edits.append(Edit(file.path, hole.node.start_byte, hole.node.end_byte, made.encode()))
    return Proposal(
        Text("Keep the searched word one value", "Garder le mot cherché en une seule valeur"),
        tuple(edits),
        Safety.UNSAFE,
        Text(
            "Commas, parentheses and quotes in a search count as spaces now; try one search with a comma.",
            "Virgules, parenthèses et guillemets d'une recherche comptent comme des espaces : en essayer une.",
        ),
    )
