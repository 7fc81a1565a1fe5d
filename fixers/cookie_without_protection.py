"""Keeps sign-in cookies away from scripts, from plain HTTP and from other sites."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, keyword, quote_of, value
from vibeaudit.remedy.syntax import add_item, flagged, replace, text
from vibeaudit.source import SourceFile

SETTINGS = ("SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """httponly, secure and samesite where they are missing or off; a setting of False becomes True."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "assignment")
    edits = _edits(file, node) if node is not None else ()
    if not edits:
        return Refusal("the cookie is set in a way that is not known here")
    return Proposal(
        Text("Protect the sign-in cookie", "Protéger le cookie de connexion"),
        edits,
        Safety.UNSAFE,
        Text(
            "The app must be served over https, no script of the page may read this cookie, and tests over plain http "
            "must ask for https addresses.",
            "L'application doit être servie en https, aucun script de la page ne doit lire ce cookie, et les tests en "
            "http doivent demander des adresses https.",
        ),
    )


def _edits(file: SourceFile, node: Node) -> tuple[Edit, ...]:
    if node.type == "assignment":
        right = node.child_by_field_name("right")
        return (replace(file, right, "True"),) if right is not None and text(right) == "False" else ()
    listing = arguments(node)
    if listing is None:
        return ()
    if any(text(n) == "SessionMiddleware" for n in listing.named_children):
        return (add_item(file, listing, "https_only=True"),)
    if not called(node).endswith("set_cookie"):
        found = [value(keyword(node, name)) for name in SETTINGS]
        return tuple(replace(file, n, "True") for n in found if n is not None and text(n) == "False")
    mark = quote_of(file)
    edits, missing = [], []
    for name, wanted in (("httponly", "True"), ("secure", "True"), ("samesite", f"{mark}lax{mark}")):
        given = value(keyword(node, name))
        if given is None:
            missing.append(f"{name}={wanted}")
        elif text(given) == "False":
            edits.append(replace(file, given, wanted))
    if missing:
        edits.append(add_item(file, listing, _spread(file, listing, missing)))
    return tuple(edits)


def _spread(file: SourceFile, listing: Node, new: list[str]) -> str:
    """Several arguments as one piece, each on its own line where the call has them so."""
    first = next(n for n in listing.named_children if n.type != "comment")
    line = file.data[file.offset(first.start_point[0] + 1) : first.start_byte]
    return (",\n" + line.decode() if not line.strip() else ", ").join(new)
