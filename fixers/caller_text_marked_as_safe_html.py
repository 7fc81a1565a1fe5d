"""Escapes the values that are put into HTML by an f-string, a % or a +."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import ensure_import
from vibeaudit.remedy.python_text import Hole, template
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text

_CLEAN = re.compile(r"(?:^|\.)(?:escape|conditional_escape|clean|url_for|len|int|float|quote)\(")

_FILTER = re.compile(r"^@[\w.]+\.(?:filter|simple_tag|(?:app_)?template_(?:filter|global))\b")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Each value of the text that is not escaped yet."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "string", "concatenated_string", "binary_operator", "call", "identifier")
    found = template(node) if node is not None else None
    if found is None and node is not None:
        inner = next((n for n in nodes(node, "string", "concatenated_string", "binary_operator") if template(n)), None)
        found = template(inner) if inner is not None else None
    if node is not None and _FILTER.search(text(enclosing(node, "decorated_definition"))[:200]):
        return Refusal("a filter or tag of templates: build its HTML with format_html")
    holes = [h for h in found.holes if not _CLEAN.match(h.expression)] if found is not None else []
    if found is None or not holes:
        return Refusal("the whole text is the caller's: clean it with nh3, or leave the escaping on")
    if re.search(
        r"^[ \t]*from markupsafe import|^[ \t]*from flask import|^[ \t]*import flask", file.text, re.MULTILINE
    ):
        imported, plain = "from markupsafe import escape", True
    else:
        imported, plain = "from html import escape", False
    named = "html.escape" if re.search(r"^import html$", file.text, re.MULTILINE) and not plain else "escape"
    edits = [replace(file, h.node, f"{named}({_as_text(h, plain)})") for h in holes]
    return Proposal(
        Text("Escape the caller's text in the page", "Échapper le texte de l'appelant dans la page"),
        (*edits, *(ensure_import(file, imported) if named == "escape" else ())),
        Safety.UNSAFE,
        Text(
            "A value that is HTML on purpose shows as text now: look at the page.",
            "Une valeur qui est volontairement du HTML s'affiche désormais comme du texte : regarder la page.",
        ),
    )


def _as_text(hole: Hole, plain: bool) -> str:
    declared = re.search(
        rf"\b{re.escape(hole.expression)}\s*:\s*str\b", text(enclosing(hole.node, "function_definition"))
    )
    return hole.expression if plain or declared else f"str({hole.expression})"
