"""Characters that a person does not see and a model reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Found = Iterator[tuple[int, int, tuple[tuple[str, str], ...]]]

_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]+")
_ZERO_WIDTH = re.compile(
    "[\u200b\u2060\u180e\u2061-\u2064\u206a-\u206f]{2,}|[\u200b\u200c\u200d\u2060\ufeff\u180e\u2061-\u2064]{4,}"
)


def tags(text: str) -> Found:
    """Unicode tag characters outside a flag, and runs of variation selectors: both carry hidden sentences."""
    if text.isascii():
        return
    flags = [m.span() for m in _FLAG.finditer(text)]
    for m in _TAGS.finditer(text):
        if not any(a <= m.start() < b for a, b in flags):
            yield m.start(), m.end(), (("count", str(len(m.group()))),)
    for m in _SELECTORS.finditer(text):
        yield m.start(), m.end(), (("count", str(len(m.group()))),)


def bidi(text: str) -> Found:
    """Embeddings, overrides and isolates: the order on the screen is not the order that is read."""
    if not text.isascii():
        for m in _BIDI.finditer(text):
            yield m.start(), m.end(), (("count", str(len(m.group()))),)


def zero_width(text: str) -> Found:
    """Runs of characters without width. Single joiners within emoji and scripts that need them are none."""
    if not text.isascii():
        for m in _ZERO_WIDTH.finditer(text):
            yield m.start(), m.end(), (("count", str(len(m.group()))),)


PREDICATES: dict[str, Callable[[str], Found]] = {
    "hidden-tags": tags,
    "bidi-controls": bidi,
    "zero-width-run": zero_width,
}
