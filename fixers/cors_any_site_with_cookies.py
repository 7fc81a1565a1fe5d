"""The sites that may call with cookies come from the environment."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import name_in_sample
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, ensure_import, keyword, quote_of, value
from vibeaudit.remedy.syntax import add_item, flagged, insert, nodes, replace, text
from vibeaudit.source import SourceFile

NAME = "CORS_ORIGINS"


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The star becomes a list that is empty until somebody fills it."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "assignment")
    mark = quote_of(file)
    read = f"[o for o in os.environ.get({mark}{NAME}{mark}, {mark}{mark}).split({mark},{mark}) if o]"
    edits = _edits(file, node, read) if node is not None else ()
    if not edits:
        return Refusal("the origins are set in a way that is not known here")
    sample = name_in_sample(bench, file.path, NAME, "https://app.example.com")
    return Proposal(
        Text("Let only the app's own sites call with cookies", "Ne laisser que vos sites appeler avec des cookies"),
        (*edits, *ensure_import(file, "import os"), *sample),
        Safety.UNSAFE,
        Text(
            f"Set {NAME} to the addresses of your own pages (https://app.example.com, comma between two) before the "
            "next release; until then pages of other origins are refused.",
            f"Définir {NAME} avec les adresses de vos pages (https://app.example.com, séparées par des virgules) avant "
            "la mise en ligne ; d'ici là les pages d'autres origines sont refusées.",
        ),
    )


def _edits(file: SourceFile, node: Node, read: str) -> tuple[Edit, ...]:
    if node.type == "assignment":
        right, line = node.child_by_field_name("right"), node.parent
        if right is None or text(right) != "True" or line is None:
            return ()
        listed = f"\nCORS_ALLOWED_ORIGINS = {read}"
        known = "CORS_ALLOWED_ORIGINS" in file.text or "CORS_ORIGIN_WHITELIST" in file.text
        return (replace(file, right, "False"), *(() if known else (insert(file, node.end_byte, listed),)))
    if text(node.child_by_field_name("function")).rpartition(".")[2] in ("endswith", "update"):
        return ()  # headers that are written by hand
    for name in ("allow_origins", "origins"):
        if (given := value(keyword(node, name))) is not None:
            return (replace(file, given, read),)
    if (pattern := keyword(node, "allow_origin_regex")) is not None:
        return (replace(file, pattern, f"allow_origins={read}"),)
    if (resources := value(keyword(node, "resources"))) is not None:
        pairs = [p for p in nodes(resources, "pair") if text(p.child_by_field_name("key")).strip("'\"") == "origins"]
        found = [p.child_by_field_name("value") for p in pairs]
        return tuple(replace(file, n, read) for n in found if n is not None and "*" in text(n))
    listing = arguments(node)
    return (add_item(file, listing, f"origins={read}"),) if listing is not None else ()
