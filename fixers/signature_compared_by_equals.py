"""Compares signatures in a time that says nothing about how much of them was right."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, crypto_name, quote_of
from vibeaudit.remedy.syntax import flagged, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Both sides are hashed first, so that a wrong length neither throws nor answers sooner."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "binary_expression")
    left = node.child_by_field_name("left") if node is not None else None
    right = node.child_by_field_name("right") if node is not None else None
    if node is None or left is None or right is None or file.language not in LANGUAGES:
        return Refusal("the comparison was not found")
    sign = text(node.child_by_field_name("operator"))
    if sign not in ("===", "!==", "==", "!="):
        return Refusal("the comparison was not found")
    crypto, imports = crypto_name(file)
    if not crypto:
        return Refusal("this file runs where node's crypto is not: compare byte by byte without stopping early")
    quote = quote_of(file)
    made = f"{crypto}.timingSafeEqual({_digest(crypto, left, quote)}, {_digest(crypto, right, quote)})"
    edit = Edit(file.path, node.start_byte, node.end_byte, ("!" * (sign[0] == "!") + made).encode())
    return Proposal(
        Text("Compare the signature in constant time", "Comparer la signature en temps constant"),
        (edit, *imports),
        Safety.SAFE,
    )


def _digest(crypto: str, side: Node, quote: str) -> str:
    return f"{crypto}.createHash({quote}sha256{quote}).update(String({text(side)})).digest()"
