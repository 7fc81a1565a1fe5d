"""A handler that looks at the path itself: each `if self.path == "/x":` of it is a route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey.code import Branch, Function, Module, text_of
from vibeaudit.survey.python import parameters as python_parameters

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_PATH = re.compile(r"['\"](/[^'\"\n]*)['\"]")
_METHOD = re.compile(r"\b(?:method|REQUEST_METHOD\W{0,3}|command)\s*==\s*['\"]([A-Z]+)['\"]")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a handler asks for the path; `methods` are those that it answers."""

    framework: str
    subject: re.Pattern[str]
    methods: tuple[str, ...]


def routes_of(project: Project, module: Module, function: Function, asked: Asked, name: str) -> Iterator[Route]:
    """One route for each path that the function tells apart; the function itself when it tells none apart."""
    branches = tuple(_branches(module, function, asked.subject))
    if not branches:
        own = _methods(text_of(function.body), asked.methods)
        node = function.node.child_by_field_name("definition") or function.node
        yield entries.route(
            project,
            entries.Entry(asked.framework, own, "/", module, node, function, module, handler_name=name),
        )
        return
    whole = guarding.in_function(project, module, function).guards
    taken = python_parameters.taken(text_of(function.body))
    for branch, path in branches:
        said = set(re.findall(r"[\w-]+", text_of(branch.then)))
        methods = _methods(text_of(branch.condition), asked.methods)
        if methods == ("ANY",):
            methods = _methods(text_of(branch.then), asked.methods)
        yield entries.route(
            project,
            entries.Entry(
                asked.framework, methods, path, module, branch.condition, None, module, branch.then,
                tuple(_before(module, whole, branch, branches)), name, tuple(p for p in taken if p.name in said),
            ),
        )  # fmt: skip


def _methods(text: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_METHOD.findall(text))) or otherwise


def _branches(module: Module, function: Function, subject: re.Pattern[str]) -> Iterator[tuple[Branch, str]]:
    aliases = {t for a in module.assigns_in(function.body) if subject.search(text_of(a.value)) for t in a.targets if t}
    for branch in module.branches_in(function.body):
        condition = text_of(branch.condition)
        about = subject.search(condition) or any(
            re.search(rf"\b{re.escape(a)}(?:\.path)?\s*(?:==|in\b|\.startswith\()", condition) for a in aliases
        )
        if about and not re.search(r"\bnot\b|!=", condition):
            yield from ((branch, path) for path in _PATH.findall(condition))


def _before(
    module: Module, guards: tuple[Guard, ...], branch: Branch, branches: tuple[tuple[Branch, str], ...]
) -> Iterator[Guard]:
    """The guards of the function that stand before the branch, outside of the others."""
    line = module.file.locate(branch.condition).line
    others = [module.file.locate(b.node) for b, _ in branches if b is not branch]
    for guard in guards:
        at = guard.location.line
        elsewhere = any(o.line <= at <= o.end_line and not o.line <= line <= o.end_line for o in others)
        if at < line and not elsewhere:
            yield guard
