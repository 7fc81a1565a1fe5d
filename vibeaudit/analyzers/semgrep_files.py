"""Which files a matcher looks at, by the words that they hold; told to semgrep as a folder in each file's shown path.

One run reads each file once for all matchers. So a matcher that wants certain words asks for a made-up folder
(`paths: include:`), and a file that holds them is shown below it. Excluded paths are found in a path wherever they
stand, so a folder in front changes nothing for them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from vibeaudit.analyzers.semgrep_rules import Matcher, languages_of
from vibeaudit.analyzers.semgrep_words import Clauses, needed
from vibeaudit.source import SourceFile


@dataclass(frozen=True, slots=True)
class Chooser:
    """Knows for whom each file is. `always` holds the languages in which some matcher looks at every file; `needed`
    what each of the others needs in Python to find anything."""

    always: frozenset[str]
    words: Mapping[tuple[str, ...], frozenset[str]]  # to the languages that ask for them
    needed: frozenset[Clauses] = frozenset()

    def shown(self, file: SourceFile, language: str) -> str | None:
        """The folders that stand before the file's path ("" for none); None when no matcher would look at it."""
        answers: dict[str, bool] = {}
        held = [w for w, spoken in self.words.items() if language in spoken and _holds(file, w, answers)]
        if not held and language not in self.always and not (language == "python" and self._concerns(file)):
            return None
        return "".join(f"/{folder(w)}" for w in held)

    def _concerns(self, file: SourceFile) -> bool:
        """What is no Python is shown whatever it holds, so that semgrep says so."""
        return any(map(file.may_hold, self.needed)) or not file.is_python


def _holds(file: SourceFile, words: tuple[str, ...], answers: dict[str, bool]) -> bool:
    for word in words:
        if word not in answers:
            answers[word] = file.holds(_compiled(word))
        if not answers[word]:
            return False
    return True


@lru_cache
def _compiled(word: str) -> re.Pattern[bytes]:
    return re.compile(word.encode())


def chooser(wanted: Iterable[Matcher]) -> Chooser:
    """For these matchers."""
    always: set[str] = set()
    clauses: set[Clauses] = set()
    words: dict[tuple[str, ...], frozenset[str]] = {}
    for matcher in wanted:
        if matcher.in_files:
            words[matcher.in_files] = words.get(matcher.in_files, frozenset()) | languages_of(matcher)
        elif languages_of(matcher) == {"python"} and (words_needed := needed(matcher.native)):
            clauses.add(words_needed)
        else:
            always |= languages_of(matcher)
    return Chooser(frozenset(always), words, frozenset(clauses))


def narrowed(matcher: Matcher) -> Matcher:
    """The matcher, with a native rule that looks only at files shown below its folder."""
    if not matcher.in_files:
        return matcher
    paths = {**matcher.native.get("paths", {}), "include": [f"**/{folder(matcher.in_files)}/**"]}
    return replace(matcher, native={**matcher.native, "paths": paths})


def folder(words: tuple[str, ...]) -> str:
    """The name that stands for these words; no app has a folder of this name by chance."""
    return f"holds-{hashlib.sha256(repr(words).encode()).hexdigest()[:16]}"
