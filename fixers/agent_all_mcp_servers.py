"""Makes each tool server of the repository wait for a person's yes."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_on_line


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """true becomes false; the product then asks once a server."""
    edit = replace_on_line(bench.flagged(finding), finding.primary.line, "true", "false")
    if edit is None:
        return Refusal("the value is not on the flagged line")
    return Proposal(
        Text(
            "Ask before a tool server of the repository starts", "Demander avant de lancer un serveur d'outils du dépôt"
        ),
        (edit,),
        Safety.UNSAFE,
        Text(
            "List the servers that everybody needs in enabledMcpjsonServers.",
            "Lister les serveurs dont tout le monde a besoin dans enabledMcpjsonServers.",
        ),
    )
