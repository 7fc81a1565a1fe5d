"""Tables that no schema in the repository defines, known by the statements that write them: their names, and the
columns that INSERT and UPDATE name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.model import Location, Table
from vibeaudit.survey import javascript
from vibeaudit.survey.project import Project

_HINT = re.compile(rb"(?i)\binsert\s+(?:ignore\s+)?into\b|\bupdate\s+[\w.`\"]+\s+set\b")
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
    return tuple(Table("sql", name, tuple(columns), at) for _, (name, columns, at) in sorted(found.items()) if columns)


def _statements(text: str) -> Iterator[tuple[str, list[str], int]]:
    """(table, columns, offset) of each statement that writes a row."""
    for m in _INSERT.finditer(text):
        yield m["table"], re.findall(r"\w+", m["columns"]), m.start()
    for m in _UPDATE.finditer(text):
        said = m["set"]
        ends = _ENDS.search(said)
        yield m["table"], _SET.findall(said[: ends.start()] if ends else said), m.start()
