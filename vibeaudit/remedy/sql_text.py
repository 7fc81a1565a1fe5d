"""Where the values of a SQL text stand: which of them a parameter can carry, and what else must be rewritten."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibeaudit.remedy.python_text import Chunk, Hole, Template

_STATEMENT = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE|MERGE)\b", re.IGNORECASE)
_VALUE = re.compile(
    r"(?:=|<|>|\|\||(?<=[\w)\s])[-+*/]|\b(?:I?LIKE|LIMIT|OFFSET|ELSE|THEN|BETWEEN|BETWEEN\s+\S+\s+AND|TOP))\s*$",
    re.IGNORECASE,
)
_VALUES_LIST = re.compile(r"\bVALUES\s*(?:\([^()]*\)\s*,\s*)*\((?:[^()]|\([^()]*\))*$", re.IGNORECASE)
_TYPED = re.compile(r"(?:\b(?:INTERVAL|DATE|TIME|TIMESTAMP|TIMESTAMPTZ|AS|[ENXB])|->>?|#>>?|@>)\s*$", re.IGNORECASE)


class NotAValue(ValueError):
    """A hole that no parameter can carry; the message says why."""


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's place: `start` to `end` in the file becomes a placeholder (`spans` when the place is torn over
    several literals). `content` is what the parameter holds: texts and expressions in turn."""

    spans: tuple[tuple[int, int, str], ...]  # start, end, text to write after the placeholder
    content: tuple[str | Hole, ...]
    in_quotes: bool
    before: int  # how many placeholders stood before it in the text
    counts: bool = False  # LIMIT and OFFSET: a number, whatever the value's type

    @property
    def hole(self) -> Hole:
        return next(c for c in self.content if isinstance(c, Hole))


def values(found: Template, *, continues: str = "") -> list[Value]:
    """The values of a statement (`continues`: the text before it). Raises NotAValue."""
    if not _STATEMENT.match(continues + _flat(found)):
        raise NotAValue("only SELECT, INSERT, UPDATE and DELETE take parameters")
    scanner = _Scanner(continues)
    for place, part in enumerate(found.parts):
        if isinstance(part, Hole):
            scanner.hole(part, found.parts[place + 1 :])
        else:
            scanner.chunk(part)
    if scanner.quote == "'" and scanner.content_has_hole:
        raise NotAValue("a quote around a value is never closed")
    return scanner.done


class _Scanner:
    """Reads SQL from left to right and knows whether it stands in quotes."""

    def __init__(self, continues: str) -> None:
        self.done: list[Value] = []
        self.quote = ""
        self.sql = continues
        self.placeholders = 0
        self._content: list[str | Hole] = []
        self._spans: list[tuple[int, int, str]] = []
        self._open = 0
        self._comment = ""  # what ends the comment that this stands in

    @property
    def content_has_hole(self) -> bool:
        return any(isinstance(c, Hole) for c in self._content)

    def chunk(self, chunk: Chunk) -> None:
        if self.quote == "'" and self._open < 0:
            self._open = chunk.start
        at = 0
        while at < len(chunk.text):
            char = chunk.text[at]
            if char == "\\" and not self._comment and at + 1 < len(chunk.text):
                self._take(chunk.text[at : at + 2])
                at += 2
                continue
            if self._comment:
                self.sql += char
                self._comment = "" if self.sql.endswith(self._comment) else self._comment
                at += 1
                continue
            if not self.quote and char in "'\"`":
                self.quote, self._content, self._spans = char, [], []
                self._open = _at(chunk, at)
                self.sql += char
            elif self.quote and char == self.quote:
                if chunk.text[at + 1 : at + 2] == char:
                    self._take(char)
                    at += 2
                    continue
                self._close(chunk, at)
            else:
                self._take(char)
            at += 1

    def hole(self, hole: Hole, rest: list[Chunk | Hole]) -> None:
        if self._comment:
            raise NotAValue("a value stands in a comment of the SQL")
        if hole.formatted:
            raise NotAValue("a value is formatted on its way into the SQL")
        if self.quote and self.quote != "'":
            raise NotAValue(f"{hole.expression[:60]} is a name of a table or column, which no parameter can carry")
        if self.quote:
            if _TYPED.search(self.sql[: self.sql.rindex("'")]):
                raise NotAValue("the database wants a literal here, not a parameter")
            self._content.append(hole)
            self.sql += "x"
            if hole.close:
                self._spans.append((self._open, hole.end, hole.close))
                self._open = -1
            return
        following = next((p.text for p in rest if isinstance(p, Chunk)), "") if rest else ""
        if rest and isinstance(rest[0], Hole):
            raise NotAValue("two values stand side by side")
        self._unquoted(hole, following)

    def _unquoted(self, hole: Hole, following: str) -> None:
        before = self.sql
        if re.search(r"\bIN\s*\(\s*[^()]*$", before, re.IGNORECASE):
            raise NotAValue("the length of an IN list changes, so its placeholders must be made by hand")
        if re.match(r"[\w.(\"`$]", following):
            raise NotAValue(f"{hole.expression[:60]} is part of a name, which no parameter can carry")
        if _TYPED.search(before) or not (_VALUE.search(before) or _VALUES_LIST.search(before)):
            raise NotAValue(f"{hole.expression[:60]} is part of the statement itself, which no parameter can carry")
        self.sql += "x"
        number = hole.node.type in ("binary_operator", "integer") or hole.expression.startswith(("int(", "len("))
        counts = not number and bool(re.search(r"\b(?:LIMIT|OFFSET|TOP)\s*$", before, re.IGNORECASE))
        self.done.append(Value(((hole.start, hole.end, hole.close),), (hole,), False, self.placeholders, counts))

    def _take(self, chars: str) -> None:
        self.sql += chars
        if not self.quote and self.sql.endswith(("--", "/*")):
            self._comment = "\n" if chars == "-" else "*/"
        if self.quote == "'":
            if self._content and isinstance(self._content[-1], str):
                self._content[-1] += chars
            else:
                self._content.append(chars)
        elif (not self.quote and chars == "?") or (not self.quote and self.sql.endswith("%s")):
            self.placeholders += 1

    def _close(self, chunk: Chunk, at: int) -> None:
        if self.quote == "'" and self.content_has_hole:
            spans = (*self._spans, (self._open, _at(chunk, at) + 1, ""))
            self.done.append(Value(spans, tuple(self._content), True, self.placeholders))
        self.sql += self.quote
        self.quote, self._content = "", []


def _at(chunk: Chunk, place: int) -> int:
    return chunk.start + len(chunk.text[:place].encode())


def _flat(found: Template) -> str:
    return "".join(p.text if isinstance(p, Chunk) else "x" for p in found.parts)
