"""The languages that the app is written in and that no analyzer reads."""

from __future__ import annotations

from collections import Counter

from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.source.languages import UNREAD


def unread_languages(snapshot: Snapshot) -> tuple[LeftOut, ...]:
    """One entry a language: secrets are looked for in its files, its routes, queries and logic are not read."""
    counted = Counter(f.language for f in snapshot.files if f.language in UNREAD)
    return tuple(
        LeftOut(UNREAD[language], f"no analyzer reads this language, its files were searched for secrets only: {count}")
        for language, count in sorted(counted.items())
    )
