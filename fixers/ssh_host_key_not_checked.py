"""Lets SSH refuse a server that nobody has met before."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, drop_keyword, positional
from vibeaudit.remedy.syntax import enclosing, flagged, indent_of, insert, replace, text

POLICIES = ("AutoAddPolicy", "WarningPolicy")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The machine's known hosts are read, and others refused."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    while call is not None and any(called(call).endswith(p) for p in POLICIES):
        call = enclosing(call.parent, "call")
    if call is None:
        return Refusal("the call was not found")
    edits: list[Edit] = []
    if (dropped := drop_keyword(file, call, "known_hosts")) is not None:
        edits = [dropped]
    elif called(call).endswith(".set_missing_host_key_policy") and positional(call):
        policy = positional(call)[0]
        safe = text(policy)
        for name in POLICIES:
            safe = safe.replace(name, "RejectPolicy")
        edits = [replace(file, policy, safe)]
        client = called(call).rsplit(".", 1)[0]
        if f"{client}.load_" not in file.text:
            statement = enclosing(call, "expression_statement")
            assert statement is not None
            line = f"{client}.load_system_host_keys()\n{indent_of(file, statement)}"
            edits.append(insert(file, statement.start_byte, line))
    if not edits:
        return Refusal("the check is switched off in a way that is not known here")
    return Proposal(
        Text("Connect only to SSH servers that are known", "Ne se connecter qu'à des serveurs SSH connus"),
        tuple(edits),
        Safety.UNSAFE,
        Text(
            "The server's key must be in ~/.ssh/known_hosts of the machine that connects.",
            "La clé du serveur doit figurer dans ~/.ssh/known_hosts de la machine qui se connecte.",
        ),
    )
