"""Cookies that sign a person in are hidden from scripts, sent over https, and not by other sites."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import spanned
from vibeaudit.remedy.script_code import LANGUAGES, arguments, property_of, quote_of, value
from vibeaudit.remedy.syntax import add_item, enclosing, flagged, items, replace, text
from vibeaudit.source import SourceFile

_BROWSER = re.compile(
    rb"['\"](?:js-cookie|cookies-next(?:/client)?|react-cookie|universal-cookie|nookies|[\w-]+-cookies?)['\"]"
)
_IN_BROWSER = re.compile(r"[cC]ookies?\.set\(|setCookie\(")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The three attributes, each only where it is missing or off; over plain http a login still works in
    development."""
    file = bench.flagged(finding)
    if file.language not in LANGUAGES or "document.cookie" in spanned(file, finding.primary):
        return Refusal("a script cannot hide a cookie from scripts: let the server set it")
    quote = quote_of(file)
    wanted = {
        "httpOnly": "true",
        "secure": f"process.env.NODE_ENV === {quote}production{quote}",
        "sameSite": f"{quote}lax{quote}",
    }
    call = flagged(file, finding, "call_expression")
    if call is not None and _BROWSER.search(file.data) and _IN_BROWSER.match(text(call)):
        return Refusal("a script cannot hide a cookie from scripts: let the server set it")
    if call is None:
        return Refusal("the cookie is set in a way that is not known here")
    edits = (
        _express(file, call, wanted)
        if spanned(file, finding.primary) == text(call)
        else _object(file, call, finding, wanted)
    )
    if not edits:
        return Refusal("the cookie's options are put together elsewhere")
    return Proposal(
        Text("Protect the login cookie", "Protéger le cookie de connexion"),
        edits,
        Safety.UNSAFE,
        Text(
            "Scripts of the page can no longer read this cookie, and forms of other sites no longer send it. Behind a "
            "proxy, tell the server so (app.set('trust proxy', 1)).",
            "Les scripts de la page ne lisent plus ce cookie, et les formulaires d'autres sites ne l'envoient plus. "
            "Derrière un proxy, le dire au serveur (app.set('trust proxy', 1)).",
        ),
    )


def _express(file: SourceFile, call: Node, wanted: dict[str, str]) -> tuple[Edit, ...]:
    """res.cookie(name, value[, options]), cookies().set(name, value[, options]), session(options)."""
    given = arguments(call)
    listing = call.child_by_field_name("arguments")
    made = ", ".join(f"{k}: {v}" for k, v in wanted.items())
    if len(given) == 2 and listing is not None:
        return (add_item(file, listing, f"{{ {made} }}"),)
    if len(given) == 1 and given[0].type == "object":  # session({ secret })
        return (add_item(file, given[0], f"cookie: {{ {made} }}"),)
    options = given[2] if len(given) > 2 else None
    return _completed(file, options, wanted) if options is not None and options.type == "object" else ()


def _object(file: SourceFile, call: Node, finding: Finding, wanted: dict[str, str]) -> tuple[Edit, ...]:
    """`session({ cookie: { secure: false } })`: the object that holds the flagged value."""
    pair = flagged(file, finding, "pair")
    holder = enclosing(pair, "object")
    wanted = {k: v for k, v in wanted.items() if k != "httpOnly" or property_of(holder, k)} if holder else wanted
    inner = value(pair)
    if inner is not None and inner.type == "object":
        return _completed(file, inner, wanted)
    return _completed(file, holder, wanted) if holder is not None else ()


def _completed(file: SourceFile, options: Node, wanted: dict[str, str]) -> tuple[Edit, ...]:
    if any(n.type == "spread_element" for n in items(options)):
        return ()
    edits: list[Edit] = []
    missing = []
    for name, new in wanted.items():
        old = value(property_of(options, name))
        if old is None:
            missing.append(f"{name}: {new}")
        elif text(old) in ("false", "'none'", '"none"'):
            edits.append(replace(file, old, new))
    listed = items(options)
    if missing and not listed:
        edits.append(replace(file, options, "{ " + ", ".join(missing) + " }"))
    elif missing:
        one = add_item(file, options, "")
        gap = one.text.decode()
        edits.append(Edit(file.path, one.start, one.end, "".join(gap + m for m in missing).encode()))
    return tuple(edits)
