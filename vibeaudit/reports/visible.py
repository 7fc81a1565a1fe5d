"""Text of the audited app, made harmless to look at: nothing hidden, nothing that steers a terminal."""

from __future__ import annotations

import re

LINE = 300
BLOCK_LINES = 40
BLOCK_LINE = 240
DIFF_LINES = 400

# Controls, bidirectional marks, joiners, fillers, tags and variation selectors: what a reader cannot see.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff\ud800-\udfff"
)
_EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff"  # a joiner between two of them is seen
_UNSEEN = re.compile(f"[{_HIDDEN}]|(?<![\ufe0f{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_IN_JSON = re.compile(
    r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t\n\r]+")


def line(text: str, limit: int = LINE) -> str:
    """One bounded line. What cannot be seen stands as [U+XXXX]."""
    return _cut(clean(_SPACES.sub(" ", text[: limit * 4])).strip(" "), limit)


def clean(text: str) -> str:
    """Text as it is, but for what cannot be seen."""
    plain = text.isascii() and text.replace("\t", "").replace("\n", "").isprintable()
    return text if plain else _UNSEEN.sub(_shown, text)


def block(text: str, lines: int = BLOCK_LINES, width: int = BLOCK_LINE) -> str:
    """Several lines, each bounded, with tabs kept and a last line that counts what was cut."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [_cut(clean(r[: width * 4]).rstrip(), width) for r in rows[:lines]]
    return "\n".join([*kept, f"… (+{len(rows) - lines})"] if len(rows) > lines else kept)


def in_json(document: str) -> str:
    """A JSON document whose invisible characters are escaped. Means the same to a parser."""
    return _IN_JSON.sub(_json_escape, document)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:
        return f"[0x{code - 0xDC00:02X}]"
    return f"[U+{code:04X}]"


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
