"""Takes the last part of a name that the caller sends, so that the file stays in its folder."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_text import Hole
from vibeaudit.remedy.script_code import LANGUAGES, arguments, ensure_import
from vibeaudit.remedy.script_text import bare, declared, template
from vibeaudit.remedy.syntax import enclosing, flagged, text
from vibeaudit.source import SourceFile

_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition", "program")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """path.join(folder, name) -> path.join(folder, path.basename(name))."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call_expression")
    given = arguments(call) if call is not None else []
    if call is None or not given or file.language not in LANGUAGES:
        return Refusal("the call was not found")
    name, imports = _path_name(file)
    edit = _edit(file, _made(given[0]), name)
    if edit is None or not name:
        return Refusal("the path is put together elsewhere: resolve it and check that it stays in its folder")
    return Proposal(
        Text("Keep the file in its folder", "Garder le fichier dans son dossier"),
        (edit, *imports),
        Safety.UNSAFE,
        Text(
            "Names with folders in them (2024/report.pdf) lose the folder: where people need those, resolve the path "
            "and check that it begins with the folder instead.",
            "Les noms avec dossier (2024/rapport.pdf) le perdent : s'il en faut, résoudre le chemin et vérifier qu'il "
            "commence par le dossier.",
        ),
    )


def _made(given: Node) -> Node:
    """The expression that makes the path, in the call or in the one `const` before it."""
    made = bare(given)
    if made.type != "identifier":
        return made
    scope = enclosing(made, *_FUNCTIONS)
    found = declared(scope, text(made)) if scope is not None else None
    return bare(found) if found is not None else made


def _edit(file: SourceFile, made: Node, name: str) -> Edit | None:
    if made.type == "call_expression":
        function, given = text(made.child_by_field_name("function")), arguments(made)
        if not re.search(r"(?:^|\.)(?:join|resolve)$", function) or len(given) < 2:
            return None
        last = bare(given[-1])
        if last.type == "template_string":
            return _in_template(file, last, name)
        if last.type not in ("member_expression", "identifier", "subscript_expression"):
            return None
        return Edit(file.path, last.start_byte, last.end_byte, f"{name}.basename(String({text(last)}))".encode())
    return _in_template(file, made, name) if made.type == "template_string" else None


def _in_template(file: SourceFile, made: Node, name: str) -> Edit | None:
    parts = template(made)
    if parts is None or len(parts.holes) != 1:
        return None
    hole = parts.holes[0]
    at = parts.parts.index(hole)
    before = parts.parts[at - 1] if at else None
    if isinstance(before, Hole) or (before is not None and before.text and not before.text.endswith("/")):
        return None
    node = hole.node
    return Edit(file.path, node.start_byte, node.end_byte, f"{name}.basename(String({hole.expression}))".encode())


def _path_name(file: SourceFile) -> tuple[str, tuple[Edit, ...]]:
    found = re.search(
        r"""(?:import\s+(?:\*\s+as\s+)?(\w+)\s+from|(?:const|let|var)\s+(\w+)\s*=\s*require\()\s*["'](?:node:)?path["']""",
        file.text,
    )
    if found:
        return found[1] or found[2], ()
    return ("path", ensure_import(file, "path", "node:path")) if not re.search(r"\bpath\b", file.text) else ("", ())
