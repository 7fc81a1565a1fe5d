"""Questions to a value for which a rule's words run out, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from vibeaudit.analyzers.configuration.predicates import commands, containers, firebase, hidden_text, secrets, workflows

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]  # the part that speaks for it, facts, where
    Predicate = Callable[[Match, Document], list[Reason]]
    TextPredicate = Callable[[str], Iterator[tuple[int, int, tuple[tuple[str, str], ...]]]]

_OF_VALUES: Mapping[str, Predicate] = {
    **commands.PREDICATES, **containers.PREDICATES, **firebase.PREDICATES, **secrets.PREDICATES, **workflows.PREDICATES
}  # fmt: skip
_OF_TEXT: Mapping[str, TextPredicate] = hidden_text.PREDICATES


def find(name: str) -> Predicate:
    """Raises ValueError for a name that nobody knows."""
    if name not in _OF_VALUES:
        raise ValueError(f"config: no predicate is called {name!r}")
    return _OF_VALUES[name]


def find_text(name: str) -> TextPredicate:
    return _OF_TEXT[name]


def is_of_text(name: str) -> bool:
    return name in _OF_TEXT
