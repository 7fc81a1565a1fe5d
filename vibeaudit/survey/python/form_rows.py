"""What `form.save()` stores: the rows of the model that a ModelForm of Django is for, not of the form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Call, text_of
from vibeaudit.survey.python.bodies import Place
from vibeaudit.survey.python.stores import Touch

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_FORM = re.compile(r"Form$")
_OF_USERS = re.compile(r"^(?:Admin)?UserCreationForm$|^UserChangeForm$")
_KEPT = re.compile(r"\bcommit\s*=\s*False\b")
_OF_A_ROW = re.compile(r"\binstance\s*=\s*(?P<row>\w+)")


def of_form(place: Place, project: Project, call: Call, touched: Touch, text: str) -> tuple[Touch, str] | None:
    """The touch, about the form's model, and the text that says which row it changes; None when the form only gives
    its row and stores nothing."""
    module = place.module
    if call.last != "save" or not touched.table.endswith("Form"):
        return touched, text
    held = lineage(project, module, touched.table)
    if held is None or not held.inherits(_FORM):
        return touched, text
    if _KEPT.search(text_of(call.node)[-200:]):
        return None
    of_row = _OF_A_ROW.search(text)
    if of_row:  # the row that was fetched above, however
        fetched = [a for a in module.assigns_in(place.body) if of_row["row"] in a.targets]
        text = f"{text} {' '.join(text_of(a.value)[:1000] for a in fetched[:1])}"
    return replace(touched, table=_model(held) or touched.table, verb="update" if of_row else "insert"), text


def _model(held: Lineage) -> str:
    """`class Meta: model = Note`, or what a library's form is for."""
    for home, klass in held.classes:
        named = next((text_of(a.value) for a in home.assigns_in(klass.node) if "model" in a.targets), "")
        if re.fullmatch(r"[\w.]+", named):
            return named.rpartition(".")[2]
        if named.startswith("get_user_model("):
            return "User"
    return "User" if held.inherits(_OF_USERS) else ""
