"""Handlers of FastAPI that give back whoever is signed in, as the dependency found them: with every column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Location
from vibeaudit.survey import python
from vibeaudit.survey.code import Function, Module, Param, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

RETURNED = re.compile(r"\breturn\s+\w+\s*$", re.MULTILINE)
_STAR = re.compile(r"(?i)\bselect\s+\*\s+from\s+[\"`]?(?P<table>\w+)")
_WHOLE = re.compile(r"\breturn\s+(?:dict\(\s*)?(?:row|user|account|member|record|found|result|person|me)\w*\s*\)?")
_NAME = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")


def returned_callers(
    project: Project, module: Module, body: Node, secret: Callable[[str], str]
) -> Iterator[tuple[str, str, Location]]:
    """(table, its secret column, the return) for a handler whose answer is a parameter that a dependency fills.
    `secret` gives the secret column of a table, or nothing."""
    function = next((f for f in module.functions if body.start_byte <= f.node.start_byte < body.end_byte), None)
    for node in _returns(function) if function is not None else ():
        param = next((p for p in function.params if p.name == text_of(node)), None) if function else None
        said, depended = _declared(project, module, param) if param is not None else ("", None)
        if depended is None:
            continue
        tables = [*(n.rpartition(".")[2] for n in _NAME.findall(said)), *_selected(project, *depended)]
        for table in tables:
            if column := secret(table):
                yield table, column, module.file.locate(node.parent or node)
                break


def _returns(function: Function) -> Iterator[Node]:
    """The bare names that a function itself gives back."""
    todo = [function.body]
    while todo:
        node = todo.pop()
        if node.type in ("function_definition", "lambda") and node.id != function.node.id:
            continue
        if node.type == "return_statement" and node.named_children and node.named_children[0].type == "identifier":
            yield node.named_children[0]
        todo.extend(node.named_children)


def _declared(project: Project, module: Module, param: Param) -> tuple[str, tuple[Module, str] | None]:
    """The parameter's type as written, and the dependency that fills it (its module, its name)."""
    said = text_of(param.type_node)
    home, node = module, param.default if param.default is not None else param.type_node
    if param.default is None and re.fullmatch(r"[A-Za-z_][\w.]*", said) and (found := project.meaning(module, said)):
        home, node = found.module, found.value  # `CurrentUser = Annotated[User, Depends(...)]`
        said = text_of(node)
    call = next((c for c in home.calls_in(node) if c.last in ("Depends", "Security")), None) if node else None
    name = python.dotted(call.args[0]) if call is not None and call.args else ""
    said = re.sub(r"\b(?:Annotated|Depends|Security|Optional)\b", " ", said)
    return said, (home, name) if name else None


def _selected(project: Project, module: Module, name: str) -> list[str]:
    """The table whose rows a function selects whole and returns."""
    found = project.meaning(module, name)
    if found is None or found.function is None:
        return []
    text = found.module.code_in(found.function.body)
    star = _STAR.search(text)
    return [star["table"]] if star and _WHOLE.search(text) and "pop(" not in text else []
