"""The app's own functions that hand a statement on to the database: `run({ query: "select ...", values })`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

EXECUTES = frozenset(
    "query execute run all get exec each prepare raw unsafe any none one oneOrNone manyOrNone many sql"
    " $queryRaw $executeRaw $queryRawUnsafe $executeRawUnsafe queryAsync runAsync getAsync allAsync".split()
)
# those that databases alone have
_RUNS = EXECUTES - {"run", "all", "get", "any", "none", "one", "many", "each", "exec"}
_GIVEN = frozenset(("string", "template_string", "identifier", "object", "binary_expression"))
_MAX_DEPTH = 2


def stated(given: Node) -> Node:
    """The statement in an object of options: `{ sql: "insert ...", values }`; another node as it is."""
    if given.type != "object":
        return given
    held = (javascript.property_of(given, name) for name in ("sql", "query", "text", "statement"))
    return next((h for h in held if h is not None), given)


def handed_on(project: Project, module: Module, call: Call) -> bool:
    """Whether a call gives its first argument to a function of the app's own that hands it to the database."""
    if module.kind != "javascript" or not call.args or javascript.unwrap(call.args[0]).type not in _GIVEN:
        return False
    called = project.function_called(module, call)
    return called is not None and _hands_on(project, *called)


def _hands_on(project: Project, module: Module, function: Function, depth: int = 0) -> bool:
    key = ("hands on", function.key)
    if key not in project.memory:
        project.memory[key] = False
        project.memory[key] = _looked_at(project, module, function, depth)
    return bool(project.memory[key])


def _looked_at(project: Project, module: Module, function: Function, depth: int) -> bool:
    names = set(re.findall(r"\w+", function.params[0].name)) if function.params else set()
    if not names:
        return False
    for call in module.calls_in(function.body):
        if not call.args or not _is_of(text_of(call.args[0])[:200], names):
            continue
        if call.last in _RUNS and "." in call.name:
            return True
        called = project.function_called(module, call) if depth < _MAX_DEPTH else None
        if called is not None and called[1].key != function.key and _hands_on(project, *called, depth + 1):
            return True
    return False


def _is_of(said: str, names: set[str]) -> bool:
    """`sql`, `options.sql`, `{ sql, values }`, `{ sql: options.query, timeout: 5 }`."""
    return any(n in names for n in re.findall(r"(?<![.\w])\w+(?!\s*:)", said))
