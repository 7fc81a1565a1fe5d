"""Loads models and their files as data, without the code that they bring."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, keyword, set_keyword, value
from vibeaudit.remedy.syntax import enclosing, flagged, text

RULES = ("model-brings-its-own-code", "untrusted-file-opened-as-objects", "objects-unpickled-from-caller")
CHECK = Text(
    "Load the model once: one that only works with its own code must be pinned to a revision that somebody read.",
    "Charger le modèle une fois : s'il exige son propre code, le figer à une révision que quelqu'un a relue.",
)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """trust_remote_code=False, or weights_only=True for torch.load."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    while call is not None and called(call).endswith((".file", "read", "b64decode")):
        call = enclosing(call.parent, "call")
    title = Text("Load the model without code of its own", "Charger le modèle sans son propre code")
    if call is not None and text(value(keyword(call, "trust_remote_code"))) == "True":
        return Proposal(title, (set_keyword(file, call, "trust_remote_code", "False"),), Safety.UNSAFE, CHECK)
    if call is not None and called(call).endswith("torch.load"):
        return Proposal(title, (set_keyword(file, call, "weights_only", "True"),), Safety.UNSAFE, CHECK)
    return Refusal(
        "pickled objects run code when they are opened: another format (JSON, safetensors) must replace them"
    )
