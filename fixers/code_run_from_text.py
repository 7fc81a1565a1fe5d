"""Reads data as data: JSON.parse in the place of eval."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments
from vibeaudit.remedy.syntax import flagged, text

_WORDS = re.compile(r"(?i)(?:json|payload|responseText|serialized)\w*$")  # by its last name


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Only where the text is data by its own name or brackets; a formula needs a parser that a person chooses."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call_expression")
    if call is None or file.language not in LANGUAGES:
        return Refusal("the call was not found")
    function, given = call.child_by_field_name("function"), arguments(call)
    if function is None or text(function) != "eval" or len(given) != 1:
        return Refusal("what this code is meant to do must be written as code")
    inner = given[0]
    wrapped = re.fullmatch(
        r"""["'`]\(["'`]\s*+\+\s*+(.+?)(?<!\s)\s*+\+\s*+["'`]\)["'`]|`\(\$\{(.+?)\}\)`""", text(inner)
    )
    source = (wrapped[1] or wrapped[2]) if wrapped else text(inner)
    if not wrapped and (inner.type not in ("identifier", "member_expression") or not _WORDS.search(source[-80:])):
        return Refusal("a formula or rule of people's own needs a parser: use a library made for it")
    edit = Edit(file.path, call.start_byte, call.end_byte, f"JSON.parse({source})".encode())
    return Proposal(
        Text("Read the text as JSON", "Lire le texte comme du JSON"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Texts that are no strict JSON (single quotes, comments, names without quotes) throw now: try real ones.",
            "Les textes qui ne sont pas du JSON strict (apostrophes, commentaires) échouent : en essayer de vrais.",
        ),
    )
