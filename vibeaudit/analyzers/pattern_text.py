"""Judges text that is put together: is each part escaped, who chooses its beginning, is a part not constant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_names import FUNCTIONS, unwrap
from vibeaudit.analyzers.pattern_origins import derives
from vibeaudit.analyzers.pattern_values import Judge, operator

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_DEPTH = 8
_ESCAPES = re.compile(
    r"(?i)sanitiz|purify|escape|encode|\bxss\b|striptags|createHTML|highlight|codeToHtml|katex|renderTo(?:Static)?(?:Markup|String)"
    r"|^(?:Number|parseInt|parseFloat|Boolean)$|\.toFixed$|\.toLocale(?:Date|Time)?String$|\.toISOString$|^Math\.\w+$|^BigInt$"
    r"|^crypto\.randomUUID$|^randomUUID$|^uuid(?:v4)?$"
)
# What a fixed command prints, when nobody outside chooses a character of it: a hash, a number, a date, a folder.
_FIXED_COMMAND = re.compile(
    r"""(?:\w+\.)?exec(?:Sync|Async|Promise|FileSync)?\(\s*(?P<q>["'`])
        (?:git\ (?:rev-parse|merge-base|rev-list|hash-object|write-tree)\b(?!.{0,60}--abbrev-ref)(?:(?!(?P=q)|\$\{).)*
        |(?:date|pwd|nproc|uname|hostname|id\ -[ug]|which\ [\w-]+)(?:\ [^"'`$]*)?)(?P=q)""",
    re.VERBOSE,
)
_FORMATS = re.compile(r"(?:^|\.)format(?:Date|Time|Number|Currency|Price|Bytes|Duration|Percent|FileSize|Size)\w*$")
_NAME_NEXT = re.compile(
    r"(?i)(?:\b(?:from|join|into|update|table|exists|on|column|select|as|by|schema|search_path\s+(?:to|=))\s+|\.)[\"`\\]*$"
)
_NAME_QUOTED = re.compile(r"(?i)(?<![=<>(,])(?<![=<>(,]\s)(?<!like\s)[\"`\\]+$")
_NAME_GOES_ON = re.compile(r"[\"`\\]*\.[\"`\\]*\w|_\w")
_NUMERIC = re.compile(r"\.(?:length|size)$")
_SCHEME = re.compile(r"^(?:https?:)?/?/?$")
_PARTS = frozenset(("string_fragment", "escape_sequence"))


def substitutions(template: SgNode) -> list[SgNode]:
    """The expressions in a template's gaps."""
    gaps = [c for c in template.named_children() if c.kind() == "template_substitution"]
    return [c for gap in gaps for c in gap.named_children()]


def escaped(judge: Judge, node: SgNode, depth: int = 0) -> bool:
    """Whether each part that is not constant went through something that escapes, sanitises or casts it."""
    node = unwrap(node)
    if depth > MAX_DEPTH:
        return False
    if judge.literal(node) or _NUMERIC.search(node.text()[-40:]):
        return True
    kind = node.kind()
    if kind == "template_string":
        return all(escaped(judge, part, depth + 1) for part in substitutions(node))
    if kind == "binary_expression":
        if operator(node) in ("-", "*", "/", "%"):
            return True
        sides = node.named_children()[1:] if operator(node) == "&&" else node.named_children()
        return all(escaped(judge, side, depth + 1) for side in sides)
    if kind == "ternary_expression":
        return all(escaped(judge, side, depth + 1) for side in node.named_children()[1:])
    if kind == "identifier":
        known = judge.names.definitions(node)
        return bool(known) and all(
            _machine_made(d.value) or ((d.whole or d.entry) and escaped(judge, d.value, depth + 1)) for d in known
        )
    if kind == "call_expression":
        return _escaped_call(judge, node, depth)
    return False


def _escaped_call(judge: Judge, call: SgNode, depth: int) -> bool:
    callee, arguments = call.field("function"), call.field("arguments")
    if callee is None or arguments is None:
        return False
    if _machine_made(call) or _FORMATS.search(callee.text()[:80]):
        return True
    if _ESCAPES.search(callee.text()[:200].rsplit("\n", 1)[-1]):
        return True
    held, method = callee.field("object"), callee.field("property")
    if held is None or method is None:
        return False
    if method.text() == "map":
        return any(a.kind() in FUNCTIONS and _gives_escaped(judge, a, depth) for a in arguments.named_children())
    if method.text() in ("join", "trim", "slice", "toString", "filter", "replace", "replaceAll"):
        return escaped(judge, held, depth + 1) or (method.text().startswith("replace") and "&lt;" in call.text())
    return False


def _machine_made(node: SgNode) -> bool:
    return _FIXED_COMMAND.match(unwrap(node).text()[:200]) is not None


def _gives_escaped(judge: Judge, function: SgNode, depth: int) -> bool:
    body = function.field("body")
    if body is None:
        return False
    if body.kind() != "statement_block":
        return escaped(judge, body, depth + 1)
    given = [c for r in body.find_all(kind="return_statement") for c in r.named_children()]
    return bool(given) and all(escaped(judge, value, depth + 1) for value in given)


def built(judge: Judge, node: SgNode) -> bool:
    """Text put together from a part that is not constant: a template or a sum."""
    node = judge.resolve(node)
    if node.kind() == "template_string":
        said = len(node.named_children()) > 1  # more than one gap alone, which says nothing
        return said and bool(substitutions(node)) and not judge.literal(node)
    if node.kind() != "binary_expression" or operator(node) != "+" or judge.literal(node):
        return False
    return bool(node.find(any=[{"kind": "string"}, {"kind": "template_string"}]))


def names_only(judge: Judge, node: SgNode) -> bool:
    """Whether an SQL text has gaps only where the name of a table or column stands, and no caller fills them.
    Such names cannot be parameters."""
    node = judge.resolve(node)
    if node.kind() != "template_string":
        return False
    children = node.named_children()
    for at, gap in enumerate(children):
        if gap.kind() != "template_substitution":
            continue
        before = children[at - 1].text() if at and children[at - 1].kind() in _PARTS else ""
        after = children[at + 1].text() if at + 1 < len(children) and children[at + 1].kind() in _PARTS else ""
        if not _is_name(before, after) and not all(escaped(judge, part) for part in gap.named_children()):
            return False
        if derives(judge, gap, "request"):
            return False
    return True


def _is_name(before: str, after: str) -> bool:
    quoted = _NAME_QUOTED.search(before) is not None and after[:1] in ('"', "`", "_", "\\")
    return quoted or _NAME_NEXT.search(before) is not None or _NAME_GOES_ON.match(after) is not None


_THIS_PAGE = re.compile(r"new URL\(\s*(?:(?:window|document|self)\.)?location(?:\.href)?\s*\)$")


def _is_this_page(judge: Judge, node: SgNode) -> bool:
    """`new URL(location.href)`, and the text of it: whatever is put into its query, it leads to the same site."""
    text = re.sub(r"(?:\.toString\(\)|\.href)$", "", node.text())
    if text != node.text():
        holder = node.field("function") if node.kind() == "call_expression" else node
        held = holder.field("object") if holder is not None else None
        text = judge.resolve(held).text() if held is not None else ""
    return _THIS_PAGE.match(text) is not None


def led_by(judge: Judge, node: SgNode, origin: str, depth: int = 0) -> bool:
    """Whether the caller chooses how the text begins: for an address, its host."""
    node = judge.resolve(node)
    if depth > MAX_DEPTH or node.kind() in ("object", "array") or _is_this_page(judge, node):
        return False
    if node.kind() == "template_string":
        parts = [c for c in node.named_children() if not (c.kind() in _PARTS and _SCHEME.match(c.text()))]
        return bool(parts) and parts[0].kind() == "template_substitution" and derives(judge, parts[0], origin)
    if node.kind() == "binary_expression" and operator(node) == "+":
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return False
        start = judge.string(left)
        if start is not None and _SCHEME.match(start):
            return led_by(judge, right, origin, depth + 1)
        return led_by(judge, left, origin, depth + 1)
    if node.kind() == "binary_expression":
        return any(led_by(judge, side, origin, depth + 1) for side in node.named_children())
    if node.kind() == "new_expression" and (arguments := node.field("arguments")) is not None:
        first = arguments.named_children()[:1]
        return bool(first) and led_by(judge, first[0], origin, depth + 1)
    return derives(judge, node, origin)
