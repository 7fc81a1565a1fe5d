"""Byte edits of one line's text, for formats without a tree or values that stand once on their line."""

from __future__ import annotations

from vibeaudit.model import Edit, Location
from vibeaudit.source import SourceFile


def line_bytes(file: SourceFile, number: int) -> tuple[int, bytes]:
    """The offset of a 1-based line, and its bytes without their end."""
    start = file.offset(number)
    return start, file.data[start:].split(b"\n", 1)[0].rstrip(b"\r")


def replace_on_line(file: SourceFile, number: int, old: str, new: str) -> Edit | None:
    """Replace a text that stands exactly once on a line; None when it does not."""
    start, line = line_bytes(file, number)
    wanted = old.encode()
    if line.count(wanted) != 1:
        return None
    at = start + line.index(wanted)
    return Edit(file.path, at, at + len(wanted), new.encode())


def remove_line(file: SourceFile, number: int) -> Edit:
    """Take a whole line out, its end with it."""
    start, _ = line_bytes(file, number)
    end = file.data.find(b"\n", start)
    return Edit(file.path, start, len(file.data) if end == -1 else end + 1, b"")


def append(file: SourceFile, text: str) -> Edit:
    """Add text at the end of a file, on a line of its own."""
    gap = "" if not file.data or file.data.endswith(b"\n") else "\n"
    return Edit(file.path, len(file.data), len(file.data), (gap + text).encode())


def span(file: SourceFile, at: Location) -> tuple[int, int]:
    """The byte offsets of a location with columns."""
    start = file.offset(at.line) + max(at.column - 1, 0)
    return start, file.offset(at.end_line) + max(at.end_column - 1, 0) if at.end_line else start


def spanned(file: SourceFile, at: Location) -> str:
    """The source text that a location covers."""
    start, end = span(file, at)
    return file.data[start:end].decode("utf-8", "replace")


def replace_span(file: SourceFile, at: Location, new: str) -> Edit:
    start, end = span(file, at)
    return Edit(file.path, start, end, new.encode())
