"""The scripts inside Vue, Svelte, Astro and HTML files, at their own lines and columns."""

from __future__ import annotations

import re

_SCRIPT = re.compile(r"<script\b(?P<head>[^>]*)>(?P<code>.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_TYPE = re.compile(r"\btype\s*=\s*[\"']?(?P<type>[^\"'\s>]+)", re.IGNORECASE)
_FRONT = re.compile(r"\A\s*---\r?\n(?P<code>.*?)\r?\n---", re.DOTALL)
_RUNS = re.compile(r"(?:text|application)/(?:javascript|typescript|babel|ecmascript)|module|ts|js", re.IGNORECASE)
_NOT_LINE_END = re.compile(r"[^\r\n]")
HOSTS = frozenset(("vue", "svelte", "astro", "html"))


def scripts(text: str, host: str) -> str:
    """The text with everything but its scripts blanked; empty when it has none."""
    spans = [m.span("code") for m in _SCRIPT.finditer(text) if _is_code(m["head"])]
    if host == "astro" and (front := _FRONT.match(text)):
        spans.insert(0, front.span("code"))
    kept, at = [], 0
    for start, end in spans:
        kept += [_NOT_LINE_END.sub(" ", text[at:start]), text[start:end]]
        at = end
    return "".join(kept) if any(text[a:b].strip() for a, b in spans) else ""


def _is_code(head: str) -> bool:
    kind = _TYPE.search(head)
    return kind is None or _RUNS.fullmatch(kind["type"]) is not None
