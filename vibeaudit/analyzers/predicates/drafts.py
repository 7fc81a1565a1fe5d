"""What rules may ask of routes that show rows which their writers have not published."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_rows import accesses_of
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Access, Table
from vibeaudit.survey.code import text_of
from vibeaudit.survey.owned_tables import tables_named
from vibeaudit.survey.whole_rows import project_of

_FLAG = re.compile(
    r"(?:is_?)?(?:published|draft|public|private|hidden|visible)|published_?at|visibility", re.IGNORECASE
)
_GIVES = frozenset(("GET", "QUERY"))
_CODE = ("python", "javascript", "typescript", "tsx")
# a manager or scope that leaves the drafts out by itself: `objects = PublishedManager()`, `defaultScope`
_BY_ITSELF = re.compile(r"\bobjects\s*=\s*(?!models\.Manager\(\))\w|\bdefaultScope\b|\.pre\(\s*/\^?find")


@predicate("route", "shows what is not published")
def _(s: Subject) -> bool:
    return bool(unpublished(s))


def unpublished(s: Subject) -> list[Access]:
    """The reads of a handler that take rows whatever their flag says, of tables that have one."""
    if not set(s.route.methods) & _GIVES or s.route.body is None:
        return []
    found = []
    for access in accesses_of(s):
        if access.verb != "read" or access.bound == "caller":
            continue
        flags = [(t, c) for t in tables_named(s.app, access.table) for c in t.columns if _FLAG.fullmatch(c)]
        if flags and all(_is_set(s, t, c) for t, c in flags) and not _asked(s, access, [c for _, c in flags]):
            found.append(access)
    return found


def _asked(s: Subject, access: Access, flags: list[str]) -> bool:
    """Whether the handler, or the function that reads the rows, says anything of the flag."""
    said = re.compile("|".join(re.escape(f) for f in flags) + r"|published|draft|public", re.IGNORECASE)
    return bool(said.search(s.text) or said.search(_around(s, access)))


def _around(s: Subject, access: Access) -> str:
    """The text of the function in which a read stands."""
    module = project_of(s.snapshot).module(str(access.location.path))
    row = access.location.line - 1
    functions = module.functions if module is not None else ()
    inside = [f for f in functions if f.node.start_point[0] <= row <= f.node.end_point[0]]
    return text_of(min(inside, key=lambda f: f.node.end_byte - f.node.start_byte).node) if inside else ""


def _is_set(s: Subject, table: Table, column: str) -> bool:
    """Whether writers choose it: another file of the app speaks of the column, and the model leaves nothing out."""
    home = s.snapshot.file(table.location.path)
    if home is not None and _BY_ITSELF.search(home.text):
        return False
    if home is not None and re.search(rf"\b{column}\b[!]?\s*:?\s*Date(?:Time)?\b(?!\s*(?:\?|\|))", home.text):
        return False  # when a book came out: every row has that
    word = re.compile(rb"\b" + column.encode() + rb"\b")
    speak = s.once(
        ("speaks of the column", column),
        lambda: frozenset(f.path for f in s.snapshot.of(*_CODE) if word.search(f.data)),
    )
    return bool(speak - {table.location.path})
