"""Codes and tokens come from the operating system's randomness."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, crypto_name, quote_of
from vibeaudit.remedy.syntax import flagged, text
from vibeaudit.source import SourceFile

_RANGE = re.compile(
    r"^Math\.floor\(\s*(?:(\d+)\s*\+\s*Math\.random\(\)\s*\*\s*(\d+)|Math\.random\(\)\s*\*\s*(\d+)(?:\s*\+\s*(\d+))?)\s*\)$"
)

_BELOW = re.compile(r"^Math\.floor\(\s*Math\.random\(\)\s*\*\s*([A-Za-z_$][\w$]*(?:\.length)?)\s*\)$")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """A number of a range keeps its range, letters keep their kind."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call_expression")
    if call is None or file.language not in LANGUAGES or str(file.path) in bench.app.client_files:
        return Refusal("in the browser, let the server make this value")
    crypto, imports = crypto_name(file)
    if not crypto:
        return Refusal("this file runs where node's crypto is not: use crypto.getRandomValues")
    edit = _edit(file, call, crypto)
    if edit is None:
        return Refusal("what this random number becomes is not known here")
    return Proposal(
        Text("Draw the secret from the system's randomness", "Tirer le secret du hasard du système"),
        (edit, *imports),
        Safety.SAFE,
    )


def _edit(file: SourceFile, call: Node, crypto: str) -> Edit | None:
    outer = call
    while outer.parent is not None and outer.parent.type in (
        "binary_expression",
        "arguments",
        "call_expression",
        "member_expression",
        "parenthesized_expression",
    ):
        outer = outer.parent
        if outer.type == "call_expression" and (found := _RANGE.match(text(outer))):
            low = int(found[1] or found[4] or 0)
            count = int(found[2] or found[3])
            made = f"{crypto}.randomInt({low}, {low + count})"
            return Edit(file.path, outer.start_byte, outer.end_byte, made.encode())
        if outer.type == "call_expression" and (below := _BELOW.match(text(outer))):
            return Edit(file.path, outer.start_byte, outer.end_byte, f"{crypto}.randomInt({below[1]})".encode())
    return _letters(file, call, crypto)


def _letters(file: SourceFile, call: Node, crypto: str) -> Edit | None:
    """Math.random().toString(36).slice(2): as many letters and digits, or more."""
    last, written = call, ""
    while last.parent is not None and last.parent.type == "member_expression":
        outer = last.parent.parent
        if outer is None or outer.type != "call_expression":
            break
        name = text(last.parent.child_by_field_name("property"))
        if name not in ("toString", "slice", "substring", "substr"):
            break
        last = outer
        written += f".{name}({', '.join(text(a) for a in arguments(outer))})"
    if not re.match(r"\.toString\((?:36|16)\)\.(?:slice|substring|substr)\(", written):
        return None
    length = re.search(r"\.(slice|substring|substr)\((\d+),\s*(\d+)\)$", written)
    quote = quote_of(file)
    made = f"{crypto}.randomBytes(16).toString({quote}hex{quote})"
    if length:
        count = int(length[3]) - (0 if length[1] == "substr" else int(length[2]))
        if not 0 < count <= 32:
            return None
        made += f".slice(0, {count})"
    return Edit(file.path, last.start_byte, last.end_byte, made.encode())
