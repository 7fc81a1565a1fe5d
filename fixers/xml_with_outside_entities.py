"""Parses XML without following what it points to."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, drop_keyword, keyword, positional, set_keyword, value
from vibeaudit.remedy.syntax import add_item, enclosing, flagged, replace, text

FLAGS = (("resolve_entities", "True", "False"), ("no_network", "False", "True"), ("load_dtd", "True", "False"))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The parser's own switches; a call without a parser gets a strict one."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    edits: list[Edit] = []
    names = ("XMLParser", "fromstring", "XML", "parse", "setFeature")
    while call is not None and not called(call).endswith(names):
        call = enclosing(call.parent, "call")
    if call is not None and called(call).endswith("XMLParser"):
        edits = [set_keyword(file, call, n, new) for n, old, new in FLAGS if text(value(keyword(call, n))) == old]
    elif call is not None and called(call).endswith("setFeature") and text(positional(call)[-1]) == "True":
        edits = [replace(file, positional(call)[-1], "False")]
    elif call is not None and "etree" in called(call):
        listing = arguments(call)
        owner = called(call).rpartition(".")[0]
        strict = f"{owner}.XMLParser(resolve_entities=False, no_network=True)"
        edits = [add_item(file, listing, strict)] if listing is not None else []
    elif call is not None and (dropped := drop_keyword(file, call, "disable_entities")) is not None:
        edits = [dropped]
    if not edits:
        return Refusal("the parser is made elsewhere")
    return Proposal(
        Text("Parse XML without outside entities", "Analyser le XML sans entités extérieures"),
        tuple(edits),
        Safety.UNSAFE,
        Text(
            "Documents that rest on entities of their own DTD lose that text: try a real document.",
            "Les documents qui reposent sur les entités de leur DTD perdent ce texte : essayer un vrai document.",
        ),
    )
