"""Guards that stand before the routes of a scope, and the paths that they cover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.code import Branch, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_PATH = re.compile(r"['\"](/[^'\"\n]*)['\"]")
_REFUSES = re.compile(r"\braise\b|\b40[013]\b|redirect|unauthori[sz]ed|forbidden|abort\(", re.IGNORECASE)
_NEGATED = re.compile(r"\bnot\b|!=")


@dataclass(frozen=True)
class Standing:
    """`below` are path prefixes (empty: all paths); `but` are the endpoints and paths that are let through, and
    `but_below` the prefixes of such."""

    guards: tuple[Guard, ...]
    below: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()
    but_below: tuple[str, ...] = ()

    def over(self, path: str, endpoint: str = "") -> tuple[Guard, ...]:
        """The guards, when they cover this route."""
        if self.below and not any(path.startswith(b) for b in self.below):
            return ()
        if self.but & {path, path.rstrip("/"), endpoint, endpoint.rsplit(".", 1)[-1]}:
            return ()
        if any(path.startswith(b) for b in self.but_below):
            return ()
        return self.guards


def limited(module: Module, body: Node, guards: tuple[Guard, ...], subject: re.Pattern[str]) -> Standing:
    """A middleware's guards with the paths that its body makes them hold for. `subject` is how the body asks for the
    path of the request."""
    text = text_of(body)
    if not guards or not subject.search(text):
        return Standing(guards)
    aliases = {t for a in module.assigns_in(body) if subject.search(text_of(a.value)) for t in a.targets if t}
    below: set[str] = set()
    but: set[str] = set()
    but_below: set[str] = set()
    understood = False
    for branch in module.branches_in(body):
        condition = text_of(branch.condition)
        if not subject.search(condition) and not aliases & set(re.findall(r"\w+", condition)):
            continue
        paths = _paths(module, body, condition)
        if not paths:
            continue
        understood = True
        if _covers(branch, condition):
            below |= paths
        elif "startswith" in condition:
            but_below |= {p for p in paths if p != "/"}
            but |= paths
        else:
            but |= paths
    if not understood and not re.search(r"not in|public|exempt|skip|exclude|allow|white", text, re.IGNORECASE):
        return Standing(())  # we cannot tell which routes it guards
    return Standing(guards, tuple(sorted(below)), frozenset(but), tuple(sorted(but_below)))


def _covers(branch: Branch, condition: str) -> bool:
    """Whether the paths of the condition are those that are guarded, not those that are let through."""
    refuses = bool(_REFUSES.search(text_of(branch.then)))
    about = [part for part in re.split(r"\b(?:and|or)\b", condition) if re.search(r"path|url|startswith|['\"]/", part)]
    return refuses != any(_NEGATED.search(part) for part in about)


def _paths(module: Module, body: Node, condition: str) -> set[str]:
    """The paths in a condition, those of the lists that it names included."""
    found = set(_PATH.findall(condition))
    local = {t: a.value for a in module.assigns_in(body) for t in a.targets}
    for name in re.findall(
        r"\bin\s+(?:self\.|settings\.)?(\w+)|startswith\(\s*(?:tuple\()?\s*(?:self\.)?(\w+)", condition
    ):
        value = local.get(name[0] or name[1]) or module.values.get(name[0] or name[1])
        value = value or module.values.get(f"self.{name[0] or name[1]}")
        found |= set(_PATH.findall(text_of(value)[:4000])) if value is not None else set()
    return found
