"""eval of data becomes a parser of data. What calculates or runs code is a person's to rewrite."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, called, ensure_import, positional
from vibeaudit.remedy.syntax import enclosing, flagged, items, replace, text

_JSON = re.compile(r"(?i)json|request\.(?:data|body|get_data)|\.text\b|\.content\b|payload|\bbody\b")
_DATA = re.compile(
    r"(?i)data|items?|list|dict|tags|options|params|values?|settings|config|filters?|coords?|coordinates|points|row"
)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """By what the text is called: JSON, or a Python literal."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    while call is not None and called(call) not in ("eval", "builtins.eval", "exec", "compile"):
        call = enclosing(call.parent, "call")
    if call is None or not called(call).endswith("eval"):
        return Refusal("this runs statements; only a rewrite without exec closes it")
    listing = arguments(call)
    given = positional(call)
    function = call.child_by_field_name("function")
    if listing is None or function is None or len(items(listing)) != 1 or len(given) != 1:
        return Refusal("this calculates with names; write a small parser for what callers may calculate")
    shown = text(given[0])
    if _JSON.search(shown):
        parser, module = "json.loads", "import json"
    elif _DATA.search(shown):
        parser, module = "ast.literal_eval", "import ast"
    else:
        return Refusal("nothing says that this text is data; if it calculates, it needs a small parser")
    return Proposal(
        Text("Read the text as data, not as code", "Lire le texte comme une donnée, pas comme du code"),
        (replace(file, function, parser), *ensure_import(file, module)),
        Safety.UNSAFE,
        Text(
            f"{parser} reads data only: no names, no calls, no sums. Send it a real example.",
            f"{parser} ne lit que des données : ni noms, ni appels, ni calculs. Essayer avec un vrai exemple.",
        ),
    )
