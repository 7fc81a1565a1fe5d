"""Keys of one workflow step or one service: the checkout forgets its token, the agent hears members only."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes, remove_line, replace_span, spanned
from vibeaudit.remedy.syntax import enclosing, insert, items, node_at, text
from vibeaudit.source import SourceFile

RULES = (
    "compose-store-open-to-network",
    "workflow-agent-asks-nobody",
    "workflow-agent-open-to-everyone",
    "workflow-checkout-keeps-token",
)
_BASH = re.compile(r"(?:,\s*|(?<=[\"'\s]))Bash(?:\(\*\)|\(:\*\))?(?=[,\"'\s]|$)(?:,\s*(?=[A-Z]))?")

_TITLES = {
    "compose-store-open-to-network": Text(
        "Let only this machine reach the database", "Ne laisser que cette machine joindre la base"
    ),
    "workflow-agent-asks-nobody": Text(
        "Take any shell command from the build's agent", "Retirer toute commande libre à l'agent de la CI"
    ),
    "workflow-agent-open-to-everyone": Text(
        "Let only members start the agent", "Ne laisser que les membres lancer l'agent"
    ),
    "workflow-checkout-keeps-token": Text(
        "Do not leave the token in the checkout", "Ne pas laisser le jeton dans la copie"
    ),
}
_CHECKS = {
    "compose-store-open-to-network": Text(
        "Other services of this file still reach it by its name. Whoever connects from another machine needs a tunnel "
        "(ssh -L) from now on.",
        "Les autres services de ce fichier la joignent toujours par son nom. Depuis une autre machine il faut un "
        "tunnel (ssh -L).",
    ),
    "workflow-agent-asks-nobody": Text(
        "Add the exact commands that the agent needs, such as Bash(npm run test:*).",
        "Ajouter les commandes exactes dont l'agent a besoin, comme Bash(npm run test:*).",
    ),
    "workflow-agent-open-to-everyone": Text(
        "People without write access can no longer start it: a member does it for them.",
        "Les personnes sans droit d'écriture ne peuvent plus le lancer : un membre le fait pour elles.",
    ),
    "workflow-checkout-keeps-token": Text(
        "A later step that pushes with git needs the token handed to it.",
        "Une étape suivante qui pousse avec git doit recevoir le jeton.",
    ),
}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """One key or one value of the flagged place."""
    file = bench.flagged(finding)
    made: Edit | Refusal
    if finding.rule_id == "compose-store-open-to-network":
        made = _loopback(file, finding)
    elif finding.rule_id == "workflow-agent-open-to-everyone":
        _, line = line_bytes(file, finding.primary.line)
        alone = re.fullmatch(rb"\s*[\w-]+:\s*[\"']?\*[\"']?\s*(?:#.*)?", line)
        made = remove_line(file, finding.primary.line) if alone else Refusal("the value shares its line with others")
    elif finding.rule_id == "workflow-agent-asks-nobody":
        made = _without_bash(file, finding)
    else:
        made = _forgetful(file, finding)
    if isinstance(made, Refusal):
        return made
    return Proposal(_TITLES[finding.rule_id], (made,), Safety.UNSAFE, _CHECKS[finding.rule_id])


def _loopback(file: SourceFile, finding: Finding) -> Edit | Refusal:
    """ "5432:5432" -> "127.0.0.1:5432:5432", quoted where the file quotes."""
    written = spanned(file, finding.primary)
    bare = written.strip("\"'")
    if written.lstrip().startswith("{"):
        node = node_at(file, finding.primary, "flow_mapping")
        if node is None or "host_ip" in text(node):
            return Refusal("the port has a host address already")
        return insert(file, items(node)[-1].end_byte, ", host_ip: 127.0.0.1")
    open_host = re.sub(r"^0\.0\.0\.0:", "", bare)
    if not re.fullmatch(r"(?:\d+|\$\{\w+(?::?-\d+)?\}):\d+(?:/tcp)?", open_host):
        return Refusal("the port is written in a way that is not known here")
    new = f"127.0.0.1:{open_host}"
    return replace_span(file, finding.primary, written.replace(bare, new) if written != bare else f'"{new}"')


def _without_bash(file: SourceFile, finding: Finding) -> Edit | Refusal:
    written = spanned(file, finding.primary)
    rest = _BASH.sub("", written)
    if rest == written or not re.search(r"[A-Z]\w+[\"']?$", rest):
        return Refusal("what the agent may do unasked is for a person to decide")
    return replace_span(file, finding.primary, rest)


def _forgetful(file: SourceFile, finding: Finding) -> Edit | Refusal:
    step = enclosing(node_at(file, finding.primary, "block_mapping_pair"), "block_mapping")
    if step is None:
        return Refusal("the step is written on one line")
    pairs = [n for n in items(step) if n.type == "block_mapping_pair"]
    column = " " * pairs[0].start_point[1]
    given = next((p for p in pairs if text(p.child_by_field_name("key")) == "with"), None)
    if given is None:
        uses = next(p for p in pairs if text(p.child_by_field_name("key")) == "uses")
        end = _line_end(file, uses)
        return insert(file, end, f"\n{column}with:\n{column}  persist-credentials: false")
    value = given.child_by_field_name("value")
    inner = next((n for n in value.named_children if n.type == "block_mapping"), None) if value else None
    if inner is None:
        flow = next((n for n in value.named_children if n.type == "flow_mapping"), None) if value else None
        if flow is None or not items(flow):
            return Refusal("the step's with is no plain list of names")
        return insert(file, items(flow)[-1].end_byte, ", persist-credentials: false")
    listed = [n for n in items(inner) if n.type == "block_mapping_pair"]
    old = next((p for p in listed if text(p.child_by_field_name("key")) == "persist-credentials"), None)
    if old is not None and (now := old.child_by_field_name("value")) is not None:
        return Edit(file.path, now.start_byte, now.end_byte, b"false")
    return insert(file, listed[0].start_byte, f"persist-credentials: false\n{' ' * listed[0].start_point[1]}")


def _line_end(file: SourceFile, node: Node) -> int:
    at = file.data.find(b"\n", node.end_byte)
    end = len(file.data) if at == -1 else at
    return end - 1 if file.data[end - 1 : end] == b"\r" else end
