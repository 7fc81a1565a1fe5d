"""The rules' `secret:` matchers, compiled: one automaton over all keywords, then each pattern where its keyword is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ahocorasick

from vibeaudit.analyzers.secret_checks import CHECKS, Verdict, judge
from vibeaudit.analyzers.secret_hit import Hit
from vibeaudit.analyzers.secret_names import KEYWORDS
from vibeaudit.analyzers.secret_shapes import SHAPE_KEYWORDS
from vibeaudit.analyzers.secret_text import Readable
from vibeaudit.errors import RuleError
from vibeaudit.model import Confidence, Rule

_BEFORE, _AFTER = 300, 4_000  # how far around a keyword a pattern may look
_BLOB = re.compile(r"[A-Za-z0-9+/]*")
_MATCHER_KEYS = frozenset("keywords pattern where names near check vendor class shape rank rotate".split())
VENDOR_RANK, NAMED_RANK = 100, 80


@dataclass(frozen=True, slots=True)
class Format:
    """How one vendor's keys look. `where`: prefix (the pattern starts with the keyword), near (it stands within
    300 characters), file (anywhere in the file). With `names` instead: the pattern is a whole value, told apart by the
    variable's name or by the vendor's host nearby."""

    rule: Rule
    pattern: re.Pattern[str]
    where: str
    keywords: tuple[str, ...]
    checks: tuple[str, ...]
    rank: int
    names: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    def hit(self, text: Readable, start: int, end: int) -> Hit | None:
        """The hit of a matched span, when the offline checks let it stand."""
        value = text.value(start, end)
        verdict = judge(value, self.checks)
        if verdict is Verdict.REJECT or _inside_blob(text.text, start, end):
            return None
        confidence = {Verdict.DOUBT: Confidence.LOW, Verdict.CONFIRM: Confidence.HIGH}.get(verdict)
        return Hit(self.rule.id, start, end, value, self.rank, confidence=confidence)

    def fits(self, text: Readable, name: str, value: str, at: int) -> bool:
        """Whether a named value is this vendor's."""
        if not self.pattern.fullmatch(value):
            return False
        low = _squeezed(name)
        around = text.low[max(0, at - _BEFORE) : at + _BEFORE]
        return any(n in low for n in self.names) or any(n in around for n in self.near)


@dataclass(frozen=True)
class FormatBook:
    """All formats. `shapes` are the ids of the rules that a built-in shape finds, by shape."""

    formats: tuple[Format, ...]
    named: tuple[Format, ...]
    shapes: Mapping[str, str]
    vendors: frozenset[str]

    @cached_property
    def automaton(self) -> Any:
        """Keyword -> (keyword, formats that it calls, whether names and shapes start there)."""
        calls: dict[str, list[Format]] = {word: [] for word in (*KEYWORDS, *SHAPE_KEYWORDS)}
        for each in self.formats:
            for word in each.keywords:
                calls.setdefault(word, []).append(each)
        machine = ahocorasick.Automaton()
        for word, called in sorted(calls.items()):
            machine.add_word(word, (word, tuple(called), word in KEYWORDS, SHAPE_KEYWORDS.get(word)))
        machine.make_automaton()
        return machine

    def at(self, text: Readable, start: int, formats: tuple[Format, ...]) -> Iterator[Hit]:
        """The hits of the formats whose keyword starts at `start`."""
        for each in formats:
            if each.where == "prefix":
                match = each.pattern.match(text.text, start)
            elif each.where == "near":
                match = each.pattern.search(text.text, max(0, start - _BEFORE), start + _AFTER)
            else:
                continue
            if match and (hit := each.hit(text, *match.span(_group(match)))):
                yield hit

    def throughout(self, text: Readable, formats: Iterable[Format]) -> Iterator[Hit]:
        """The hits of `where: file` formats, over the whole text."""
        for each in formats:
            for match in each.pattern.finditer(text.text):
                if hit := each.hit(text, *match.span(_group(match))):
                    yield hit


def compile_formats(rules: Iterable[Rule]) -> FormatBook:
    """Raises RuleError when a matcher is wrong."""
    formats: list[Format] = []
    named: list[Format] = []
    shapes: dict[str, str] = {}
    vendors: set[str] = set()
    for rule in rules:
        matcher = rule.matchers["secret"]
        if unknown := set(matcher) - _MATCHER_KEYS:
            raise RuleError(f"{rule.id}: unknown in secret: {', '.join(sorted(unknown))}")
        if shape := matcher.get("shape"):
            shapes[str(shape)] = rule.id
            continue
        if vendor := matcher.get("vendor"):
            vendors.add(str(vendor))
        one = _format(rule, matcher)
        (named if one.names or one.near else formats).append(one)
    return FormatBook(tuple(formats), tuple(named), shapes, frozenset(vendors))


def _format(rule: Rule, matcher: Mapping[str, Any]) -> Format:
    checks = tuple(matcher.get("check", ("not-placeholder",)))
    if unknown := set(checks) - set(CHECKS):
        raise RuleError(f"{rule.id}: no such check: {', '.join(sorted(unknown))}")
    try:
        pattern = re.compile(matcher["pattern"], re.ASCII)
    except (re.error, KeyError) as error:
        raise RuleError(f"{rule.id}: secret.pattern: {error}") from error
    names = tuple(_squeezed(n) for n in matcher.get("names", ()))
    near = tuple(str(n).lower() for n in matcher.get("near", ()))
    return Format(
        rule,
        pattern,
        str(matcher.get("where", "prefix")),
        tuple(str(k).lower() for k in matcher.get("keywords", ())),
        checks,
        int(matcher.get("rank", NAMED_RANK if names or near else VENDOR_RANK)),
        names,
        near,
    )


def _squeezed(name: object) -> str:
    """`AWS_SECRET_KEY`, `aws-secret-key` and `awsSecretKey` are one name."""
    return str(name).lower().replace("_", "").replace("-", "")


def _group(match: re.Match[str]) -> int | str:
    if "secret" in match.re.groupindex:
        return "secret"
    return 1 if match.re.groups else 0


def _inside_blob(text: str, start: int, end: int) -> bool:
    """Whether the match is a piece of a longer encoded run, such as an image in base64."""
    after = _BLOB.match(text, end, end + 200)
    before = len(text[max(0, start - 200) : start]) - len(text[max(0, start - 200) : start].rstrip(_BASE64))
    return before + (len(after[0]) if after else 0) > 60


_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
