"""Firebase functions: `onRequest` and `onCall`. Whoever has the app's public configuration reaches both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import javascript
from vibeaudit.survey.code import text_of
from vibeaudit.survey.frameworks.express.handlers import handler_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.code import Module
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"firebase-functions|\bfunctions\b.{0,80}https", re.DOTALL)
_KINDS = {"onRequest": "ANY", "onCall": "POST"}


def routes(project: Project) -> Iterator[Route]:
    """One route a function that the network can call; an app that is handed over whole has its own."""
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        for call in module.calls:
            if call.last not in _KINDS or not call.args:
                continue
            home, handler, _ = handler_of(project, module, javascript.unwrap(call.args[-1]))
            if handler is None:
                continue
            name = _name(module, call.node)
            entry = entries.Entry(
                "firebase-functions", (_KINDS[call.last],), f"/{name}", module, call.node, handler, home, None, (), name
            )
            yield entries.route(project, entry)


def _name(module: Module, node: Node) -> str:
    """Of `exports.notes = onCall(...)`, `const notes = ...`, `module.exports = { notes: onCall(...) }`."""
    pair = node.parent
    if pair is not None and pair.type == "pair" and (key := pair.child_by_field_name("key")) is not None:
        return text_of(key).strip("'\"")
    for assign in module.assigns:
        if assign.targets and assign.value.start_byte <= node.start_byte < assign.value.end_byte:
            return assign.targets[0].rsplit(".", 1)[-1]
    return "function"
