"""Cleans HTML before a page shows it, with what the app has for that."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, ensure_import
from vibeaudit.remedy.syntax import flagged, nodes, text
from vibeaudit.source import SourceFile

RULES = (
    "html-in-component-unsanitised",
    "html-set-from-variable",
    "markdown-into-page-unsanitised",
    "react-html-unsanitised",
)
_LIBRARIES = ("isomorphic-dompurify", "dompurify")
_TITLE = Text("Clean the HTML before it is shown", "Nettoyer le HTML avant de l'afficher")
_CHECK = Text(
    "Scripts, event handlers and unknown tags are taken out: look at one page whose text uses much HTML.",
    "Les scripts, gestionnaires et balises inconnues sont retirés : regarder une page dont le texte utilise du HTML.",
)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """`DOMPurify.sanitize(...)`, or plain text where the value alone is set."""
    file = bench.flagged(finding)
    if file.language not in LANGUAGES:
        return Refusal("the script stands inside a page: set textContent instead by hand")
    if finding.rule_id == "html-set-from-variable" and (plain := _plain(file, finding)) is not None:
        return Proposal(
            Text("Show the value as text", "Afficher la valeur comme du texte"),
            (plain,),
            Safety.UNSAFE,
            Text(
                "Tags in the value are shown as they are written: check that none was meant to work.",
                "Les balises de la valeur s'affichent telles quelles : vérifier qu'aucune ne devait agir.",
            ),
        )
    value = _value(file, finding)
    if value is None or value.type not in _WRAPPED:
        return Refusal("the HTML is put together elsewhere: clean each value where it is put in")
    name, imports = _purifier(file, bench)
    if not name:
        return Refusal("add a library that cleans HTML to the app first (npm install isomorphic-dompurify)")
    edit = Edit(file.path, value.start_byte, value.end_byte, f"{name}.sanitize({text(value)})".encode())
    return Proposal(_TITLE, (edit, *imports), Safety.UNSAFE, _CHECK)


_WRAPPED = (
    "identifier",
    "member_expression",
    "call_expression",
    "template_string",
    "binary_expression",
    "subscript_expression",
)


def _purifier(file: SourceFile, bench: Bench) -> tuple[str, tuple[Edit, ...]]:
    known = re.search(r"""import\s+(?:\*\s+as\s+)?(\w+)\s+from\s+["'](?:isomorphic-)?dompurify["']""", file.text)
    known = known or re.search(r"""\b(\w+)\s*=\s*require\(["'](?:isomorphic-)?dompurify["']\)""", file.text)
    if known:
        return known[1], ()
    installed = {p.name for p in bench.app.packages if p.ecosystem == "npm" and p.direct}
    library = next((n for n in _LIBRARIES if n in installed), "")
    if library == "dompurify" and str(file.path) not in bench.app.client_files:
        return "", ()  # it needs a browser's document
    return ("DOMPurify", ensure_import(file, "DOMPurify", library)) if library else ("", ())


def _plain(file: SourceFile, finding: Finding) -> Edit | None:
    """`el.innerHTML = name` -> `el.textContent = name`; a text with tags in it is not plain."""
    node = flagged(file, finding, "assignment_expression")
    left = node.child_by_field_name("left") if node is not None else None
    right = node.child_by_field_name("right") if node is not None else None
    member = left.child_by_field_name("property") if left is not None else None
    if member is None or right is None or text(member) != "innerHTML":
        return None
    alone = right.type in ("identifier", "member_expression") and not re.search(r"(?i)html|markup|svg", text(right))
    if re.search(rf"\b{re.escape(text(right))}\s*\+?=[^=;\n]*<\s*[a-zA-Z]", file.text):
        return None  # tags were put together in it on purpose
    one_gap = right.type == "template_string" and re.fullmatch(r"`\$\{[\w.]+\}`", text(right))
    if not alone and not one_gap:
        return None
    return Edit(file.path, member.start_byte, member.end_byte, b"textContent")


def _value(file: SourceFile, finding: Finding) -> Node | None:
    if finding.rule_id == "react-html-unsanitised":
        node = flagged(file, finding, "jsx_attribute", "pair")
        pairs = [p for p in nodes(node, "pair") if text(p.child_by_field_name("key")) == "__html"] if node else []
        return pairs[0].child_by_field_name("value") if pairs else None
    if finding.rule_id == "html-in-component-unsanitised":
        node = flagged(file, finding, "jsx_attribute")
        holder = next(nodes(node, "jsx_expression"), None) if node is not None else None
        return holder.named_children[0] if holder is not None and holder.named_children else None
    if finding.rule_id == "markdown-into-page-unsanitised":
        return flagged(file, finding, "call_expression")
    node = flagged(file, finding, "assignment_expression", "call_expression")
    if node is not None and node.type == "call_expression":
        given = arguments(node)
        return given[-1] if given else None
    return node.child_by_field_name("right") if node is not None else None
