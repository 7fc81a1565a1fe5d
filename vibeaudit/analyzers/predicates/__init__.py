"""What rules of absence may ask, by names that read as words. "not x" is the opposite of x.

One module a kind of subject or a family of questions; each is found by being here, and registers what it answers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.model import AccountStep, LogicStep

Predicate = Callable[[Subject], bool]
_REGISTRY: dict[tuple[str, str], Predicate] = {}


def predicate(each: str, name: str) -> Callable[[Predicate], Predicate]:
    """Registers a predicate of one kind of subject under the words that rules use."""

    def register(function: Predicate) -> Predicate:
        _REGISTRY[(each, name)] = function
        return function

    return register


def of_kind(each: str, kind: str) -> None:
    """Registers the predicate that a step (of accounts, of the app's logic) is of this kind, under the kind's words."""
    predicate(each, kind)(lambda s: isinstance(s.thing, AccountStep | LogicStep) and s.thing.kind == kind)


def known(each: str, name: str) -> bool:
    return (each, name.removeprefix("not ")) in _all()


def holds(name: str, subject: Subject) -> bool:
    """Whether the predicate (or, after "not ", its opposite) holds."""
    asked = name.removeprefix("not ")
    if asked not in subject.answers:
        subject.answers[asked] = bool(_all()[(subject.kind, asked)](subject))
    return subject.answers[asked] is not name.startswith("not ")


@cache
def _all() -> dict[tuple[str, str], Predicate]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _REGISTRY
