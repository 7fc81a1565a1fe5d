"""Switches Jinja's escaping on."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import, keyword, set_keyword
from vibeaudit.remedy.syntax import flagged, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """By file name, as Jinja's own select_autoescape does."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "assignment" if "autoescape =" in finding.anchor else "call", "call", "assignment")
    edits: tuple[Edit, ...] = ()
    if node is not None and node.type == "assignment":
        right = node.child_by_field_name("right")
        edits = (replace(file, right, "True"),) if right is not None and text(right) == "False" else ()
    elif node is not None and keyword(node, "autoescape") is not None:
        tornado = text(keyword(node, "autoescape")) == "None"
        edits = (set_keyword(file, node, "autoescape", '"xhtml_escape"' if tornado else "True"),)
    elif node is not None:
        owner = called(node).rpartition(".")[0]
        choice = f"{owner}.select_autoescape()" if owner else "select_autoescape()"
        imported = () if owner else ensure_import(file, "from jinja2 import select_autoescape")
        edits = (set_keyword(file, node, "autoescape", choice), *imported)
    if not edits:
        return Refusal("escaping is switched off in a way that is not known here")
    return Proposal(
        Text("Escape what templates show", "Échapper ce que les modèles affichent"),
        edits,
        Safety.UNSAFE,
        Text(
            "Look at each page: a value that is HTML on purpose now needs |safe in its template.",
            "Regarder chaque page : une valeur qui est volontairement du HTML demande désormais |safe dans son modèle.",
        ),
    )
