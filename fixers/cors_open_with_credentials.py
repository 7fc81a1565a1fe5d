"""The sites that may call come from the environment."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import name_in_sample
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_span, spanned
from vibeaudit.remedy.script_code import LANGUAGES, arguments, quote_of
from vibeaudit.remedy.syntax import add_item, flagged, text
from vibeaudit.source import SourceFile

RULES = ("cors-any-origin", "cors-open-with-credentials")
NAME = "CORS_ORIGINS"


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The star becomes a list that is empty until somebody fills it; a copied origin is copied only when listed."""
    file = bench.flagged(finding)
    if file.language not in LANGUAGES:
        return Refusal("the origins are set in a way that is not known here")
    quote = quote_of(file)
    edit = _edit(file, finding, _read(file, quote), quote)
    if edit is None:
        return Refusal("the origins are set in a way that is not known here")
    sample = name_in_sample(bench, file.path, NAME, "https://app.example.com")
    return Proposal(
        Text("Let only the app's own sites call it", "Ne laisser que les sites de l'application l'appeler"),
        (edit, *sample),
        Safety.UNSAFE,
        Text(
            f"Set {NAME} to the addresses of your own pages (https://app.example.com, comma between two) before the "
            "next release; until then pages of other origins are refused.",
            f"Définir {NAME} avec les adresses de vos pages (https://app.example.com, séparées par des virgules) avant "
            "la mise en ligne ; d'ici là les pages d'autres origines sont refusées.",
        ),
    )


def _read(file: SourceFile, quote: str) -> str:
    must = f"(process.env.{NAME} ?? {quote}{quote})"
    return f"{must}.split({quote},{quote}).filter(Boolean)"


def _edit(file: SourceFile, finding: Finding, read: str, quote: str) -> Edit | None:
    written = spanned(file, finding.primary)
    node = flagged(file, finding, "call_expression")
    listing = node.child_by_field_name("arguments") if node is not None else None
    if node is not None and text(node) == written and listing is not None:
        given = arguments(node)
        if len(given) >= 2 and "allow-origin" in text(given[0]).lower():
            if given[1].type == "string":  # no origin at hand that could be asked about
                return None
            return _copied(file, given[1], read, quote)
        if not given and text(node.child_by_field_name("function")).split(".")[-1] in ("cors", "enableCors"):
            return add_item(file, listing, f"{{ origin: {read} }}")
        return None
    if _all_of_cors(file, finding):
        return replace_span(file, finding.primary, f"{{ origin: {read} }}")
    if written.strip("'\"") == "*" or written == "true" or "=>" in written or written.startswith("function"):
        return replace_span(file, finding.primary, read)
    return None


def _all_of_cors(file: SourceFile, finding: Finding) -> bool:
    """Whether the flagged value is all that `cors:` says, as Nest and socket.io take it."""
    pair = flagged(file, finding, "pair")
    key, value = (pair.child_by_field_name(f) if pair is not None else None for f in ("key", "value"))
    return text(key) == "cors" and text(value) == spanned(file, finding.primary)


def _copied(file: SourceFile, origin: Node, read: str, quote: str) -> Edit | None:
    """The request's own origin is sent back only when it is in the list; else no site is named."""
    source = text(origin).split(" || ")[0].split(" ?? ")[0]
    if "origin" not in source.lower():
        return None
    known = f"{read}.includes({source}) ? {source} : {quote}{quote}"
    return Edit(file.path, origin.start_byte, origin.end_byte, known.encode())
