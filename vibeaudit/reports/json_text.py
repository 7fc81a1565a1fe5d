"""JSON as text, piece by piece: sorted keys, an indent of two, nothing invisible. Text for text what `json.dumps`
gives, in less time, and without holding the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any

from vibeaudit.reports.visible import in_json

_STEP = "  "


def pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """The text of a document, its last line ended. A list among its values, or what is still to be made of one (an
    iterator), comes member by member."""
    opening = "{"
    for key in sorted(document):
        value = document[key]
        yield f"{opening}\n{_STEP}{encode_basestring(key)}: "
        opening = ","
        if isinstance(value, list | Iterator):
            yield from _members(value)
        else:
            yield _seen(_text(value, _STEP))
    yield "{}\n" if opening == "{" else "\n}\n"


def _members(values: list[Any] | Iterator[Any]) -> Iterator[str]:
    opening = "["
    for value in values:
        yield _seen(f"{opening}\n{_STEP}{_STEP}{_text(value, _STEP + _STEP)}")
        opening = ","
    yield "[]" if opening == "[" else f"\n{_STEP}]"


def _seen(text: str) -> str:
    return text if text.isascii() and "\x7f" not in text else in_json(text)


def _text(value: Any, pad: str) -> str:
    """One value, its lines after the first indented by more than `pad`."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = pad + _STEP
    if isinstance(value, dict):
        told = [f"{encode_basestring(k)}: {_text(value[k], inner)}" for k in sorted(value)]
        return "{\n" + inner + f",\n{inner}".join(told) + f"\n{pad}}}" if told else "{}"
    if isinstance(value, list | tuple):
        told = [_text(v, inner) for v in value]
        return "[\n" + inner + f",\n{inner}".join(told) + f"\n{pad}]" if told else "[]"
    return str(value) if type(value) is int else json.dumps(value, allow_nan=False)
