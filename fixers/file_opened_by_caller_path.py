"""Keeps only the name in the path that a caller sends."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import, positional
from vibeaudit.remedy.python_text import template
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """os.path.basename around the caller's part of a path that is put together here."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "string", "binary_operator", "identifier", "attribute")
    handler = enclosing(node, "decorated_definition", "function_definition")
    if re.search(r":path\}|<path:", "".join(text(d) for d in nodes(handler, "decorator")) if handler else ""):
        return Refusal("the path is meant to name folders too: resolve it and check that it stays in its folder")
    if node is not None and any(
        called(c).endswith("glob") for c in (node, node.parent, node.parent and node.parent.parent) if c
    ):
        return Refusal("the text is a pattern, in which * stands for any name: escape it with glob.escape")
    place = _callers_part(node) if node is not None else None
    if place is None:
        return Refusal("the path is put together elsewhere: resolve it and check that it stays in its folder")
    return Proposal(
        Text("Open only files of the one folder", "N'ouvrir que des fichiers du dossier prévu"),
        (replace(file, place, f"os.path.basename({text(place)})"), *ensure_import(file, "import os")),
        Safety.UNSAFE,
        Text(
            "Right only when all these files lie directly in the folder: names with / in them lose their folders.",
            "Juste seulement si tous ces fichiers sont directement dans le dossier : les noms avec / perdent le leur.",
        ),
    )


def _callers_part(node: Node) -> Node | None:
    """The last part of folder + name, when it is a plain value."""
    if node.type == "call" and called(node).endswith(("join", "joinpath")):
        last = positional(node)[-1:] if len(positional(node)) > 1 else []
    elif node.type == "binary_operator" and text(node.child_by_field_name("operator")) == "/":
        right = node.child_by_field_name("right")
        last = [right] if right is not None else []
    elif node.type == "call":
        inner = positional(node)[:1]
        return _callers_part(inner[0]) if inner else None
    else:
        found = template(node)
        last = [found.holes[-1].node] if found is not None and found.holes and found.parts[0] != found.holes[-1] else []
    return last[0] if last and last[0].type in ("identifier", "attribute", "subscript") else None
