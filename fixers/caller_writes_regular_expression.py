"""Searches for the caller's text as it is, or escapes it for the directory that is asked."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import, positional
from vibeaudit.remedy.python_text import template
from vibeaudit.remedy.syntax import enclosing, flagged, replace, text

RULES = ("caller-writes-regular-expression", "caller-text-in-directory-query")
_RE = re.compile(r"(?:^|\.)(?:search|match|fullmatch|findall|finditer|sub|subn|split|compile)$")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """re.escape(...), or escape_filter_chars(...) of the LDAP library that the app uses."""
    file = bench.flagged(finding)
    if finding.rule_id == "caller-text-in-directory-query":
        return _directory(finding, bench)
    call = flagged(file, finding, "call")
    while call is not None and not (called(call).startswith("re.") and _RE.search(called(call))):
        call = enclosing(call.parent, "call")
    given = positional(call)[:1] if call is not None else []
    if not given:
        return Refusal("the expression was not found")
    found = template(given[0])
    places = [h.node for h in found.holes] if found is not None and found.holes else given
    edits = tuple(replace(file, n, f"re.escape({text(n)})") for n in places if not text(n).startswith("re.escape("))
    return Proposal(
        Text("Search for the caller's text as it is", "Chercher le texte de l'appelant tel quel"),
        edits,
        Safety.UNSAFE,
        Text(
            "Callers who wrote patterns on purpose (a.*b) now search for these very characters.",
            "Les appelants qui écrivaient exprès des motifs (a.*b) cherchent désormais ces caractères mêmes.",
        ),
    )


def _directory(finding: Finding, bench: Bench) -> Proposal | Refusal:
    file = bench.flagged(finding)
    node = flagged(file, finding, "string", "binary_operator", "call", "concatenated_string")
    found = template(node) if node is not None else None
    if found is None or not found.holes or enclosing(node, "call") is None:
        return Refusal("the query is put together elsewhere")
    call = enclosing(node, "call")
    if "search" not in called(call):
        return Refusal("XPath takes its values as variables of their own: xpath(..., name=name)")
    everywhere = "\n".join(f.text for f in bench.snapshot.of("python"))
    module = "ldap3.utils.conv" if "ldap3" in everywhere else "ldap.filter"
    edits = [replace(file, h.node, f"escape_filter_chars({h.expression})") for h in found.holes]
    return Proposal(
        Text("Escape the values of the directory query", "Échapper les valeurs de la requête à l'annuaire"),
        (*edits, *ensure_import(file, f"from {module} import escape_filter_chars")),
        Safety.SAFE,
    )
