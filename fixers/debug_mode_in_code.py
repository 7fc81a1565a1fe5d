"""Debug mode comes from the environment and is off unless asked for."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import ensure_import, keyword, quote_of, value
from vibeaudit.remedy.syntax import flagged, nodes, replace, text
from vibeaudit.source import SourceFile

RULES = ("debug-mode-in-code", "django-debug-in-settings")
_YES = re.compile(r"(?i)[\"'](?:1|true|on|yes)[\"']")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """True becomes a question to the environment; a default of True becomes one of False."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "assignment")
    if node is None:
        return Refusal("the setting was not found")
    name = (
        "FLASK_DEBUG" if re.search(r"^[ \t]*(?:from|import)\s+(?:flask|quart)\b", file.text, re.MULTILINE) else "DEBUG"
    )
    if (place := _true(node)) is not None:
        mark = quote_of(file)
        asked = f"os.environ.get({mark}{name}{mark}) == {mark}1{mark}"
        edits: tuple[Edit, ...] = (replace(file, place, asked), *ensure_import(file, "import os"))
    else:
        edits = _default(file, node)
    if not edits:
        return Refusal("the setting is not a plain True")
    return Proposal(
        Text("Leave debug mode off unless the environment asks for it", "Laisser le mode debug éteint sauf demande"),
        edits,
        Safety.UNSAFE,
        Text(
            f"Developers now set {name}=1 on their own machines; nobody sets it on the server.",
            f"Les développeurs mettent désormais {name}=1 sur leur machine ; personne ne le met sur le serveur.",
        ),
    )


def _true(node: Node) -> Node | None:
    if node.type == "assignment":
        right = node.child_by_field_name("right")
        return right if text(right) == "True" else None
    for name in ("debug", "DEBUG"):
        if (found := value(keyword(node, name))) is not None and text(found) == "True":
            return found
    return None


def _default(file: SourceFile, node: Node) -> tuple[Edit, ...]:
    """os.environ.get("DEBUG", "True") and config("DEBUG", default=True)."""
    right = node.child_by_field_name("right") if node.type == "assignment" else None
    call = next(nodes(right, "call"), None) if right is not None else None
    while call is not None and keyword(call, "default") is None:
        listing = call.child_by_field_name("arguments")
        given = [n for n in listing.named_children if n.type == "string"] if listing is not None else []
        if len(given) == 2 and _YES.fullmatch(text(given[1])):
            mark = text(given[1])[0]
            return (replace(file, given[1], f"{mark}{'0' if text(given[1])[1:-1] == '1' else 'False'}{mark}"),)
        call = next((n for n in nodes(call, "call") if n != call), None)
    default = value(keyword(call, "default")) if call is not None else None
    return (replace(file, default, "False"),) if default is not None and text(default) == "True" else ()
