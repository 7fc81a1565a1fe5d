"""Takes "any shell command" out of what a skill or command may do unasked."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes, remove_line, replace_span, spanned

_ANY = re.compile(
    r"(?:,\s*|(?<!\s)\s+)Bash(?:\(\*\)|\(:\*\))?(?=\s*(?:,|$)|\s\w)|^Bash(?:\(\*\)|\(:\*\))?(?:,\s*|\s+|$)"
)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The other tools of the list stay."""
    file = bench.flagged(finding)
    written = spanned(file, finding.primary)
    _, line = line_bytes(file, finding.primary.line)
    edit: Edit
    if line.strip().startswith(b"- "):
        edit = remove_line(file, finding.primary.line)
    else:
        rest = _ANY.sub("", written)
        if rest == written or not rest.strip():
            return Refusal("nothing but Bash is allowed: which commands it needs is for a person to decide")
        edit = replace_span(file, finding.primary, rest)
    return Proposal(
        Text("Let the skill ask before it runs a command", "Faire demander la compétence avant une commande"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Add back only the exact commands that its text needs, such as Bash(git diff:*).",
            "Ne rajouter que les commandes exactes que son texte demande, comme Bash(git diff:*).",
        ),
    )
