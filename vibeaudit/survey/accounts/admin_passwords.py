"""Users of Django's admin that are registered as any other table: the page shows the hash of their password, and saves
whatever is typed into that field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\badmin\.(?:site\.)?register\(|\bsite\.register\(|@register\(")
_USER = re.compile(r"^Abstract(?:Base)?User$")
_PLAIN = re.compile(r"^(?:ModelAdmin|TabularInline|StackedInline|ImportExportModelAdmin)$")
# the form of the page, or what it does when it saves, is the app's own
_OWN = re.compile(
    r"\b(?:form|add_form|fields|fieldsets|exclude|readonly_fields)\s*[:=]"
    r"|def (?:save_model|get_form|get_fields|get_fieldsets)\b"
)


def admin_passwords(project: Project, module: Module) -> Iterator[Node]:
    """The call that registers the model."""
    for call in module.calls:
        if call.last != "register" or not re.match(r"(?:admin\.)?(?:site\.)?register$", call.name) or not call.args:
            continue
        model = lineage(project, module, text_of(call.args[0]))
        if model is None or not model.inherits(_USER) or model.attribute("password") is not None:
            continue
        page = _page(project, module, call.node, call.args[1] if len(call.args) > 1 else None)
        if page is None or _is_plain(page):
            yield call.node


def _page(project: Project, module: Module, call: Node, second: Node | None) -> Lineage | None:
    """The class of the page: the second argument, or what the decorator stands above."""
    above = call.parent
    if above is not None and above.type == "decorator" and above.parent is not None:
        held = above.parent.child_by_field_name("definition")
        return lineage(project, module, text_of(held.child_by_field_name("name"))) if held is not None else None
    return lineage(project, module, text_of(second)) if second is not None else None


def _is_plain(page: Lineage) -> bool:
    foreign = page.foreign and all(_PLAIN.match(base.rsplit(".", 1)[-1]) for base in page.foreign)
    return bool(foreign) and not any(_OWN.search(text_of(klass.node)) for _, klass in page.classes)
