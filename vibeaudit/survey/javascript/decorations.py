"""What an app of Fastify hangs on its server for all to use: `fastify.decorate('notes', new NotesService(prisma))`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import text_of
from vibeaudit.survey.javascript import values as script_values
from vibeaudit.survey.javascript.ends import MAX_DEPTH, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\.decorate\(\s*['\"`]")
_SERVER = re.compile(r"(?:\w+\.)?(?:fastify|app|server|instance|api|this)")


def hung(project: Project, holder: Node, name: str, depth: int) -> Value | None:
    """What `fastify.notes`, or `this.notes` and `request.server.notes` in a handler, stands for."""
    if depth > MAX_DEPTH or not _SERVER.fullmatch(text_of(holder)[:60]):
        return None
    return _index(project).get(name)


def _index(project: Project) -> dict[str, Value]:
    key = ("decorations of fastify",)
    if key not in project.memory:
        found: dict[str, Value] = {}
        project.memory[key] = found
        for module in project.hinted(_HINT, *javascript.LANGUAGES):
            for call in module.calls:
                if call.last == "decorate" and len(call.args) > 1 and (name := javascript.string_of(call.args[0])):
                    found.setdefault(name, script_values.value_of(project, module, call.args[1]))
    return project.memory[key]  # type: ignore[return-value]
