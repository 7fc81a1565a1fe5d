"""What is written into which column: rows filled field by field, whole rows, statements with placeholders, and objects
whose fields are set before they are saved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vibeaudit.flow.form import Call, Expr, Join, Lambda, Literal, Path, Record
from vibeaudit.flow.taint import Marks, Value, flat

ROW = "row"  # the sink that a value is of which every field becomes a column
WHOLE = "row-whole"  # the sink of a row whose columns a caller names
_WRAPPERS = frozenset(
    (
        "data",
        "$set",
        "$inc",
        "$setOnInsert",
        "create",
        "update",
        "defaults",
        "values",
        "Item",
        "doc",
        "user_metadata",
        "app_metadata",
    )
)
_FILTERED = frozenset(
    ("updateUserById", "setCustomUserClaims", "updateUser",
     "findByIdAndUpdate", "findOneAndUpdate", "findOneAndReplace", "updateOne", "updateMany", "replaceOne",
     "update_one", "update_many", "replace_one", "find_one_and_update", "find_one_and_replace", "setDoc", "updateDoc",
     "addDoc", "findOneAndUpdateOrThrow", "merge")
)  # fmt: skip
_TAKES_DICTS = frozenset(
    ("insert_one", "insert_many", "insert", "update", "upsert", "update_one", "update_many", "replace_one", "put_item",
     "find_one_and_update", "values", "save", "create_many", "bulk_insert_mappings", "set", "execute")
)  # fmt: skip
_SAVES = frozenset(("save", "asave", "commit", "acommit", "flush", "persistAndFlush"))
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_INSERT = re.compile(
    r"(?:insert|replace)\s[^()]*?\binto\s+[\"'`\[]?[\w.]+[\"'`\]]?\s*\((?P<columns>[^()]*)\)\s*values\s*(?P<values>\(.*)",
    re.I | re.S,
)
_SET = re.compile(r"\bset\s+(?P<set>.*?)(?:\bwhere\b|\breturning\b|$)", re.I | re.S)
_WHOLE_SET = re.compile(r"\bset\s+(?P<place>\?)(?!\?)\s*(?:where\b|on\s+duplicate\b|;|[\"'`]?\s*$)", re.I)
_CALL = re.compile(r"\bcall\s+\w+\s*\((?P<values>.*)", re.I | re.S)
_PLACE = re.compile(r"\?|\$\d+|%s|%\((?P<percent>\w+)\)s|[:@](?P<colon>[A-Za-z_]\w*)")
_GIVEN = re.compile(r"[\"'`\[]?(?P<column>\w+)[\"'`\]]?\s*=\s*(?P<value>[^,]*)")


@dataclass(frozen=True, slots=True)
class Column:
    """A kind of column: what its name holds, and what the name of its table must or must not."""

    sink: str
    fields: tuple[str, ...]
    tables: tuple[str, ...] = ()
    other_tables: tuple[str, ...] = ()

    def about(self, name: str) -> bool:
        said = spoken(name)
        if self.sink == "row-owner":  # `user_agent` and `customer_name` say nothing of whose a row is
            return any(said.endswith(f" {w} ") for w in self.fields)
        return any(f" {w} " in said for w in self.fields)

    def fits(self, name: str, table: str) -> bool:
        about = spoken(table)
        return (
            self.about(name)
            and (not self.tables or any(f" {t} " in about for t in self.tables))
            and not any(f" {t} " in about for t in self.other_tables)
        )


def spoken(name: str) -> str:
    """The words of a name in lower case, the last in the singular as well, with a space around each."""
    words = [w.lower() for w in _WORD.findall(name)]
    return f" {' '.join(words)} {' '.join(_singular(w) for w in words)} "


def points_elsewhere(column: str) -> bool:
    """`restaurant_id`, `ownerId`: says to whom or what a row belongs."""
    words = _WORD.findall(column)
    return len(words) > 1 and words[-1].lower() == "id"


_KEPT_BY_APP = frozenset(
    "writer author creator seller approved verified blocked banned suspended deleted featured likes like votes vote"
    " upvotes downvotes views replies followers applicants".split()
)


def kept_by_app(column: str) -> bool:
    """`isApproved`, `likes`, `writer`: what the app decides or counts, and nobody types into a form."""
    return bool(_KEPT_BY_APP & set(spoken(column).split()))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def rows_given(call: Call, python: bool) -> Iterator[int]:
    """The arguments of a writing call that hold rows, and no filter, id or options."""
    last = call.callee[-1]
    if not python and any(isinstance(a, Record) and "fields" in dict(a.fields) for a in call.args[1:]):
        return  # `row.update(body, { fields: ["name"] })`
    first = 1 if last in _FILTERED or (last == "update" and _by_id(call)) else 0
    for number, arg in enumerate(call.args):
        if number < first or (number > first and isinstance(arg, Record) and last not in _FILTERED):
            continue
        if not python or isinstance(arg, Record) or last in _TAKES_DICTS:
            yield number


def _by_id(call: Call) -> bool:
    """`repository.update(id, row)`, and not `Model.update(row, { where })`."""
    if len(call.args) < 2:
        return False
    second = call.args[1]
    return not isinstance(second, Record) or not ({n for n, _ in second.fields} & {"where", "transaction", "returning"})


def whole_of(value: Value, listed: bool = True) -> Marks:
    """The marks of what names its columns itself; of a list of rows, too, if it is `listed`."""
    ends: tuple[Path, ...] = ((), ("*",)) if listed else ((),)
    return flat({p: m for p, m in value.items() if p in ends or (p[0] in _WRAPPERS and p[1:] in ends)})


def fields_of(value: Value) -> Iterator[tuple[str, Marks]]:
    """What each named column of a row, or of the rows of a list, is given."""
    for path, marks in value.items():
        inner = path
        while inner and (inner[0] == "*" or inner[0] in _WRAPPERS):
            inner = inner[1:]
        if inner and marks:
            yield inner[0], marks


def row_place(statement: str) -> int | None:
    """Which placeholder stands for a whole row: `UPDATE users SET ? WHERE id = ?`, as the drivers of MySQL fill it."""
    whole = _WHOLE_SET.search(statement)
    return statement.count("?", 0, whole.start("place")) if whole else None


def said_by(statement: str) -> list[tuple[str, str]]:
    """The columns of a statement in the order of its placeholders, with what a placeholder is called, if anything.
    A placeholder that fills no column has an empty one; of a procedure, no column is known ("?")."""
    found: list[tuple[str, str]] = []
    if m := _INSERT.search(statement):
        columns = [c.strip().strip("\"'`[] ") for c in m["columns"].split(",")]
        for number, value in enumerate(_split(m["values"])):
            found += [(columns[number] if number < len(columns) else "", _name(p)) for p in _PLACE.finditer(value)]
    elif m := _SET.search(statement):
        for given in _GIVEN.finditer(m["set"]):
            found += [(given["column"], _name(p)) for p in _PLACE.finditer(given["value"])]
        found += [("", _name(p)) for p in _PLACE.finditer(statement[m.end("set") :])]
    elif m := _CALL.search(statement):
        found += [("?", _name(p)) for p in _PLACE.finditer(m["values"])]
    return found


def _name(place: re.Match[str]) -> str:
    return place["percent"] or place["colon"] or ""


def _split(values: str) -> list[str]:
    """`(?, NOW(), 'x')` at its commas."""
    parts, depth, start = [], 0, 1
    for number, sign in enumerate(values):
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or not depth:
            parts.append(values[start:number])
            start = number + 1
        if not depth:
            break
    return parts


def placed(call: Call, lists: dict[Path, Join]) -> tuple[Expr, ...]:
    """The values for placeholders, in their order: `[a, b]`, `(a, b)`, a name of such a list, or all arguments."""
    given = tuple(a for a in call.args[1:] if not isinstance(a, Lambda))  # `db.query(sql, values, (err) => ...)`
    if len(given) != 1:
        return given
    held = given[0]
    if not isinstance(held, (Join, Record, Literal)) and (path := getattr(held, "path", None)) in lists:
        return lists[path].parts
    return held.parts if isinstance(held, Join) and not held.text else given


def saves(call: Call) -> bool:
    """`row.save()`, `session.commit()`."""
    return call.callee[-1] in _SAVES and not any(isinstance(a, Record) and a.fields for a in call.args)


def kinds_of(columns: Iterable[Column], name: str, table: str) -> list[str]:
    return [c.sink for c in columns if c.fits(name, table)]
