"""Takes the right to write away from everyone else on the machine."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, positional
from vibeaudit.remedy.syntax import flagged, replace, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Reading and entering stay as they were; only others' and the group's writing goes."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    given = positional(call) if call is not None else []
    if called(call).endswith("umask") and given:
        edit = replace(file, given[0], "0o022")
    else:
        mode = next((n for n in given if re.fullmatch(r"0o?[0-7]{3,4}", text(n))), None)
        if mode is None:
            return Refusal("the rights are put together from names")
        digits = text(mode).lower().removeprefix("0o")
        digits = digits[1:] if len(digits) == 4 and digits[0] == "0" else digits
        kept = digits[:-2] + "".join(str(int(d) & 5) for d in digits[-2:])
        edit = replace(file, mode, f"0o{kept}")
    return Proposal(
        Text("Let only the owner write", "Ne laisser écrire que le propriétaire"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Another account of the machine that wrote there (a web server, a worker) must be given that right.",
            "Un autre compte qui écrivait là (serveur web, tâche) doit désormais en recevoir le droit.",
        ),
    )
