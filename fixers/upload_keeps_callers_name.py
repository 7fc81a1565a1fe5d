"""Keeps an uploaded file's name and drops the folders that its sender wrote before it."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text

_CLEANERS = ("basename", "secure_filename", "splitext", "Path", "PurePath", "PurePosixPath", "len")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The name is cleaned where a path is made of it: os.path.join, /, an f-string, or the call itself."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "identifier", "attribute", "string", "binary_operator")
    scope = enclosing(node, "function_definition", "module")
    found = [
        n
        for n in (nodes(scope, "attribute") if scope is not None else ())
        if text(n.child_by_field_name("attribute")) == "filename" and _makes_path(n)
    ]
    if not found:
        return Refusal("the name reaches the path in a way that is not known here")
    from_path = "import os" not in file.text and "from pathlib import" in file.text and "Path" in file.text
    edits = [replace(file, n, f"Path({text(n)}).name" if from_path else f"os.path.basename({text(n)})") for n in found]
    return Proposal(
        Text("Keep only the name of an uploaded file", "Ne garder que le nom d'un fichier envoyé"),
        (*edits, *(() if from_path else ensure_import(file, "import os"))),
        Safety.SAFE,
    )


def _makes_path(name: Node) -> bool:
    """Whether the name becomes part of a path here, and is not cleaned already."""
    at = name.parent
    while at is not None and at.type not in (
        "expression_statement",
        "function_definition",
        "with_item",
        "return_statement",
    ):
        if at.type == "call":
            function = called(at).rsplit(".", 1)[-1]
            if function in _CLEANERS:
                return False
            return function in ("join", "joinpath", "open", "save") or called(at) == "open"
        if at.type == "keyword_argument" or at.type == "pair":
            return False
        if at.type == "binary_operator" and text(at.child_by_field_name("operator")) in ("/", "+"):
            return True
        if at.type == "string":
            return "/" in text(at) or "open(" in text(enclosing(at, "call"))
        at = at.parent
    return False
