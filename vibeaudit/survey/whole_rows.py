"""Rows that a handler hands to its caller whole, out of tables whose columns nobody else should see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.model import AppModel, Location, Route, Snapshot
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.project import Project
from vibeaudit.survey.python.document_rows import collection_read, fields_of
from vibeaudit.survey.python.shown import shows_less
from vibeaudit.survey.returned_callers import RETURNED, returned_callers
from vibeaudit.survey.rows_answered import answer_in, answer_of
from vibeaudit.survey.rows_read import kept_back, secret_column, secret_field, table_of_script, table_read
from vibeaudit.survey.service_layer import in_service
from vibeaudit.survey.taken_along import taken_along

if TYPE_CHECKING:
    from tree_sitter import Node

_HINT = re.compile(
    r"select\s|select\(|\.find|\.query|\.objects|\.get\(|\.create\(|\.save\(|\.update\(|\.upsert\(|\bthis\.\w+\.\w+\("
    r"|\b(?:get|find|fetch|list|load|read|by|all|create|update|save|register|sign_?up)\w*\(|\bawait\s+\w+(?:\.\w+)*\(",
    re.IGNORECASE,
)
_FAR = 10  # lines
_DATA_LAYER = re.compile(
    r"(?i)(?:^|/)(?:models?|repositor(?:y|ies)|dao|daos|db|database|queries|data)/|(?:model|repository|dao|queries)\.\w+$"
)
_WRITES = re.compile(r"(?i)create|save|update|insert|upsert|replace")
_FOR_SIGN_IN = re.compile(r"(?i)e_?mail|log_?in|sign_?in|auth|credential|username")  # needs the password
_ANYTHING = frozenset("list List Optional None Sequence dict Dict Any str object Row RowMapping int".split())


def whole_rows(snapshot: Snapshot, app: AppModel, route: Route, text: str) -> tuple[tuple[str, str, Location], ...]:
    """(table, its secret column, where it is read) for each query whose rows are answered as they are.
    `text` is the handler's."""
    own = route.framework == "fastapi" and RETURNED.search(text)
    if route.body is None or not (route.framework == "fastapi" or _HINT.search(text)) or _shaped(app, route, text):
        return ()
    project = project_of(snapshot)
    handler = handler_of(project, route)
    if handler is None:
        return ()
    module, body = handler
    answers = module.kind == "javascript" and route.framework != "nest"
    rows = list(returned_callers(project, module, body, lambda table: secret_column(app, table))) if own else []
    for call in module.calls_in(body):
        table, column = _column_read(project, app, module, call)
        answer = answer_of(project, module, body, call) if column else None
        if answer is not None and module.kind == "python" and shows_less(project, table, answer, column):
            continue
        if answer is not None:
            rows.append((table, column, _place(module, call, answer)))
        elif not table and (
            below := _of_helper(project, app, module, body, call, answers, 0, route.framework == "fastapi")
        ):
            rows.append(below)
        if answer is None and (along := _along(project, app, module, body, call)):
            rows.append(along)
    return tuple(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The files of one snapshot, read once for all of its routes."""

    snapshot: Snapshot

    def __hash__(self) -> int:
        return id(self.snapshot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Read) and other.snapshot is self.snapshot


def project_of(snapshot: Snapshot) -> Project:
    """The snapshot's files, read once for whoever asks after the survey."""
    return _project(_Read(snapshot))


@lru_cache(maxsize=1)
def _project(read: _Read) -> Project:
    return Project(read.snapshot)


def read_whole(project: Project, app: AppModel, module: Module, call: Call) -> str:
    """The secret column of the rows that a call reads whole, itself or through the app's function that it calls."""
    table = table_read(module, call, app) or table_of_script(project, app, module, call)
    if table:
        return secret_column(app, table)
    called = project.function_called(module, call) if call.name else None
    if called is None:
        return ""
    home, function = called
    for inner in home.calls_in(function.body):
        table = table_read(home, inner, app) or table_of_script(project, app, home, inner)
        column = secret_column(app, table) if table else ""
        if column and answer_in(project, home, function, inner):
            return column
    return ""


def _column_read(project: Project, app: AppModel, module: Module, call: Call) -> tuple[str, str]:
    """The table that a call reads whole, and its secret column; the column is empty when it has none."""
    table = table_read(module, call, app) or table_of_script(project, app, module, call)
    if table:
        return table, secret_column(app, table, call)
    collection = collection_read(module, call)
    return collection, secret_field(fields_of(project, collection)) if collection else ""


def _along(project: Project, app: AppModel, module: Module, body: Node, call: Call) -> tuple[str, str, Location] | None:
    """Rows of another table that come with those that are answered."""
    if module.kind != "javascript":
        return None
    for table in taken_along(project, app, call):
        column = secret_column(app, table)
        answer = answer_of(project, module, body, call) if column and not kept_back(project, app, table) else None
        if answer is not None:
            return table, column, _place(module, call, answer)
    return None


def _of_helper(
    project: Project,
    app: AppModel,
    module: Module,
    body: Node,
    call: Call,
    answers: bool,
    depth: int = 0,
    declares: bool = False,
) -> tuple[str, str, Location] | None:
    """Whole rows that a function of the app returns, and the handler answers with. `answers`: the handler says itself
    what it answers, where others hand on what a service returns. `declares`: it could name a model of its answer."""
    given = answer_of(project, module, body, call) if call.name else None
    called = project.function_called(module, call) if given is not None else None
    if given is None or called is None:
        return None
    home, function = called
    for inner in home.calls_in(function.body):
        table, column = _column_read(project, app, home, inner)
        answer = answer_in(project, home, function, inner)
        if column and answer and declares and home.path != module.path:  # where the answer is put together
            return table, column, home.file.locate(answer) if _composed(answer) else _place(module, call, given)
        if column and answer:
            # a layer that only runs statements does nothing wrong: the handler chooses what it answers; but a
            # service says what it looks up
            fetches = _DATA_LAYER.search(home.path) is not None
            chosen = (
                in_service(home.file.path) and not _WRITES.search(inner.last) and not _FOR_SIGN_IN.search(call.last)
            )
            layered = home.path != module.path and (fetches or (answers and not chosen))
            return table, column, _place(module, call, given) if layered else home.file.locate(inner.node)
        if home.path != module.path and (along := _along(project, app, home, function.body, inner)):
            return along
        # the service that signs somebody in asks the service that keeps the users
        if (
            not table
            and answer
            and depth < 1
            and (below := _of_helper(project, app, home, function.body, inner, False, 1))
        ):
            return below[0], below[1], module.file.locate(call.node) if answers else home.file.locate(answer)
    return None


def _composed(answer: Node) -> bool:
    """Whether what a function returns is an answer already, and no mere row: `return {"message": ..., "user": row}`."""
    held: Node | None = answer
    while held is not None and held.type not in ("return_statement", "function_definition"):
        held = held.parent
    return (
        held is not None and held.type == "return_statement" and re.match(rb"return\s*\{", held.text or b"") is not None
    )


def _shaped(app: AppModel, route: Route, text: str) -> bool:
    """FastAPI keeps to a response model, named by the decorator or by the handler's return type."""
    if route.framework != "fastapi":
        return False
    head, _, rest = text.partition("def ")
    if "response_model" in head:
        return True
    returned = re.search(r"\)\s*->\s*([^\n]+?):\s*\n", rest[:3000])
    names = set(re.findall(r"\w+", returned[1])) - _ANYTHING if returned else set()
    return bool(names) and not any(secret_column(app, n) for n in names)


def _place(module: Module, call: Call, answer: Node) -> Location:
    """The query, where the columns would be named; or the answer, when it is given far below."""
    far = answer.start_point[0] - call.node.end_point[0] > _FAR
    return module.file.locate(answer if far else call.node)
