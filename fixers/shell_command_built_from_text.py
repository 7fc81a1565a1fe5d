"""Starts a program with its arguments apart, so that no shell reads them."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_text import Hole
from vibeaudit.remedy.script_code import LANGUAGES, arguments, quote_of
from vibeaudit.remedy.script_text import bare, declared, template
from vibeaudit.remedy.shell_words import NeedsShell, Word, words
from vibeaudit.remedy.syntax import enclosing, flagged, insert, item, nodes, remove_item, text
from vibeaudit.source import SourceFile

_FILES = {"exec": "execFile", "execSync": "execFileSync"}
_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition", "program")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """exec(`convert ${file}`) -> execFile("convert", [file]); anything that only a shell can do stays."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call_expression")
    if call is None or file.language not in LANGUAGES:
        return Refusal("the call was not found")
    try:
        edits = _edits(file, call)
    except NeedsShell as error:
        return Refusal(str(error))
    return Proposal(
        Text("Run the program without a shell", "Lancer le programme sans shell"),
        tuple(edits),
        Safety.UNSAFE,
        Text(
            "Run this once with a real value: a value that begins with - is still read as an option, and Windows "
            "starts .cmd and .bat files only through a shell.",
            "Le lancer une fois avec une vraie valeur : une valeur qui commence par - reste lue comme une option, et "
            "Windows ne lance les fichiers .cmd et .bat que par un shell.",
        ),
    )


def _edits(file: SourceFile, call: Node) -> list[Edit]:
    function, given = call.child_by_field_name("function"), arguments(call)
    name = text(function).rsplit(".", 1)[-1] if function is not None else ""
    if function is None or not given:
        raise NeedsShell("the call was not found")
    if name in ("spawn", "spawnSync", "execFile", "execFileSync"):
        return _without_shell(file, given)
    if name not in _FILES:
        raise NeedsShell("the command is started in a way that is not known here")
    made, drop = _command(file, call, given[0])
    parts = template(made)
    if parts is None or not parts.holes:
        raise NeedsShell("the command is not put together here")
    listed = [_word(file, w) for w in words(parts)]
    shown = f"{listed[0]}, [{', '.join(listed[1:])}]"
    edits = [Edit(file.path, given[0].start_byte, given[0].end_byte, shown.encode()), *drop]
    new = text(function)[: -len(name)] + _FILES[name]
    edits.append(Edit(file.path, function.start_byte, function.end_byte, new.encode()))
    return edits + ([] if "." in text(function) else _imported(file, name))


def _command(file: SourceFile, call: Node, given: Node) -> tuple[Node, list[Edit]]:
    """The text, and what goes when it stood in a `const` of its own that nothing else uses."""
    if given.type != "identifier":
        return bare(given), []
    scope = enclosing(call.parent, *_FUNCTIONS)
    found = declared(scope, text(given)) if scope is not None else None
    statement = enclosing(found, "lexical_declaration")
    if scope is None or found is None or statement is None:
        raise NeedsShell(f"{text(given)} is not put together in one place")
    if sum(text(n) == text(given) for n in nodes(scope, "identifier")) > 2 or len(statement.named_children) > 1:
        raise NeedsShell(f"{text(given)} is used more than once")
    end = file.data.find(b"\n", statement.end_byte)
    start = file.offset(statement.start_point[0] + 1)
    return bare(found), [Edit(file.path, start, len(file.data) if end == -1 else end + 1, b"")]


def _word(file: SourceFile, word: Word) -> str:
    if len(word) == 1 and isinstance(word[0], Hole):
        hole = word[0]
        return hole.expression if hole.node.type in ("string", "template_string") else f"String({hole.expression})"
    quote = quote_of(file)
    if not any(isinstance(p, Hole) for p in word):
        return f"{quote}{''.join(p for p in word if isinstance(p, str))}{quote}"
    pieces = ["${" + p.expression + "}" if isinstance(p, Hole) else p for p in word]
    return "`" + "".join(pieces) + "`"


def _without_shell(file: SourceFile, given: list[Node]) -> list[Edit]:
    options = next((a for a in given if a.type == "object"), None)
    shell = item(options, lambda n: re.match(r"shell\s*:", text(n)) is not None) if options is not None else None
    if options is None or shell is None or len(given) < 3 or " " in text(given[0]):
        raise NeedsShell("the command is started in a way that is not known here")
    if len(options.named_children) > 1:
        return [remove_item(file, options, shell)]
    return [remove_item(file, options.parent, options)] if options.parent is not None else []


def _imported(file: SourceFile, name: str) -> list[Edit]:
    """execFile beside exec in the same import, or in its place when nothing else uses exec."""
    assert file.tree is not None
    new = _FILES[name]
    for node in file.tree.root_node.children:
        shown = text(node)
        if not re.search(r"""["'](?:node:)?child_process["']""", shown) or re.search(rf"\b{new}\b", shown):
            continue
        for one in nodes(node, "identifier", "shorthand_property_identifier_pattern"):
            if text(one) == name:
                return [insert(file, one.end_byte, f", {new}")]
    if re.search(rf"\b{new}\b[^\n]*(?:from|require)", file.text):
        return []
    raise NeedsShell(f"{name} comes from another module here (a promise made of it): change that one")
