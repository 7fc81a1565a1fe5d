"""Makes the temporary file at once instead of only choosing its name."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import
from vibeaudit.remedy.syntax import flagged, indent_of, insert, nodes, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """`path = mktemp()` becomes mkstemp(), whose handle is closed; the name works as before."""
    file = bench.flagged(finding)
    assert file.tree is not None
    call = flagged(file, finding, "call")
    line = call.parent if call is not None else None
    if call is None or not called(call).endswith("mktemp") or line is None or line.type != "assignment":
        return Refusal("the name is not simply kept in a variable")
    target, function = line.child_by_field_name("left"), call.child_by_field_name("function")
    if target is None or target.type != "identifier" or function is None:
        return Refusal("the name is not simply kept in a variable")
    taken = {text(n) for n in nodes(file.tree.root_node, "identifier")}
    handle = next(n for n in ("handle", "temporary_handle", "mkstemp_handle") if n not in taken)
    return Proposal(
        Text("Make the temporary file when its name is chosen", "Créer le fichier temporaire avec son nom"),
        (
            replace(file, target, f"{handle}, {text(target)}"),
            replace(file, function, called(call).replace("mktemp", "mkstemp")),
            insert(file, line.end_byte, f"\n{indent_of(file, line)}os.close({handle})"),
            *ensure_import(file, "import os"),
        ),
        Safety.UNSAFE,
        Text(
            "The file now exists, empty and for its owner only: code that asks whether it is there must change.",
            "Le fichier existe désormais, vide et réservé à son propriétaire : adapter le code qui teste sa présence.",
        ),
    )
