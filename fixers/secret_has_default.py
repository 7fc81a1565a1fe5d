"""Stops at the start when a secret is missing, instead of going on with one that everybody can read."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import name_in_sample
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, after_imports, quote_of, semicolon_of
from vibeaudit.remedy.syntax import flagged, insert, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The default goes; a line behind the imports asks for the variable."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "binary_expression")
    left = node.child_by_field_name("left") if node is not None else None
    name = re.fullmatch(r"process\.env\.(\w+)", text(left))
    if node is None or left is None or name is None or file.language not in LANGUAGES:
        return Refusal("the secret is read in a way that is not known here")
    if str(file.path) in bench.app.client_files:
        return Refusal("this file reaches the browser, where no secret may be")
    quote, end = quote_of(file), semicolon_of(file)
    sign = "!" if file.language in ("typescript", "tsx") else ""
    edits = [Edit(file.path, left.end_byte, node.end_byte, sign.encode())]
    if not re.search(rf"!process\.env\.{name[1]}\b", file.text):
        words = f"if (!process.env.{name[1]}) throw new Error({quote}{name[1]} is not set{quote}){end}\n"
        edits.append(insert(file, after_imports(file), words))
    return Proposal(
        Text(f"Start only when {name[1]} is set", f"Ne démarrer que si {name[1]} est défini"),
        (*edits, *name_in_sample(bench, file.path, name[1])),
        Safety.UNSAFE,
        Text(
            f"Set {name[1]} in each place where this runs (tests and builds too) before the next release; logins made "
            "with the old word end.",
            f"Définir {name[1]} partout où cela tourne (tests et constructions aussi) avant la mise en ligne ; les "
            "connexions faites avec l'ancien mot prennent fin.",
        ),
    )
