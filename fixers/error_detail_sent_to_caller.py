"""Tells the caller that something failed, and the log what."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, quote_of, semicolon_of, value
from vibeaudit.remedy.syntax import enclosing, flagged, indent_of, insert, items, remove_item, replace, text
from vibeaudit.source import SourceFile

_STACK = re.compile(r"^(\w+)\??\.stack$")
_TOLD = re.compile(r"^\(?(\w+)(?: as \w+\))?\??\.(?:stack|message|sqlMessage|detail)$")
_VALUES = ("object", "member_expression", "identifier", "template_string", "binary_expression", "call_expression")
_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The stack leaves the answer; it is written to the log where nothing logged the error before."""
    file = bench.flagged(finding)
    call = _answering(flagged(file, finding, *_VALUES))
    body = next(iter(arguments(call)), None) if call is not None else None
    if call is None or body is None or file.language not in LANGUAGES:
        return Refusal("the answer was not found")
    found = _answer(file, body)
    if found is None:
        return Refusal("the answer is put together elsewhere")
    edits, name = found
    logged = _logged(file, call, name)
    return Proposal(
        Text("Keep the error's details on the server", "Garder les détails de l'erreur sur le serveur"),
        (*edits, *logged),
        Safety.UNSAFE,
        Text(
            "Pages that showed this text show less now: look for code that reads `stack` from the answer.",
            "Les pages qui montraient ce texte en montrent moins : chercher le code qui lit `stack` dans la réponse.",
        ),
    )


def _answering(node: Node | None) -> Node | None:
    """The call that the flagged value is an argument of."""
    held = node.parent if node is not None and node.parent is not None and node.parent.type == "arguments" else None
    return held.parent if held is not None else None


def _answer(file: SourceFile, body: Node) -> tuple[tuple[Edit, ...], str] | None:
    quote = quote_of(file)
    if alone := _TOLD.match(text(body)):
        return (replace(file, body, f"{quote}Something went wrong{quote}"),), alone[1]
    if body.type != "object":
        return None
    edits: list[Edit] = []
    name = ""
    for pair in items(body):
        found = _TOLD.match(text(value(pair))) if pair.type == "pair" else None
        inner = value(pair)
        if not found or inner is None:
            continue
        name = found[1]
        stack = _STACK.match(text(inner)) and len(items(body)) > 1
        told = f"{quote}Something went wrong{quote}"
        edits.append(remove_item(file, body, pair) if stack else replace(file, inner, told))
    return (tuple(edits), name) if edits else None


def _logged(file: SourceFile, call: Node, name: str) -> tuple[Edit, ...]:
    function = enclosing(call, *_FUNCTIONS)
    statement = enclosing(call, "expression_statement", "return_statement")
    known = function is not None and re.search(r"console\.error|logger\.|log\.error|captureException", text(function))
    if known or statement is None or statement.parent is None or statement.parent.type != "statement_block":
        return ()
    margin = indent_of(file, statement)
    return (insert(file, statement.start_byte, f"console.error({name}){semicolon_of(file)}\n{margin}"),)
