"""Hands a template its values by name instead of writing them into its text."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, positional
from vibeaudit.remedy.python_sql import parameter_name
from vibeaudit.remedy.python_text import Chunk, template
from vibeaudit.remedy.syntax import add_item, enclosing, flagged


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """f"<h1>{name}</h1>" becomes "<h1>{{ name }}</h1>" with name=name, for render_template_string."""
    file = bench.flagged(finding)
    call: Node | None = flagged(file, finding, "call")
    while call is not None and not called(call).endswith("render_template_string"):
        call = enclosing(call.parent, "call")
    given = positional(call)[:1] if call is not None else []
    found = template(given[0]) if given else None
    if found is None or not found.holes or any(h.formatted for h in found.holes):
        return Refusal("the whole template is the caller's: keep templates in files")
    names: dict[str, str] = {}
    edits: list[Edit] = [Edit(file.path, s, e, b"") for s, e in found.drops]
    for hole in found.holes:
        name = parameter_name(hole.expression, hole.expression, names)
        edits.append(Edit(file.path, hole.start, hole.end, f"{{{{ {name} }}}}{hole.close}".encode()))
    for chunk in found.chunks:
        for at, char in _braces(chunk):
            edits.append(Edit(file.path, at, at + 2, char))
    listing = arguments(call) if call is not None else None
    assert listing is not None
    edits.append(add_item(file, listing, ", ".join(f"{n}={e}" for n, e in names.items())))
    return Proposal(
        Text("Hand the template its values by name", "Passer ses valeurs au modèle par leur nom"),
        tuple(edits),
        Safety.SAFE,
    )


def _braces(chunk: Chunk) -> list[tuple[int, bytes]]:
    """{{{{ of an f-string or .format() reads {{ when nothing formats it any more."""
    doubled = re.finditer(r"\{\{|\}\}", chunk.text) if chunk.style in ("f", "format") else ()
    return [(chunk.start + len(chunk.text[: m.start()].encode()), m[0][:1].encode()) for m in doubled]
