"""SQL text cut into statements and words, robust to dialects and to text that no grammar takes.

A grammar fails a whole migration for one clause that it does not know (and procedural bodies are full of
them); cutting at `;` outside quotes, comments and dollar quotes never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BYTES = 2_000_000
_LEX = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
      | (?P<string>[eE]?'(?:[^'\\]|''|\\.)*(?:'|\Z))
      | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`\n]*`|\[[A-Za-z_]\w*\])
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<number>\d[\w.]*)
      | (?P<space>\s+)
      | (?P<mark>::|<=|>=|<>|!=|->>|->|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, quoted, string, dollar, number, mark. `low` is the text in lower case, unquoted names."""

    kind: str
    text: str
    low: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's tokens, without comments. `start` is a character offset of the text."""

    tokens: tuple[Token, ...]
    start: int

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(t.low for t in self.tokens)


def tokens(text: str) -> Iterator[Token]:
    for m in _LEX.finditer(text):
        kind = m.lastgroup or "mark"
        if kind == "tag":
            kind = "dollar"
        if kind in ("comment", "space"):
            continue
        raw = m[0]
        low = raw.strip('"`[]') if kind == "quoted" else raw if kind in ("string", "dollar") else raw.lower()
        yield Token(kind, raw, low, m.start())


def statements(text: str) -> Iterator[Statement]:
    """The statements of a script, in order."""
    held: list[Token] = []
    for token in tokens(text[:MAX_BYTES]):
        if token.kind == "mark" and token.text == ";":
            if held:
                yield Statement(tuple(held), held[0].start)
            held = []
        else:
            held.append(token)
    if held:
        yield Statement(tuple(held), held[0].start)


def unclosed(text: str) -> int:
    """How many quotes, comments and parentheses never close, statement by statement: what is broken in any dialect."""
    count = 0
    for statement in statements(text):
        depth = 0
        for token in statement.tokens:
            depth += (token.text == "(") - (token.text == ")")
            if depth < 0:
                count, depth = count + 1, 0
            if token.kind == "dollar":
                mark = token.text[: token.text.index("$", 1) + 1]
                count += not token.text.endswith(mark) or len(token.text) < 2 * len(mark)
            elif token.kind in ("string", "quoted"):
                body = token.text.lstrip("eE") if token.kind == "string" else token.text
                count += len(body) < 2 or body[-1] not in "'\"`]"
        count += depth > 0
    return count


def name_at(found: tuple[Token, ...], at: int) -> tuple[str, int]:
    """The (schema-qualified) name at a token, and the index after it. `public.` is left out."""
    parts: list[str] = []
    while at < len(found) and found[at].kind in ("word", "quoted", "string"):
        parts.append(found[at].low.strip("'"))
        at += 1
        if at < len(found) and found[at].text == "." and at + 1 < len(found):
            at += 1
            continue
        break
    if len(parts) > 1 and parts[0] == "public":
        parts = parts[1:]
    return ".".join(parts), at


def group(found: tuple[Token, ...], at: int) -> tuple[tuple[Token, ...], int]:
    """The tokens inside the parentheses that open at `at`, and the index after them."""
    depth, start = 0, at + 1
    while at < len(found):
        depth += (found[at].text == "(") - (found[at].text == ")")
        at += 1
        if depth == 0:
            return found[start : at - 1], at
    return found[start:], len(found)


def split(found: tuple[Token, ...], mark: str = ",") -> list[tuple[Token, ...]]:
    """The parts between marks at depth zero."""
    parts: list[tuple[Token, ...]] = []
    depth, start = 0, 0
    for index, token in enumerate(found):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text == mark:
            parts.append(found[start:index])
            start = index + 1
    return [p for p in (*parts, found[start:]) if p]


def joined(found: tuple[Token, ...]) -> str:
    """The tokens as one line, single spaces, none around dots, `::` and parentheses."""
    text = " ".join(t.low for t in found)
    close = re.sub(r"\s*(\.|::|\(|\)|\[|\])\s*", r"\1", text)
    return re.sub(r"(?<=[)\]])(?=[\w=<>!'|+-])", " ", re.sub(r"\b(and|or|not|in|on)\(", r"\1 (", close)).strip()
