"""One file of the audited app: bytes, text, language and tree, each worked out once."""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model import Location
from vibeaudit.source.languages import language_of
from vibeaudit.source.literals import WIDE, found_in, lower_case

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_PARSED_BYTES = 2_000_000


class SourceFile:
    """A file below the audited root. Read on first use; never executed, never written."""

    def __init__(self, path: PurePosixPath, disk: Path | None = None, data: bytes | None = None) -> None:
        """`disk` is where it lies; or `data` gives its bytes (a patched or blanked copy)."""
        self.path = path
        self.disk = disk
        self._data = data

    def __repr__(self) -> str:
        return f"SourceFile({str(self.path)!r})"

    def __reduce__(self) -> tuple[type[SourceFile], tuple[PurePosixPath, Path | None, bytes | None]]:
        return SourceFile, (self.path, self.disk, self._data)

    @cached_property
    def data(self) -> bytes:
        """The file's bytes; empty when it vanished or cannot be read."""
        if self._data is not None:
            return self._data
        try:
            return self.disk.read_bytes() if self.disk else b""
        except OSError:
            return b""

    def head(self, size: int) -> bytes:
        """The first bytes; the rest is not read for them."""
        if self._data is not None or "data" in self.__dict__ or self.disk is None:
            return self.data[:size]
        try:
            with self.disk.open("rb") as stream:
                return stream.read(size)
        except OSError:
            return b""

    @cached_property
    def text(self) -> str:
        """UTF-8 (or UTF-16 by its BOM) without the BOM; bytes that are not text become U+FFFD. CRLF stays."""
        if self.data.startswith(WIDE):
            return self.data.decode("utf-16", "replace")
        return self.data.decode("utf-8-sig", "replace")

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends. Only \\n, \\r\\n and \\r end a line, as for editors and parsers."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def _low(self) -> bytes:
        return lower_case(self.data)

    def holds(self, pattern: re.Pattern[bytes] | re.Pattern[str]) -> bool:
        """Whether the pattern is found in the bytes, or in the text."""
        return found_in(pattern, self._low, self.data if isinstance(pattern.pattern, bytes) else self.text)

    def may_hold(self, clauses: Iterable[frozenset[bytes]]) -> bool:
        """Whether one word, in lower case, of each of these sets is in it; True where that cannot be told."""
        low = self._low
        return not low or all(any(word in low for word in words) for words in clauses)

    @cached_property
    def language(self) -> str:
        return language_of(self.path, b"" if self.path.suffix else self.data[:200])

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def tree(self) -> Tree | None:
        """The tree-sitter tree over `data`; None without a grammar, above MAX_PARSED_BYTES, and when no memory would
        do for it."""
        from vibeaudit.source.trees import parse_bearable

        if len(self.data) > MAX_PARSED_BYTES or not self.bearable:
            return None
        return parse_bearable(self.data, self.language)

    @cached_property
    def is_python(self) -> bool:
        """Whether it is text that the language's own parser takes."""
        from vibeaudit.source.broken import is_python

        try:
            self.data.decode()
        except UnicodeDecodeError:
            return False
        return is_python(self.data)

    @cached_property
    def bearable(self) -> bool:
        """Whether a parser that mends as it goes may be given this file."""
        from vibeaudit.source.broken import bearable, is_python

        return self.language != "python" or bearable(self.data, lambda: self.is_python or is_python(self.data))

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], self.data.find(b"\n")
        while at != -1:
            starts.append(at + 1)
            at = self.data.find(b"\n", at + 1)
        return starts

    def offset(self, line: int) -> int:
        """The byte offset of a 1-based line's start."""
        return self._line_starts[min(max(line, 1), len(self._line_starts)) - 1]

    def at(self, start: int, end: int | None = None, note: str = "") -> Location:
        """The location of a byte span. Columns count bytes from 1."""
        end = start if end is None else end
        first = bisect.bisect_right(self._line_starts, start) - 1
        last = bisect.bisect_right(self._line_starts, max(start, end)) - 1
        return Location(
            self.path,
            first + 1,
            start - self._line_starts[first] + 1,
            last + 1,
            end - self._line_starts[last] + 1,
            note,
        )

    def locate(self, node: Node, note: str = "") -> Location:
        """The location of a tree-sitter node."""
        return self.at(node.start_byte, node.end_byte, note)

    def whole_line(self, number: int) -> Location:
        """The location of a 1-based line, from its first column to its end. Columns count bytes from 1."""
        return Location(self.path, number, 1, number, len(self.line(number).encode("utf-8", "replace")) + 1)

    def line(self, number: int) -> str:
        """A 1-based line's text, or an empty string past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""
