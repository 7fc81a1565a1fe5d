"""Writes an access check as a condition that always runs."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import flagged, indent_of, items, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """assert x, "why" becomes if not x: raise PermissionError("why")."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "assert_statement")
    parts = items(node) if node is not None else []
    if node is None or not parts or node.start_point[0] != node.end_point[0]:
        return Refusal("the check is not on a line of its own")
    condition, why = text(parts[0]), text(parts[1]) if len(parts) > 1 else ""
    simple = parts[0].type in ("attribute", "call", "identifier", "subscript", "parenthesized_expression")
    negated = f"not {condition}" if simple else f"not ({condition})"
    error = f"PermissionError({why})" if why else "PermissionError"
    return Proposal(
        Text(
            "Check access with a condition that always runs",
            "Contrôler l'accès par une condition qui s'exécute toujours",
        ),
        (replace(file, node, f"if {negated}:\n{indent_of(file, node)}    raise {error}"),),
        Safety.UNSAFE,
        Text(
            "Code that catches AssertionError here must catch PermissionError.",
            "Le code qui intercepte AssertionError ici doit intercepter PermissionError.",
        ),
    )
