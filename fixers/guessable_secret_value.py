"""Draws secrets from the operating system and not from a generator that can be foretold."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import, keyword, positional, value
from vibeaudit.remedy.syntax import flagged, nodes, replace, text
from vibeaudit.source import SourceFile

SAME = {"choice": "choice", "getrandbits": "randbits", "randbytes": "token_bytes"}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Each draw in the flagged statement gives values of the same kind and range as before."""
    file = bench.flagged(finding)
    assert file.tree is not None
    node = flagged(file, finding, "assignment", "return_statement", "call", "augmented_assignment")
    draws = [c for c in nodes(node, "call") if called(c).startswith("random.")] if node is not None else []
    if not draws or any(a != b and a.start_byte <= b.start_byte < a.end_byte for a in draws for b in draws):
        return Refusal("the draw was not found in one piece")
    if re.search(r"\brandom\.seed\(", file.text):
        return Refusal("the file seeds its generator, so something rests on repeatable values")
    edits = tuple(e for draw in draws for e in _secret(file, draw))
    return Proposal(
        Text("Draw the secret from the operating system", "Tirer le secret du système d'exploitation"),
        (*edits, *_imports(file, len(draws))),
        Safety.SAFE,
    )


def _secret(file: SourceFile, draw: Node) -> tuple[Edit, ...]:
    function = draw.child_by_field_name("function")
    assert function is not None
    name, given = called(draw).removeprefix("random."), positional(draw)
    if name in SAME:
        return (replace(file, function, f"secrets.{SAME[name]}"),)
    if name == "randint" and len(given) == 2:
        low, high = text(given[0]), text(given[1])
        whole = low.replace("_", "").isdigit() and high.replace("_", "").isdigit()
        span = str(int(high) - int(low) + 1) if whole else f"{high} - {low} + 1"
        drawn = f"secrets.randbelow({span})" if low == "0" else f"{low} + secrets.randbelow({span})"
        part = draw.parent is not None and draw.parent.type in ("binary_operator", "attribute", "unary_operator")
        return (replace(file, draw, f"({drawn})" if part else drawn),)
    if name == "choices" and len(given) == 1 and (count := value(keyword(draw, "k"))) is not None:
        each = f"secrets.choice({text(given[0])}) for _ in range({text(count)})"
        listing = draw.parent
        alone = listing is not None and listing.type == "argument_list" and len(listing.named_children) == 1
        return (replace(file, draw, each if alone else f"[{each}]"),)
    return (replace(file, function, f"secrets.SystemRandom().{name}"),)


def _imports(file: SourceFile, replaced: int) -> tuple[Edit, ...]:
    """`import secrets`, in the place of `import random` when nothing else needs that."""
    assert file.tree is not None
    root = file.tree.root_node
    uses = [n for n in nodes(root, "identifier") if text(n) == "random" and n.parent and n.parent.type == "attribute"]
    line = next((n for n in root.children if text(n) == "import random"), None)
    if len(uses) > replaced or line is None:
        return ensure_import(file, "import secrets")
    present = not ensure_import(file, "import secrets")
    end = file.data.find(b"\n", line.end_byte) + 1
    return (Edit(file.path, line.start_byte, end, b"") if present else replace(file, line, "import secrets"),)
