"""Sends people only to pages of this site."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, quote_of
from vibeaudit.remedy.syntax import enclosing, flagged, replace, text

_PATH = r"/^\/(?![\/\\])/"  # one slash, and no second one of either kind: browsers read \ as /
_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition")
_TARGETS = ("identifier", "member_expression", "call_expression", "non_null_expression", "subscript_expression")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """A path of the own site goes through; anything else leads to the front page."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call_expression", "assignment_expression")
    if node is None or file.language not in LANGUAGES:
        return Refusal("the redirect was not found")
    target = _target(node)
    if target is None or target.type not in _TARGETS:
        return Refusal("the address is put together here: choose the site from a fixed list")
    quote = quote_of(file)
    if text(node).startswith(("NextResponse.", "Response.")) and "new URL(" not in text(node):
        return Refusal("this call wants a whole address: choose the site from a fixed list")
    if enclosing(node, *_FUNCTIONS) is None:
        return Refusal("the address is checked best in a function of its own, which other pages can use too")
    shown = text(target) if target.type == "identifier" else f"String({text(target).rstrip('!')})"
    result = shown if target.type == "identifier" else text(target)
    made = f"{_PATH}.test({shown}) ? {result} : {quote}/{quote}"
    whole = enclosing(target, "new_expression")
    if whole is not None and whole.start_byte > node.start_byte:  # new URL(next, base)
        base = text(whole).replace(text(target), f"{quote}/{quote}", 1)
        made, target = f"{_PATH}.test({shown}) ? {text(whole)} : {base}", whole
    return Proposal(
        Text("Redirect to pages of this site only", "Ne rediriger que vers des pages de ce site"),
        (replace(file, target, made),),
        Safety.UNSAFE,
        Text(
            "Links that lead people on to another site (payment, single sign-on) must be listed by name.",
            "Les liens qui mènent vers un autre site (paiement, connexion unique) doivent être listés par nom.",
        ),
    )


def _target(node: Node) -> Node | None:
    if node.type == "assignment_expression":
        return node.child_by_field_name("right")
    given = arguments(node)
    target = given[1] if len(given) > 1 and given[0].type == "number" else given[0] if given else None
    if target is not None and target.type == "new_expression" and text(target).startswith("new URL("):
        listed = target.child_by_field_name("arguments")
        return listed.named_children[0] if listed is not None and len(listed.named_children) == 2 else None
    return target
