"""Takes "any command" out of what a coding agent may do unasked."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import enclosing, flagged, remove_item

RULES = (
    "agent-any-shell-command",
    "agent-destructive-command-allowed",
    "agent-interpreter-allowed",
    "agent-network-command-allowed",
    "agent-whole-mcp-server-allowed",
)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Remove the one entry of permissions.allow; the agent asks for such a command instead."""
    file = bench.flagged(finding)
    entry = flagged(file, finding, "string")
    listing = enclosing(entry, "array")
    if entry is None or listing is None or entry.parent != listing:
        return Refusal("the permission does not stand in a JSON list")
    shown = (entry.text or b"").decode("utf-8", "replace").strip('"')[:60]
    return Proposal(
        Text(f"Let the coding agent ask before {shown}", f"Faire demander l'agent avant {shown}"),
        (remove_item(file, listing, entry),),
        Safety.UNSAFE,
        Text(
            "Add back only the exact commands that people use all day, such as Bash(npm run test).",
            "Ne rajouter que les commandes exactes utilisées tous les jours, comme Bash(npm run test).",
        ),
    )
