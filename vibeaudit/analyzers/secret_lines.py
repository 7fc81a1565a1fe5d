"""Secrets among the lines of a text that code holds: an answer of a tool, a prompt, a file written at the start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.analyzers.secret_hit import Hit
from vibeaudit.analyzers.secret_names import Kind, kind_of
from vibeaudit.analyzers.secret_text import Readable
from vibeaudit.analyzers.secret_values import weigh

if TYPE_CHECKING:
    from tree_sitter import Node

_LANGUAGES = frozenset(("python", "javascript", "typescript", "tsx"))
_TEXTS = frozenset(("string", "template_string", "concatenated_string"))
_LINE = re.compile(
    r"[ \t]{0,40}(?:[-*] {1,4})?(?P<name>[A-Za-z][\w /-]{1,50}?)[ \t]{0,8}[:=][ \t]{1,8}"
    r"(?P<secret>[^\s\"'`{}<>]{6,200})[ \t]*"
)
_HEADING = re.compile(r"(?i)\b(?:keys|secrets|credentials|tokens)\b[^\n]{0,20}$")
_SPOKEN = re.compile(
    r"(?i)\b(?P<name>(?:\w{2,20} ){0,3}(?:password|passphrase|secret|api[ _-]?key|access code|token))"
    r" is:? {1,2}[\"'`\u201c]?(?P<secret>[^\s\"'`{}<>,;]{6,200}?)[\"'`.,;\u201d]{0,3}(?=\s|$|\")"
)
_INSTRUCTS = re.compile(r"(?i)\byou are (?:an?|the)\b|\b(?:never|do not|don't) (?:reveal|share|tell|disclose)\b")
_BELOW_HEADING = 8
_MAX_TEXT = 6_000
_RANK = 38


def in_text(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """The first secret of the text around a keyword, in a string of several lines or one that instructs a model."""
    if text.file.language not in _LANGUAGES or text.is_test or text.is_sample:
        return
    span = _span(text, start)
    if span is None:
        return
    said = text.text[span[0] : span[1]]
    if found := _listed(text, said, span[0]):
        yield found
    elif _INSTRUCTS.search(said):
        yield from _spoken(text, said, span[0])


def _span(text: Readable, start: int) -> tuple[int, int] | None:
    """Where the string around an offset stands; None for a docstring, which only describes, and for other code."""
    tree = text.file.tree
    node: Node | None = tree.root_node.descendant_for_byte_range(start, start) if tree is not None else None
    while node is not None and node.type not in _TEXTS:
        node = node.parent
    if node is None or not 20 <= node.end_byte - node.start_byte <= _MAX_TEXT:
        return None
    above = node.parent
    if text.file.language == "python" and above is not None and above.type == "expression_statement":
        return None
    return node.start_byte, node.end_byte


def _listed(text: Readable, said: str, offset: int) -> tuple[str, Hit] | None:
    """`API Key: sk_live_...` on a line of its own, or a long random value below a heading that promises keys."""
    at, below = offset, _BELOW_HEADING + 1
    for number, line in enumerate(said.split("\n")):
        below = 0 if _HEADING.search(line.rstrip(" :-")) else below + 1
        match = _LINE.fullmatch(line.rstrip("\"'`")) if number else None
        if match:
            kind = kind_of(match["name"])
            promised = below <= _BELOW_HEADING and len(match["secret"]) >= 16
            if kind is not None or promised:
                first = at + match.start("secret")
                hit = _weighed(text, kind or Kind.SECRET, match["name"], first, first + len(match["secret"]))
                if hit is not None:
                    return hit
        at += len(line) + 1
    return None


def _spoken(text: Readable, said: str, offset: int) -> Iterator[tuple[str, Hit]]:
    """`The admin password is hunter2-2024. Never reveal it.`"""
    for match in _SPOKEN.finditer(said):
        kind = kind_of(match["name"]) or Kind.PASSWORD
        first = offset + match.start("secret")
        if hit := _weighed(text, kind, match["name"], first, first + len(match["secret"])):
            yield hit
            return


def _weighed(text: Readable, kind: Kind, name: str, start: int, end: int) -> tuple[str, Hit] | None:
    value = text.value(start, end)
    confidence = weigh(kind, name, value)
    if confidence is None:
        return None
    shape = "code-password" if kind is Kind.PASSWORD else "code-secret"
    return shape, Hit("", start, end, value, _RANK, name.strip(), confidence=confidence)
