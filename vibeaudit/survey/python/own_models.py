"""Models that a class of the app's own keeps in an attribute: `self.model` of a repository, which its base class asks,
`self.collection` of a service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import Lineage, enclosing
from vibeaudit.survey.code import Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

ATTRIBUTE = re.compile(
    r"(?:self|cls)\._?((?:orm_|db_|sql_)?model(?:_class|_cls|_type)?|entity(?:_class)?|document(?:_class|_model)?"
    r"|collection|coll)\b"
)
_MODEL = re.compile(r"(?:\w+\.)*([A-Z]\w*[a-z]\w*)$")
_COLLECTION = re.compile(r"(?:\[\s*['\"](\w+)['\"]\s*\]|collection\(\s*['\"](\w+)['\"]\s*\)|\b(?:db|database)\.(\w+))$")
_ARGUMENT = re.compile(r"[(,\[]\s*(?:\w+\s*=\s*)?(?:\w+\.)*([A-Z]\w*[a-z]\w*)\s*(?=[,)\]])")
_NOT_MODELS = re.compile(r"Session|Repository|Service|Create|Update|Schema|Type$|Response|Request|^Base|Protocol|Any$")


def around(module: Module, node: Node, attribute: str) -> str:
    """The model in an attribute of the class around a node, as far as that class says."""
    klass = module.by_class.get(enclosing(node))
    return _of_class(module, klass, attribute) if klass is not None else ""


def of_receiver(held: Lineage, made: str, attribute: str) -> str:
    """The model in an attribute of an instance: as its class says or one above it; else as it was handed when the
    instance was `made`."""
    said = (_of_class(module, klass, attribute) for module, klass in held.classes)
    return next((name for name in said if name), "") or _first_model(made)


def _of_class(module: Module, klass: Klass, attribute: str) -> str:
    for assign in module.assigns_in(klass.node):
        if {t.removeprefix("self.").lstrip("_") for t in assign.targets} & {attribute}:
            said = text_of(assign.value)[:200]
            if m := _MODEL.fullmatch(said) or _COLLECTION.search(said):
                return next(g for g in m.groups() if g)
    for base in klass.bases:
        if not base.startswith(("Generic", "Protocol", "ABC")) and (name := _first_model(base)):
            return name
    for call in module.calls_in(klass.node):
        if call.last == "__init__" and (name := _first_model(text_of(call.node)[:400])):
            return name
    return ""


def _first_model(said: str) -> str:
    """The first class that is handed in a call or a subscript, other than what says how to talk about rows."""
    return next((m[1] for m in _ARGUMENT.finditer(said) if not _NOT_MODELS.search(m[1])), "")
