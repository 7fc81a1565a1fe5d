"""Sends people only to paths of the app itself."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import keyword, positional, quote_of, value
from vibeaudit.remedy.syntax import enclosing, flagged, indent_of, insert, nodes, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """A check before the redirect; what leaves the app becomes its start page."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    while call is not None and not re.search(
        r"(?:^|\.)(?:redirect|\w*Redirect\w*)$", text(call.child_by_field_name("function"))
    ):
        call = enclosing(call.parent, "call")
    statement = enclosing(call, "return_statement", "expression_statement")
    target = _target(call) if call is not None else None
    if call is None or target is None or statement is None or statement.start_point[0] != indent_line(statement):
        return Refusal("the redirect was not found in a statement of its own")
    mark, indent = quote_of(file), indent_of(file, statement)
    root = f"{mark}/{mark}"
    lines, edits = [], []
    if target.type == "identifier":
        name = text(target)
    else:
        taken = {text(n) for n in nodes(enclosing(statement, "function_definition") or statement, "identifier")}
        name = next(n for n in ("target", "next_path", "redirect_path") if n not in taken)
        edits.append(replace(file, target, name))
        given = text(target)
        optional = re.search(r"\.get\([^,()]+\)$", given) is not None
        lines.append(f"{name} = {given} or {root}" if optional else f"{name} = {given}")
    slashes = f"({mark}//{mark}, {mark}/\\\\{mark})"
    lines.append(f"if not {name}.startswith({root}) or {name}.startswith({slashes}):")
    lines.append(f"    {name} = {root}")
    before = "".join(f"{line}\n{indent}" for line in lines)
    return Proposal(
        Text("Redirect only within the app", "Ne rediriger qu'à l'intérieur de l'application"),
        (insert(file, statement.start_byte, before), *edits),
        Safety.UNSAFE,
        Text(
            "Redirects to other sites that are meant (a payment page, a sign-in service) need a list of their hosts.",
            "Les redirections voulues vers d'autres sites (paiement, connexion) demandent une liste de leurs hôtes.",
        ),
    )


def indent_line(statement: Node) -> int:
    """The row on which the statement is the first; -1 when something stands before it there."""
    before = statement.prev_sibling
    return -1 if before is not None and before.end_point[0] == statement.start_point[0] else statement.start_point[0]


def _target(call: Node) -> Node | None:
    return next(iter(positional(call)), None) or value(keyword(call, "url"))
