"""Which of an app's functions hold its rules, and which only fetch: a service decides who may have a row, a repository
takes it for whoever asks."""

from __future__ import annotations

from pathlib import PurePosixPath

from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.words import words

_SERVICE = frozenset(("service", "services", "usecase", "usecases"))
_FETCHES = frozenset("repository repositories repo repos dao daos crud model models store stores query queries".split())


def of_service(module: Module, function: Function) -> bool:
    """Whether a function belongs to a service, by its class, its file or the folder of that."""
    return in_service(module.file.path, function.owner or "")


def in_service(path: PurePosixPath, owner: str = "") -> bool:
    """The same of a place: its file, the folder of that, and the class there."""
    named = words(owner) | words(path.name.rpartition(".")[0])
    if named & _FETCHES:
        return False
    return bool((named | words(path.parent.name)) & _SERVICE)
