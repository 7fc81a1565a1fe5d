"""Rows that a method is of, or is handed: `self.text` of a model, `obj.text` in Django's administration."""

from __future__ import annotations

import re

from vibeaudit.pages.page import Path
from vibeaudit.survey.code import Function, Module, text_of

_TEXT_COLUMN = re.compile(
    r"(?:\w+\.)*(?:CharField|TextField|JSONField|RichTextField)\(|(?:\w+\.)?(?:Column|mapped_column)\(\s*[^)]*\b(?:String|Text|Unicode)\b"
)
_CHOICES = re.compile(r"\bchoices\s*=")
_NO_TEXT = frozenset(("id", "pk", "uuid", "slug", "url", "status"))
_ADMIN = re.compile(r"\bclass \w+\([^)]*Admin\b")
_DATE = re.compile(r"(?:_at|_on|_id|_count|date|time)$")


def is_column(module: Module, function: Function, name: str, path: Path) -> bool:
    """Whether a field of a method's parameter is a text that people wrote into a row."""
    klass = next((c for c in module.classes if c.name == function.owner), None)
    if klass is None or not path or not function.params:
        return False
    if name == function.params[0].name:
        given = [text_of(a.value)[:200] for a in module.assigns_in(klass.node) if a.targets == (path[0],)]
        return any(_TEXT_COLUMN.match(g) and not _CHOICES.search(g) for g in given)
    shown = len(function.params) == 2 and name == function.params[1].name
    if not shown or path[0] in _NO_TEXT or _DATE.search(path[0]):
        return False
    return _ADMIN.search(text_of(klass.node)[:600]) is not None
