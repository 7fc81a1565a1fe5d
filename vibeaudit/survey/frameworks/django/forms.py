"""Forms of the app's own that a Django view is filled in through: what they do before the view goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import python
from vibeaudit.survey.asked_fields import limits_of
from vibeaudit.survey.classes import Lineage, lineage

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project


def limits_of_view(project: Project, view: Lineage) -> Iterator[Guard]:
    """The limits that the form of `form_class = LoginForm` keeps: `clean` counts the attempts and refuses."""
    named = view.attribute("form_class")
    form = lineage(project, named[0], python.dotted(named[1])) if named else None
    if form is not None:
        yield from limits_of(project, (form,))
