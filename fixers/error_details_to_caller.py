"""Answers with a fixed sentence and keeps the details for the log."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import ensure_import, quote_of
from vibeaudit.remedy.syntax import enclosing, flagged, indent_of, insert, nodes, replace, text
from vibeaudit.source import SourceFile

_LOGGER = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:logging\.getLogger|structlog\.get_logger|getLogger)\(", re.MULTILINE
)
SENTENCE = "Internal server error"
_STATEMENTS = ("return_statement", "raise_statement", "expression_statement", "assignment")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The value that holds the exception's text becomes a sentence; the line before logs the exception."""
    file = bench.flagged(finding)
    node = flagged(file, finding, *_STATEMENTS, "call")
    statement = enclosing(node, *_STATEMENTS)
    if statement is None:
        return Refusal("the answer was not found")
    told = [n for n in nodes(statement, "call") if _tells(n)]
    told += [
        n for n in nodes(statement, "interpolation") if re.fullmatch(r"\{(?:e|ex|exc|err|error|exception)\}", text(n))
    ]
    if _kept_before(statement):
        return Refusal("the trace has a name before it is answered")
    values = [v for n in told if (v := _value(n, statement)) is not None]
    if not values:
        return Refusal("the exception's text is not a value of its own")
    mark = quote_of(file)
    edits = [replace(file, v, f"{mark}{SENTENCE}{mark}") for v in values if not _inside(v, values)]
    indent = indent_of(file, statement)
    log, imports = _log(file, statement)
    if log:
        edits.append(insert(file, statement.start_byte, f"{log}\n{indent}"))
    return Proposal(
        Text("Answer with a sentence, and log the details", "Répondre par une phrase, et journaliser les détails"),
        (*edits, *imports),
        Safety.UNSAFE,
        Text(
            "Callers no longer see the exception's text: pages that showed it must show the sentence.",
            "Les appelants ne voient plus le texte de l'exception : adapter les pages qui l'affichaient.",
        ),
    )


def _kept_before(statement: Node) -> bool:
    """Whether the answer holds a name that the function gave to a trace."""
    function = enclosing(statement, "function_definition")
    if function is None:
        return False
    made = [n for n in nodes(function, "assignment") if "traceback.format" in text(n)]
    kept = {text(n.child_by_field_name("left")) for n in made}
    return any(text(n) in kept for n in nodes(statement, "identifier"))


def _tells(call: Node) -> bool:
    name = text(call.child_by_field_name("function"))
    return name in ("str", "repr") or name.endswith(("format_exc", "format_exception"))


def _value(node: Node, statement: Node) -> Node | None:
    """The whole value around the exception's text: of a keyword, a dictionary's pair, or an argument."""
    at: Node = node
    while at.parent is not None and at.parent != statement:
        parent = at.parent
        if parent.type in ("keyword_argument", "pair"):
            return at if parent.child_by_field_name("value") == at else None
        if parent.type in ("argument_list", "expression_list", "dictionary") and not _tells(parent.parent or parent):
            return at
        at = parent
    return at if statement.type == "return_statement" else None


def _inside(value: Node, values: list[Node]) -> bool:
    """Whether the value lies in another, or is the same as an earlier one."""
    place = values.index(value)
    return any(
        (o.start_byte <= value.start_byte and value.end_byte <= o.end_byte) and (o != value or i < place)
        for i, o in enumerate(values)
    )


def _log(file: SourceFile, statement: Node) -> tuple[str, tuple[Edit, ...]]:
    """The line that writes the exception to the log, unless the handler has one."""
    handler = enclosing(statement, "except_clause", "function_definition")
    shown = text(handler)
    if re.search(r"\.exception\(|exc_info=|\.(?:error|critical)\(", shown):
        return "", ()
    mark = quote_of(file)
    named = _LOGGER.search(file.text)
    logger = named[1] if named else "logging"
    imports = () if named else ensure_import(file, "import logging")
    if handler is not None and handler.type == "except_clause":
        return f"{logger}.exception({mark}The request failed{mark})", imports
    error = re.search(r"str\((\w+)\)", text(statement))
    info = f", exc_info={error[1]}" if error else ""
    return f"{logger}.error({mark}The request failed{mark}{info})", imports
