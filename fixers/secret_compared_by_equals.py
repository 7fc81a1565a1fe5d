"""Compares a secret in a time that says nothing of it."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, ensure_import, quote_of
from vibeaudit.remedy.syntax import enclosing, flagged, items, nodes, replace, text
from vibeaudit.source import SourceFile


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """== and != become hmac.compare_digest; a header that may be missing gets an empty default."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "comparison_operator")
    if node is None or len(node.named_children) != 2 or len(node.children) != 3:
        return Refusal("the comparison is not a plain == or !=")
    if enclosing(node, "assert_statement") is not None:
        return Refusal("a test's own comparison: nobody measures its time")
    sign = text(node.children[1])
    if sign not in ("==", "!="):
        return Refusal("the comparison is not a plain == or !=")
    left, right = node.named_children
    sure = _sure(file, left) and _sure(file, right)
    made = f"hmac.compare_digest({_present(file, left)}, {_present(file, right)})"
    return Proposal(
        Text("Compare the secret in constant time", "Comparer le secret en temps constant"),
        (replace(file, node, made if sign == "==" else f"not {made}"), *ensure_import(file, "import hmac")),
        Safety.SAFE if sure else Safety.UNSAFE,
        Text("", "")
        if sure
        else Text(
            "Both sides must be text, or both bytes, and neither may be None.",
            "Les deux côtés doivent être du texte, ou tous deux des octets, et aucun ne peut être None.",
        ),
    )


def _present(file: SourceFile, node: Node) -> str:
    listing = arguments(node) if node.type == "call" else None
    if listing is not None and called(node).endswith("headers.get") and len(items(listing)) == 1:
        mark = quote_of(file)
        return f"{called(node)}({text(items(listing)[0])}, {mark}{mark})"
    return text(node)


def _sure(file: SourceFile, node: Node) -> bool:
    """Whether this is text for certain: a header, a hex digest, a variable of the environment."""
    shown = text(node)
    if node.type == "call":
        return called(node).endswith(("headers.get", ".hexdigest"))
    if node.type == "subscript":
        return "headers[" in shown or shown.startswith("os.environ[")
    scope = enclosing(node, "function_definition")
    for place in (scope, enclosing(node, "module")):
        given = [
            n.child_by_field_name("right")
            for n in (nodes(place, "assignment") if place is not None else ())
            if text(n.child_by_field_name("left")) == shown
        ]
        if given:
            return all(n is not None and n.type != "identifier" and _sure(file, n) for n in given)
    return False
