"""Forms of the app's own that a Django view is filled in through: what they do before the view goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Module

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def limits_in(project: Project, home: Module, body: Node) -> Iterator[Guard]:
    """The limits that the forms keep which a body makes: `clean` counts the attempts and refuses."""
    for call in home.calls_in(body):
        if call.args and call.last[:1].isupper() and (form := lineage(project, home, call.name)):
            yield from limits_of(project, form)


def limits_of_view(project: Project, view: Lineage) -> Iterator[Guard]:
    """The same for `form_class = LoginForm`."""
    named = view.attribute("form_class")
    form = lineage(project, named[0], python.dotted(named[1])) if named else None
    if form is not None:
        yield from limits_of(project, form)


def limits_of(project: Project, form: Lineage) -> Iterator[Guard]:
    for module, klass in form.classes:
        for name, function in module.by_name.items():
            if name.startswith(f"{klass.name}.clean"):
                inside = guarding.in_function(project, module, function).guards
                yield from (g for g in inside if g.kind == "rate-limit")
