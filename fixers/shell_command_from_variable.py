"""Runs a program with a list of arguments instead of through a shell."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import (
    arguments,
    called,
    drop_keyword,
    ensure_import,
    keyword,
    positional,
    quote_of,
    value,
)
from vibeaudit.remedy.python_text import Hole, bare, quoted, template
from vibeaudit.remedy.shell_words import NeedsShell, Word, words
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text
from vibeaudit.source import SourceFile

RULES = ("shell-command-from-variable", "tool-lets-model-run-commands")
_RUNS = re.compile(r"(?:^|\.)(?:run|call|check_call|check_output|Popen)$")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Where the command needs nothing that only a shell has."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    while call is not None and not _starts(call):
        call = enclosing(call.parent, "call")
    if call is None:
        return Refusal("a shell is handed a whole script; name the programs that may run")
    command = next(iter(positional(call)), None) or value(keyword(call, "args"))
    if command is None:
        return Refusal("the command was not found")
    try:
        place, made = _arguments(file, command)
    except NeedsShell as error:
        return Refusal(str(error))
    edits = _edits(file, call, command, place, made)
    if isinstance(edits, Refusal):
        return edits
    return Proposal(
        Text("Run the program without a shell", "Lancer le programme sans shell"), tuple(edits), Safety.SAFE
    )


def _starts(call: Node) -> bool:
    name = called(call)
    if name in ("os.system", "os.popen", "asyncio.create_subprocess_shell", "create_subprocess_shell"):
        return True
    return bool(_RUNS.search(name)) and text(value(keyword(call, "shell"))) == "True"


def _arguments(file: SourceFile, command: Node) -> tuple[Node, list[str]]:
    """The expression to replace, and the arguments as Python text."""
    place = bare(command)
    if place.type == "identifier":
        place = _assigned(place)
    found = template(place)
    if found is None or not found.holes:
        raise NeedsShell("the whole command is a value: choose it from a fixed list")
    return place, [_argument(file, word) for word in words(found)]


def _assigned(name: Node) -> Node:
    scope = enclosing(name, "function_definition", "module")
    assert scope is not None
    uses = [n for n in nodes(scope, "identifier") if text(n) == text(name)]
    given = [n for n in nodes(scope, "assignment") if text(n.child_by_field_name("left")) == text(name)]
    if not given:
        raise NeedsShell("the whole command is a value: choose it from a fixed list")
    right = given[0].child_by_field_name("right") if len(given) == 1 else None
    if right is None or len(uses) != 2:
        raise NeedsShell(f"{text(name)} is used in other places too")
    return right


def _argument(file: SourceFile, word: Word) -> str:
    if len(word) == 1 and isinstance(word[0], Hole):
        hole = word[0]
        return hole.expression if _is_text(file, hole) else f"str({hole.expression})"
    holes = any(isinstance(p, Hole) for p in word)
    content = "".join("{" + p.expression + "}" if isinstance(p, Hole) else p for p in word)
    made = quoted(content, holes, quote_of(file))
    if made is None:
        raise NeedsShell("a value and the text around it use both kinds of quotes")
    return made


def _is_text(file: SourceFile, hole: Hole) -> bool:
    """Whether a value is text as it is: joined by +, taken from a request, or declared so."""
    if hole.node.parent is not None and bare(hole.node.parent).type == "binary_operator":
        return True
    name = re.escape(hole.expression)
    if re.search(r"\brequest\.(?:args|form|values|headers|cookies|GET|POST|query_params)\b", hole.expression):
        return True
    if not re.fullmatch(r"\w+", hole.expression):
        return False
    scope = text(enclosing(hole.node, "function_definition"))
    return bool(
        re.search(rf"\b{name}\s*:\s*str\b", scope)
        or re.search(
            rf"^[ \t]*{name}\s*=\s*(?:request\.(?:args|form|values|headers|cookies|GET|POST)\b|f?[\"'])", scope, re.M
        )
    )


def _edits(file: SourceFile, call: Node, command: Node, place: Node, made: list[str]) -> list[Edit] | Refusal:
    listed = f"[{', '.join(made)}]"
    function = call.child_by_field_name("function")
    assert function is not None
    name = called(call)
    if name.endswith("create_subprocess_shell"):
        if place != bare(command):
            return Refusal("the command is put together elsewhere; create_subprocess_exec takes each argument alone")
        return [
            replace(file, function, name.replace("_shell", "_exec")),
            replace(file, command, ", ".join(made)),
        ]
    edits = [replace(file, place if place != bare(command) else command, listed)]
    if name == "os.system":
        listing = arguments(call)
        assert listing is not None
        used = call.parent is not None and call.parent.type != "expression_statement"
        edits.append(replace(file, function, "subprocess.run"))
        edits.append(Edit(file.path, listing.end_byte - 1, listing.end_byte, b", check=False)"))
        if used:
            edits.append(Edit(file.path, listing.end_byte, listing.end_byte, b".returncode"))
        return [*edits, *ensure_import(file, "import subprocess")]
    if name == "os.popen":
        read = call.parent
        outer = read.parent if read is not None else None
        if read is None or outer is None or text(outer) != f"{text(call)}.read()":
            return Refusal("what os.popen gives is read in a way that is not known here")
        edits.append(replace(file, function, "subprocess.run"))
        tail = b", stdout=subprocess.PIPE, text=True, check=False).stdout"
        edits.append(Edit(file.path, call.end_byte - 1, outer.end_byte, tail))
        return [*edits, *ensure_import(file, "import subprocess")]
    dropped = drop_keyword(file, call, "shell")
    return [*edits, dropped] if dropped is not None else Refusal("the call was not found")
