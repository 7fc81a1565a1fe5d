"""What the reports say, in one language, with that language's typography."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from vibeaudit.model import Effort, Text
from vibeaudit.reports.visible import line
from vibeaudit.wording import catalogue, fill

_THIN = re.compile(r" (?=[;!?])")
_WIDE = re.compile(r" (?=[:»%])|(?<=«) ")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=\w)")
_PLAIN = re.compile(r"[\w '’,-]*")  # words and numbers; anything else that a fact holds is shown as code
_MARK = re.compile("[\ue000\ue001]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; `code` when it is a name out of the audited app."""

    text: str
    code: bool = False


Sentence = tuple[Piece, ...]


class Words:
    """The sentences of a locale. `words("section.key", gap=...)`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._catalogue = catalogue(lang)

    def __call__(self, key: str, **gaps: object) -> str:
        section, _, name = key.partition(".")
        said = typeset(str(self._catalogue[section][name]), self.lang)
        for gap, value in gaps.items():
            said = said.replace("{" + gap + "}", str(value))
        return said

    def get(self, key: str, otherwise: str = "") -> str:
        """A sentence, or `otherwise` for a key that this locale does not know."""
        section, _, name = key.partition(".")
        said = self._catalogue.get(section, {}).get(name)
        return otherwise if said is None else typeset(str(said), self.lang)

    def count(self, key: str, n: int) -> str:
        """`key_one` or `key_many` with `{n}`. Zero is many in English and one in French."""
        one = n == 1
        return self(f"{key}_{'one' if one else 'many'}", n=self.number(n))

    @property
    def colon(self) -> str:
        return "\u00a0:" if self.lang == "fr" else ":"

    def label(self, key: str) -> str:
        """ "Confidence:"."""
        return self(key) + self.colon

    def number(self, n: int) -> str:
        return f"{n:,}".replace(",", "\u202f" if self.lang == "fr" else ",")

    def units(self, n: int, unit: str) -> str:
        """ "214 files"; a unit that no locale knows stands as it is."""
        one = self.get(f"unit.{unit}_one")
        if n == 1 and one:
            return one
        return self.get(f"unit.{unit}", f"{{n}} {unit}").replace("{n}", self.number(n))

    def joined(self, parts: Iterable[str]) -> str:
        """ "a, b and c"."""
        said = list(parts)
        if len(said) < 2:
            return "".join(said)
        return f"{', '.join(said[:-1])} {self('verdict.and')} {said[-1]}"

    def minutes(self, minutes: int) -> str:
        if minutes < 90:
            return self("effort.minutes", n=minutes)
        hours = f"{minutes / 60:.1f}".removesuffix(".0")
        return self("effort.hours", n=hours.replace(".", ",") if self.lang == "fr" else hours)

    def effort(self, effort: Effort) -> str:
        """ "about 30 min, developer"."""
        return f"{self.minutes(effort.minutes)}, {self.get(f'who.{effort.who}', effort.who)}" if effort.minutes else ""

    def reason(self, text: str) -> str:
        """A reason that a check gave, in this language where we know it, else as it was given. "@key" is a fact."""
        if text.startswith("@"):
            return typeset(fill(Text("{it}", "{it}"), (("it", text),), self.lang), self.lang)
        for pattern, said in _reasons(self.lang):
            if match := pattern.fullmatch(text):
                return typeset(said, self.lang).replace("{x}", match[1] if pattern.groups else "")
        first, joint, rest = text.partition("; ")  # several reasons, each known or not
        return f"{self.reason(first)}{joint}{self.reason(rest)}" if joint else text


@cache
def _reasons(lang: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The reasons that a locale knows, `{x}` standing for whatever was named."""
    known = catalogue(lang).get("reasons", {})
    return tuple((re.compile(re.escape(k).replace(r"\{x\}", "(.*)")), str(v)) for k, v in known.items())


def typeset(text: str, lang: str) -> str:
    """French sets a non-breaking space before high punctuation and inside guillemets, and curls apostrophes."""
    return _APOSTROPHE.sub("’", _WIDE.sub("\u00a0", _THIN.sub("\u202f", text))) if lang == "fr" else text


def told(text: Text, facts: Iterable[tuple[str, str]], lang: str) -> Sentence:
    """A rule's sentence, filled, in which the app's own names can be told from our words."""
    names: list[str] = []
    marked = []
    for key, value in facts:
        if value.startswith("@"):
            marked.append((key, value))
        else:
            names.append(line(value))
            marked.append((key, f"\ue000{len(names) - 1}\ue001"))
    ours = Text(_ours(text.en), _ours(text.fr))
    return tuple(_pieces(typeset(fill(ours, marked, lang), lang), names))


def _ours(text: str) -> str:
    return line(_MARK.sub("", text), 2000)


def _pieces(said: str, names: list[str]) -> Iterable[Piece]:
    for n, part in enumerate(re.split("\ue000(\\d+)\ue001", said)):
        if n % 2:
            name = names[int(part)]
            yield Piece(name, code=not _PLAIN.fullmatch(name) or "_" in name)
        elif part:
            yield Piece(part)


def text_of(sentence: Sentence) -> str:
    return "".join(p.text for p in sentence)
