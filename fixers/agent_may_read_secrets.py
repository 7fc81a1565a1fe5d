"""Tells a coding agent never to read the files that hold secrets."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.documents import json_pair, json_root, json_value
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import add_item, insert, items
from vibeaudit.source import SourceFile

_ENTRIES = ('"Read(./.env)"', '"Read(./.env.*)"')


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Two entries of permissions.deny, which is made when it is not there."""
    file = bench.flagged(finding)
    rights = json_value(json_root(file), "permissions")
    if rights is None or rights.type != "object":
        return Refusal("the settings have no permissions of their own")
    denied = json_value(rights, "deny")
    edit: Edit
    if denied is not None and denied.type == "array":
        edit = _more(file, denied)
    elif json_pair(rights, "deny") is None and items(rights):
        edit = add_item(file, rights, f'"deny": [{", ".join(_ENTRIES)}]')
    else:
        return Refusal("permissions.deny is no list")
    return Proposal(
        Text("Keep the agent out of the .env files", "Tenir l'agent à l'écart des fichiers .env"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Commands that the agent runs still see these files: .env.example and the sandbox tell it what it needs.",
            "Les commandes que l'agent lance voient encore ces fichiers : .env.example et le bac à sable lui disent ce "
            "qu'il faut.",
        ),
    )


def _more(file: SourceFile, listing: Node) -> Edit:
    """Both entries at the end, laid out like those before them."""
    if not items(listing):
        return insert(file, listing.children[0].end_byte, ", ".join(_ENTRIES))
    one = add_item(file, listing, _ENTRIES[0])
    gap = one.text.decode()[: -len(_ENTRIES[0])]
    return insert(file, one.start, gap.join(("", *_ENTRIES)))
