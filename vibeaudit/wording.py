"""Fills the gaps in a rule's sentences from a finding's facts, in English or French."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from vibeaudit.model import Text
from vibeaudit.rules import read_yaml

_GAP = re.compile(r"\{([a-z_]+)\}")


def fill(text: Text, facts: Iterable[tuple[str, str]], lang: str = "en") -> str:
    """The sentence in one language. A fact that starts with "@" is a key of the locale's `facts:` table
    (an unknown one, such as a scoped package's name, stands for itself);
    several keys are joined by spaces ("@reads-store @calls-model"). A gap without a fact stays "…"."""
    values = dict(facts)
    return _GAP.sub(lambda m: _say(values.get(m[1], "…"), lang), text.to(lang))


def gaps(text: Text) -> frozenset[str]:
    """The names that a sentence wants filled."""
    return frozenset(_GAP.findall(text.en)) | frozenset(_GAP.findall(text.fr))


def _say(value: str, lang: str) -> str:
    if not value.startswith("@"):
        return value
    table = catalogue(lang)["facts"]
    said = [str(table.get(key[1:], key)) for key in value.split()]
    last = {"fr": " et "}.get(lang, " and ")
    return said[0] if len(said) == 1 else ", ".join(said[:-1]) + last + said[-1]


@lru_cache
def catalogue(lang: str) -> dict[str, dict[str, str]]:
    """The locale file: its sections, each a table from key to sentence."""
    path = Path(__file__).parent / "reports" / "locales" / f"{lang}.yaml"
    return read_yaml(path.read_text("utf-8"))  # type: ignore[no-any-return]
