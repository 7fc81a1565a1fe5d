"""yaml.load becomes yaml.safe_load."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, drop_keyword, keyword, positional
from vibeaudit.remedy.syntax import flagged, remove_item, replace, text

SAFE_NAMES = {
    "load": "safe_load",
    "unsafe_load": "safe_load",
    "full_load": "safe_load",
    "load_all": "safe_load_all",
    "unsafe_load_all": "safe_load_all",
    "full_load_all": "safe_load_all",
}
_REGISTERED = re.compile(r"\.add_(?:multi_)?constructor\(|\bYAMLObject\b")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The loader goes with the name; only tags of Python objects are lost."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    function = call.child_by_field_name("function") if call is not None else None
    listing = arguments(call) if call is not None else None
    name = text(function.child_by_field_name("attribute")) if function is not None else ""
    if call is None or function is None or listing is None or name not in SAFE_NAMES:
        return Refusal(f"{called(call)[:60]} is not yaml.load")
    method = function.child_by_field_name("attribute")
    assert method is not None
    edits = [replace(file, method, SAFE_NAMES[name])]
    if keyword(call, "Loader") is not None:
        dropped = drop_keyword(file, call, "Loader")
        edits += [dropped] if dropped else []
    elif len(given := positional(call)) > 1:
        edits.append(remove_item(file, listing, given[1]))
    own_tags = any(_REGISTERED.search(f.text) for f in bench.snapshot.of("python")) or any(
        "!python/" in f.text for f in bench.snapshot.of("yaml")
    )
    return Proposal(
        Text("Read YAML as plain data", "Lire le YAML comme de simples données"),
        tuple(edits),
        Safety.UNSAFE if own_tags else Safety.SAFE,
        Text(
            "The app has YAML tags of its own: register them on yaml.SafeLoader.",
            "L'application a ses propres balises YAML : les enregistrer sur yaml.SafeLoader.",
        )
        if own_tags
        else Text("", ""),
    )
