"""Where FastAPI's dependencies take the credentials from: a header, which only the app's own pages set, or a cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.project import Meaning

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HEADER = re.compile(r"(?i)\bOAuth2\w+\(|\bHTTPBearer\(|\bAPIKeyHeader\(|\bauthorization\b|\bHeader\(|\bheaders\b")
_SENT_BY_ITSELF = re.compile(r"\bcookies?\b|\bCookie\(|APIKeyCookie|\.session\b|\bHTTPBasic\b|\bHTTPDigest\b")
_DEPENDS = re.compile(r"\b(?:Depends|Security)\(\s*([\w.]+)")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_DEPTH = 5


def by_header(project: Project, module: Module, function: Function) -> bool:
    """Whether everything that a handler depends on reads a header and nothing that a browser sends along by itself."""
    said = "\n".join(_texts(project, module, function, set(), 0))
    return bool(_HEADER.search(said)) and not _SENT_BY_ITSELF.search(said)


def _texts(
    project: Project, module: Module, function: Function, seen: set[tuple[str, int]], depth: int
) -> Iterator[str]:
    """The text of the dependencies of a function, of theirs, and of the app's functions that they call."""
    for param in function.params:
        said = f"{text_of(param.default)} {param.type}"
        names = _DEPENDS.findall(said)
        if not names and _NAME.fullmatch(param.type):  # `user: CurrentUser`, an alias of `Annotated[...]`
            names = [param.type]
        for name in names:
            yield from _of_name(project, module, name, seen, depth)


def _of_name(project: Project, module: Module, name: str, seen: set[tuple[str, int]], depth: int) -> Iterator[str]:
    found = (project.meaning(module, name) or _method(project, module, name)) if depth < _DEPTH else None
    node: Node | None = found.function.node if found and found.function else found.value if found else None
    if found is None or node is None or (found.module.path, node.start_byte) in seen:
        return
    seen.add((found.module.path, node.start_byte))
    yield text_of(node)
    if found.function is None:
        for inner in _DEPENDS.findall(text_of(node)):
            yield from _of_name(project, found.module, inner, seen, depth + 1)
        return
    yield from _texts(project, found.module, found.function, seen, depth + 1)
    for call in found.module.calls_in(found.function.node):
        if _NAME.fullmatch(call.name):
            yield from _of_name(project, found.module, call.name, seen, depth + 1)


def _method(project: Project, module: Module, name: str) -> Meaning | None:
    """`Depends(Member.signed_in)`: a method that is called on the class."""
    held, _, method = name.rpartition(".")
    line = lineage(project, module, held) if held else None
    reached = line.method(method) if line is not None else None
    return Meaning(reached[0], reached[1], reached[1].node, name) if reached is not None else None
