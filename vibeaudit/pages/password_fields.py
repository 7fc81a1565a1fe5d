"""Fields of forms in which a password stands readable: shown while it is typed, or sent back in the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.source import SourceFile

LANGUAGES = ("html", "javascript", "typescript", "tsx", "jsx", "vue", "svelte", "astro")
HINT = re.compile(rb"(?i)<input\b")
_INPUT = re.compile(
    r"(?i)<input\b(?P<attributes>(?:[^<>\"'{}]++|\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'|\{[^{}]{0,300}\}){0,60})/?>"
)
_PASSWORD = r"(?:\w{0,40}_?)?(?:password|passwd|passphrase)(?:_?(?:confirm\w{0,12}|again|2|1))?"
_NAMED = re.compile(rf"(?i)(?<![\w:-])name\s*=\s*\{{?[\"'`]{_PASSWORD}[\"'`]")
_TEXT = re.compile(r"(?i)(?<![\w:-])type\s*=\s*\{?[\"']text[\"']")
_HIDING = re.compile(r"(?i)(?<![\w:-])type\s*=\s*\{?[\"']password[\"']")
# what a template prints, not the state of a component
_SENT_BACK = re.compile(r"(?i)(?<![\w:-])value\s*=\s*[\"']\s*(?:<%[=-]|\{\{)\s*(?P<value>[^\"'\n]{1,120})")
_OF_PASSWORD = re.compile(r"(?i)passw|passphrase|\bpwd\b")
_SAME_FORM = 11  # lines
_REPEATS = re.compile(r"(?i)confirm|again|repeat|re_?type|passw\w*2")
_SWITCHES = re.compile(r"(?i)visib|show_?pass|toggle")


def password_fields(file: SourceFile) -> Iterator[tuple[int, int]]:
    """(start, end) in bytes of each input that shows a password, or is given one that was typed before."""
    text, told = file.text, -_SAME_FORM
    for tag in _INPUT.finditer(text):
        said = tag["attributes"]
        shown = _NAMED.search(said) and _TEXT.search(said) and not _SWITCHES.search(said)
        back = _HIDING.search(said) and (m := _SENT_BACK.search(said)) and _OF_PASSWORD.search(m["value"])
        line = text.count("\n", 0, tag.start()) if shown or back else 0
        again = line - told < _SAME_FORM and _REPEATS.search(said) is not None
        if (shown or back) and not again:  # the field to type it again is mended with the first
            told = line
            start = len(text[: tag.start()].encode("utf-8", "replace"))
            yield start, start + len(tag[0].encode("utf-8", "replace"))
