"""Tables that no schema in the repository defines, known by what writes them: their names, and the columns that
INSERT and UPDATE name, or the objects that clients of Supabase and Firestore are given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.model import Location, Table
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, text_of
from vibeaudit.survey.javascript.stores import touch
from vibeaudit.survey.project import Project

_HINT = re.compile(rb"(?i)\binsert\s+(?:ignore\s+)?into\b|\bupdate\s+[\w.`\"]+\s+set\b")
PARTLY = "client"  # the store of tables of which some columns are known
_GIVEN = re.compile(rb"\.from\([^)\n]{1,80}\)\s*\.(?:insert|update|upsert)\(|\.collection\(|\b(?:add|set|update)Doc\(")
_CLIENT = re.compile(r"\.from\.(?:insert|update|upsert)$|\.collection\.(?:add|doc\.(?:set|update|create))$")
_INSERT = re.compile(
    r"\binsert\s+(?:ignore\s+)?into\s+[`\"\[]?(?:\w+\.)?(?P<table>\w+)[`\"\]]?\s*\((?P<columns>[\w\s,`\"\[\]]{2,1500})\)"
    r"\s*(?:values|select|returning)\b",
    re.IGNORECASE,
)
_UPDATE = re.compile(
    r"\bupdate\s+[`\"\[]?(?:\w+\.)?(?P<table>\w+)[`\"\]]?\s+set\s+(?P<set>[^;]{2,1500})", re.IGNORECASE
)
_SET = re.compile(r"(?:^|,)\s*[`\"\[]?(\w+)[`\"\]]?\s*=(?!=)")
_ENDS = re.compile(r"\bwhere\b|\breturning\b|['\"`]\s*[,;)\n]", re.IGNORECASE)


def spoken_tables(project: Project, known: tuple[Table, ...]) -> tuple[Table, ...]:
    """One table a name, where its columns are first named, sorted by name."""
    names = {t.name.lower() for t in known}
    found: dict[str, tuple[str, dict[str, None], Location]] = {}
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        text = module.file.text
        for name, columns, at in _statements(text):
            if name.lower() in names:
                continue
            place = module.file.at(len(text[:at].encode("utf-8", "replace")))
            held = found.setdefault(name.lower(), (name, {}, place))
            held[1].update(dict.fromkeys(columns))
    return tuple(
        Table(store, name, tuple(columns), at)
        for store, tables in (("sql", found), (PARTLY, _handed(project, names | found.keys())))
        for _, (name, columns, at) in sorted(tables.items())
        if columns
    )


def _handed(project: Project, known: set[str]) -> dict[str, tuple[str, dict[str, None], Location]]:
    """By name in lower case: the table, the columns that clients are given for it, and where first."""
    found: dict[str, tuple[str, dict[str, None], Location]] = {}
    for module in project.hinted(_GIVEN, *javascript.LANGUAGES):
        for call in module.calls:
            columns = _given(call)
            touched = touch(project, module, call) if columns else None
            if touched is None or touched.verb not in ("insert", "update") or not touched.table:
                continue
            if (key := touched.table.lower()) not in known:
                held = found.setdefault(key, (touched.table, {}, module.file.locate(call.node)))
                held[1].update(dict.fromkeys(columns))
    return found


def _given(call: Call) -> list[str]:
    """The fields of the object, or of the first of the objects, that a client writes as a row."""
    if not (_CLIENT.search(call.name) or call.name in ("addDoc", "setDoc", "updateDoc")) or not call.args:
        return []
    row = javascript.unwrap(call.args[1 if call.name in ("addDoc", "setDoc", "updateDoc") and call.args[1:] else 0])
    if row.type == "array":
        row = next((javascript.unwrap(n) for n in row.named_children if n.type == "object"), row)
    if row.type != "object":
        return []
    keys = [n.child_by_field_name("key") if n.type == "pair" else n for n in row.named_children]
    named = [text_of(k).strip("'\"") for k in keys if k is not None and k.type not in ("spread_element", "comment")]
    return [n for n in named if re.fullmatch(r"\w+", n)]


def _statements(text: str) -> Iterator[tuple[str, list[str], int]]:
    """(table, columns, offset) of each statement that writes a row."""
    for m in _INSERT.finditer(text):
        yield m["table"], re.findall(r"\w+", m["columns"]), m.start()
    for m in _UPDATE.finditer(text):
        said = m["set"]
        ends = _ENDS.search(said)
        yield m["table"], _SET.findall(said[: ends.start()] if ends else said), m.start()
