"""Takes secrets and personal data out of what is written to the log."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import span
from vibeaudit.remedy.script_code import LANGUAGES, arguments
from vibeaudit.remedy.syntax import enclosing, items, remove_item, text
from vibeaudit.source import SourceFile

RULES = ("personal-data-written-to-log", "secret-written-to-log")
_LOGS = ("log", "info", "warn", "error", "debug", "trace")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The argument or property goes; in a text the value becomes a word that says so."""
    file = bench.flagged(finding)
    if file.language not in LANGUAGES or file.tree is None:
        return Refusal("the log call was not found")
    start, end = span(file, finding.primary)
    node = file.tree.root_node.descendant_for_byte_range(start, max(start, end - 1))
    while node is not None and (node.start_byte > start or node.end_byte < end):
        node = node.parent
    edit = _without(file, node) if node is not None else None
    if edit is None:
        return Refusal("the value is put into the text in a way that is not known here")
    return Proposal(
        Text("Keep the value out of the log", "Garder la valeur hors du journal"),
        (edit,),
        Safety.SAFE,
    )


def _without(file: SourceFile, node: Node) -> Edit | None:
    call = _log_call(node)
    listing = call.child_by_field_name("arguments") if call is not None else None
    if call is None or listing is None:
        return None
    inner = node
    while inner.parent is not None and inner != listing:
        holder = inner.parent
        if inner.type in ("pair", "shorthand_property_identifier") and holder.type == "object":
            if len(items(holder)) > 1:
                return remove_item(file, holder, inner)
        elif holder.type == "template_substitution":
            return Edit(file.path, holder.start_byte, holder.end_byte, b"[hidden]")
        elif holder == listing:
            return _argument(file, call, listing, inner)
        elif holder.type not in ("pair", "object", "call_expression", "arguments", "member_expression"):
            return None
        inner = holder
    return None


def _argument(file: SourceFile, call: Node, listing: Node, gone: Node) -> Edit | None:
    """The argument goes with its comma; a call that says nothing more goes as a whole."""
    if len(arguments(call)) > 1:
        return remove_item(file, listing, gone)
    statement = call.parent
    if (
        statement is None
        or statement.type != "expression_statement"
        or statement.start_point[0] != statement.end_point[0]
    ):
        return None
    if statement.parent is None or statement.parent.type not in ("statement_block", "program"):
        return None
    line = statement.start_point[0] + 1
    if file.line(line).strip() != text(statement):
        return None
    end = file.data.find(b"\n", statement.end_byte)
    return Edit(file.path, file.offset(line), len(file.data) if end == -1 else end + 1, b"")


def _log_call(node: Node) -> Node | None:
    call = enclosing(node, "call_expression")
    while call is not None:
        function = call.child_by_field_name("function")
        name = text(function.child_by_field_name("property")) if function is not None else ""
        if name in _LOGS:
            return call
        call = enclosing(call.parent, "call_expression")
    return None
