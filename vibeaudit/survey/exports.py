"""The handlers that a file exports by name, for the frameworks whose routes are files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Import, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def handlers(
    project: Project, module: Module, framework: str, named: dict[str, str], url: str, standing: tuple[Guard, ...] = ()
) -> Iterator[Route]:
    """The routes of a file: `named` are the exports that it may have, with the method of each."""
    for name, method in named.items():
        if name not in module.exports:
            continue
        node, function, guards, home = exported(project, module, name)
        body = None if function else node
        entry = entries.Entry(framework, (method,), url, module, node, function, home, body, (*standing, *guards), name)
        yield entries.route(project, entry)


def exported(project: Project, module: Module, name: str) -> tuple[Node, Function | None, tuple[Guard, ...], Module]:
    """The line that exports a handler, the handler, and the guards of its wrapper."""
    from vibeaudit.survey.frameworks.express.handlers import handler_of

    target = module.exports[name]
    if isinstance(target, str) and (function := module.by_name.get(target)):
        value = module.values.get(target)
        guards = (
            guarding.of_expression(project, module, value, "wrapper")
            if value is not None and module.call_at(value)
            else ()
        )
        return _line_of(module, name, function.node), function, guards, module
    if isinstance(target, str) and (value := module.values.get(target)) is not None:
        home, handler, _ = handler_of(project, module, javascript.unwrap(value))
        guards = guarding.of_expression(project, module, value, "wrapper") if module.call_at(value) else ()
        return _line_of(module, name, value), handler, guards, home
    if isinstance(target, str | Import):
        found = project.imported(module, target, 0) if isinstance(target, Import) else project.meaning(module, target)
        if found and found.function:
            return _line_of(module, name, _root(module)), found.function, (), found.module
        return _line_of(module, name, _root(module)), None, (), module
    home, handler, _ = handler_of(project, module, target)
    guards = guarding.of_expression(project, module, target, "wrapper") if module.call_at(target) else ()
    return _line_of(module, name, target), handler, guards, home


def _root(module: Module) -> Node:
    assert module.file.tree is not None
    return module.file.tree.root_node


def _line_of(module: Module, name: str, fallback: Node) -> Node:
    """The export statement that names the handler, else where the handler stands."""
    default = name == "default"
    for child in _root(module).named_children:
        if child.type != "export_statement":
            continue
        if default and any(c.type == "default" for c in child.children):
            return child
        if not default and re.search(rf"\b{re.escape(name)}\b", text_of(child)[:300].split("=>")[0].split(") {")[0]):
            return child
    return fallback
