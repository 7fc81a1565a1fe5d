"""Checks a token's signature again, where the key and the algorithms are in the call already."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, drop_keyword, keyword, positional, value
from vibeaudit.remedy.syntax import flagged, items, remove_item, text


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Takes out what switches the check off; without a key in the call nobody but the author knows which."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    if call is None or not called(call).endswith(".decode"):
        return Refusal("the token is read by a function that never checks: use jwt.decode with the key")
    keyed = len(positional(call)) > 1 or keyword(call, "key") is not None
    if not keyed or keyword(call, "algorithms") is None:
        return Refusal("the call has no key or no list of algorithms, and only the author knows which")
    edits: list[Edit | None] = []
    options, algorithms = value(keyword(call, "options")), value(keyword(call, "algorithms"))
    if options is not None and options.type == "dictionary":
        off = [p for p in items(options) if "verify_signature" in text(p) and text(p).endswith("False")]
        if off and len(items(options)) == 1:
            edits.append(drop_keyword(file, call, "options"))
        elif off:
            edits.append(remove_item(file, options, off[0]))
    if text(value(keyword(call, "verify"))) == "False":
        edits.append(drop_keyword(file, call, "verify"))
    if algorithms is not None and algorithms.type == "list":
        none = [n for n in items(algorithms) if text(n).strip("'\"").lower() == "none"]
        if none and len(items(algorithms)) == len(none):
            return Refusal("no algorithm but none is listed, and only the author knows which signs")
        edits += [remove_item(file, algorithms, n) for n in none]
    found = tuple(e for e in edits if e is not None)
    if not found:
        return Refusal("the check is switched off in a way that is not known here")
    return Proposal(
        Text("Check who signed the token", "Vérifier qui a signé le jeton"),
        found,
        Safety.UNSAFE,
        Text(
            "Tokens of other issuers, or signed with another key, are refused from now on.",
            "Les jetons d'autres émetteurs, ou signés avec une autre clé, sont désormais refusés.",
        ),
    )
