"""The rows that Django's generic views take by the id in the address, unless the view narrows them itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey.classes import definition, lineage
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_VERBS = (
    (re.compile(r"(?:Detail|DateDetail)View$"), "read"),
    (re.compile(r"UpdateView$"), "update"),
    (re.compile(r"DeleteView$"), "delete"),
)
_NARROWS = ("get_queryset", "get_object", "dispatch", "test_func", "has_permission", "form_valid", "setup")
_ROWS = re.compile(r"(?:\w+\.)*([A-Z]\w*)\.(?:objects|_default_manager)\b")
_BY_ID = re.compile(r"<[^>]*>|\(\?P<|\{")


def rows_of_view(project: Project, module: Module, body: Node, route: Route) -> Iterator[Access]:
    """`class NoteUpdate(LoginRequiredMixin, UpdateView): model = Note`: any note, whoever asks."""
    klass = next((k for k in module.classes if definition(k.node).start_byte == definition(body).start_byte), None)
    held = lineage(project, module, klass.name) if klass else None
    if held is None or not _BY_ID.search(route.path):
        return
    verb = next((v for pattern, v in _VERBS if held.inherits(pattern)), "")
    if not verb or any((m := held.method(n)) and _asks(m[0].code_in(m[1].body)) for n in _NARROWS):
        return
    given = held.attribute("queryset") or held.attribute("model")
    rows = text_of(given[1]) if given else ""
    found = _ROWS.match(rows) or re.fullmatch(r"(?:\w+\.)*([A-Z]\w*)", rows)
    if found:
        yield Access(found[1], verb, "id", module.file.locate(definition(held.klass.node)))


# what is said to whoever asks, says nothing of whose the row is: `messages.success(self.request, "Saved")`
_SPEAKS = re.compile(r"\bmessages\.\w+\(\s*self\.request\b")


def _asks(said: str) -> bool:
    said = _SPEAKS.sub(" ", said)
    return bool(re.search(r"\bself\.request\b|\brequest\.user\b", said))
