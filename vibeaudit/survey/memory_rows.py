"""Rows that an app keeps in memory: lists, dictionaries and maps of a module that its functions read and change."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Table
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_LISTS = frozenset(("list", "array"))
_MAPS = frozenset(("dictionary", "object"))
_MADE = re.compile(r"(?:new Map|dict|list|OrderedDict|(?:collections\.)?defaultdict)\b")
# what a module keeps that is no row of anybody: settings, and what a server needs to run
_NO_ROWS = re.compile(
    r"(?i)cache|config|settings?$|options|choices|routes?$|router|headers|lookup|constants?$|handlers?$|plugins?$|queue|clients?$"
    r"|connect|sockets?$|rooms?$|sessions?$|tokens?$|attempts|limit|rates?$|locks?$|timer|listeners|regist|errors?$|logs?$|types?$"
    r"|allow|white|black|origins?$|schema|middleware|args$|argv|kwargs|env|state$|context|models?$|modules?|exports|app$|links?$"
    r"|columns|fields|labels|colou?rs|translations|locales|messages_?by|patterns?$|metrics|stats|counters?$|^__|blueprints|commands"
    r"|history|memory|tools?$|prompts?$|agents?$|extensions|formats?|mime|status|codes?$|weights|states$|keys$"
)
_DEEP = 300  # characters of a condition
_NEAR = 2_000  # characters between a row's name and what is done with it
_LONG = 60_000  # characters of a body that are read


@dataclass(frozen=True, slots=True)
class Use:
    """What a body does to such rows. `said`: how it picks them; `start`, `end`: where, in bytes of the file."""

    table: str
    verb: str
    said: str
    start: int
    end: int


def uses(project: Project, module: Module, body: Node) -> Iterator[Use]:
    """Each read and write of a body, in order of place."""
    names = {n: t for n, t in _held(project, module).items() if n.encode() in (body.text or b"")}
    if not names:
        return
    text = text_of(body)[:_LONG]
    plain = text.isascii()

    def at(number: int) -> int:
        return body.start_byte + (number if plain else len(text[:number].encode()))

    found: list[Use] = []
    for name, table in names.items():
        if _is_own(module, body, name):
            continue
        for verb, pattern in _shapes(module.kind, name):
            found += [Use(table, verb, _condition(text, m), at(m.start()), at(m.end())) for m in pattern.finditer(text)]
        for asked, start, end in _of_rows(module.kind, name, text):
            found.append(Use(table, "update", asked, at(start), at(end)))
    ends = [m.start() for m in re.finditer("\n", text)]
    line = {u: bisect.bisect(ends, u.start - body.start_byte) for u in found}
    written = {line[u] for u in found if u.verb != "read"}
    kept = {u for u in found if u.verb != "read" or line[u] not in written}
    yield from sorted(kept, key=lambda u: (u.start, u.verb))


def tables(project: Project) -> Iterator[Table]:
    """The rows that are written down where they are kept, with the names of their fields."""
    for module in project.hinted(_ANY, "python", *javascript.LANGUAGES):
        for name, node in module.values.items():
            if _keeps_rows(name, node) and (columns := _columns(node)):
                yield Table("memory", name, columns, module.file.locate(node))


_ANY = re.compile(rb"=\s*[\[{]|new Map\(|defaultdict\(|=\s*(?:dict|list)\(\)")


def _held(project: Project, module: Module) -> dict[str, str]:
    """Names of this module, its own and imported, that hold such rows, and what the rows are called."""
    key = ("rows in memory", module.path)
    if key not in project.memory:
        found = {n: n for n, v in module.values.items() if _keeps_rows(n, v)}
        for name, entry in module.imports.items():
            meant = project.meaning(module, name) if not _NO_ROWS.search(name) and name.islower() else None
            if (
                meant is not None
                and meant.value is not None
                and entry.spec
                and _keeps_rows(meant.name or name, meant.value)
            ):
                found[name] = meant.name or name
        project.memory[key] = found
    return project.memory[key]  # type: ignore[return-value]


def _keeps_rows(name: str, value: Node) -> bool:
    """Whether a name of a module holds rows, or is empty until they come."""
    if _NO_ROWS.search(name) or name.isupper() or not _at_top(value):
        return False
    if value.type in _LISTS:
        inside = [c for c in value.named_children if c.type != "comment"]
        return all(c.type in _MAPS or c.type in ("call", "new_expression") for c in inside)
    if value.type in _MAPS:
        inside = [v for p in value.named_children if (v := p.child_by_field_name("value")) is not None]
        return all(c.type in _MAPS for c in inside) and (bool(inside) or not value.named_children)
    return _MADE.match(text_of(value)[:60]) is not None and value.type in ("call", "new_expression", "call_expression")


def _at_top(value: Node) -> bool:
    """Whether a value is given in a module itself, and not in one of its functions."""
    above = value.parent
    for _ in range(4):
        if above is None or above.type in ("module", "program"):
            return True
        above = above.parent
    return False


def _columns(value: Node) -> tuple[str, ...]:
    """The fields of the first row that is written down."""
    rows = [c for c in value.named_children if c.type in _MAPS]
    if value.type in _MAPS:
        held = (p.child_by_field_name("value") for p in value.named_children)
        rows = [v for v in held if v is not None and v.type in _MAPS]
    keys = (p.child_by_field_name("key") for p in rows[0].named_children) if rows else ()
    return tuple(text_of(k).strip("'\"") for k in keys if k is not None)


def _is_own(module: Module, body: Node, name: str) -> bool:
    """Whether the body means something else by the name: a parameter, or a value of its own."""
    function = module.function_at(body)
    if function is not None and any(name in re.findall(r"\w+", p.name) for p in function.params):
        return True
    given = [a for a in module.assigns_in(body) if name in a.targets]
    return any(not re.search(rf"\b{re.escape(name)}\b", text_of(a.value)) for a in given)


_SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (
        ("insert", r"(?<![\w.]){0}(?:\[[^\]\n]{1,60}\])?\.(?:append|add|insert|extend)\("),
        (
            "update",
            r"(?<![\w.]){0}\[(?P<key>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\](?:\[[^\]\n]{1,60}\])*\s*[-+]?=(?!=)|(?<![\w.]){0}\.(?:update|setdefault)\(",
        ),
        (
            "delete",
            r"\bdel\s+{0}\[(?P<key>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\]|(?<![\w.]){0}\.(?:pop|remove|discard|clear)\((?P<arg>[^()\n]{0,80})",
        ),
        ("delete", r"(?<![\w.]){0}(?:\[:\])?\s*=\s*\[[^\]\n]{1,200}\bin\s+{0}\b[^\]\n]{0,200}"),
        (
            "read",
            r"(?<![\w.]){0}\.get\((?P<key>[^()\n]{1,80})|\bin\s+{0}(?:\.(?:values|items)\(\))?(?![\w.\[(])|(?<![\w.]){0}\[(?P<sub>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\](?!\s*=[^=])",
        ),
    ),
    "javascript": (
        ("insert", r"(?<![\w.]){0}\.(?:push|unshift|set)\("),
        (
            "update",
            r"(?<![\w.]){0}\[(?P<key>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\](?:\.\w+|\[[^\]\n]{1,60}\])*\s*[-+]?=(?![=>])",
        ),
        (
            "delete",
            r"\bdelete\s+{0}\[(?P<key>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\]|(?<![\w.]){0}\.(?:delete|splice)\((?P<arg>[^()\n]{0,80})|(?<![\w.]){0}\s*=\s*{0}\.filter\((?P<asked>[^;\n]{1,200})",
        ),
        (
            "read",
            r"(?<![\w.]){0}\.(?:find|filter|some|findIndex|get|map|at)\((?P<cond>[^;\n]{1,200})|\(\s*{0}\s*\)|(?<![\w.]){0}\[(?P<sub>(?:[^\[\]\n]|\[[^\[\]\n]{0,40}\]){1,80})\](?!\s*=[^=])",
        ),
    ),
}
# how a row gets a name of its own, and how it is changed by it
_NAMED = {
    "python": r"\b(?P<row>\w+)\s*=\s*(?:{0}\.get\(|{0}\[|next\([^\n]*\bin\s+{0}\b)[^\n]*"
    r"|\bfor\s+(?:\w+\s*,\s*)?(?P<each>\w+)\s+in\s+(?:enumerate\()?{0}\b[^\n]*",
    "javascript": r"\b(?:const|let|var)\s+(?P<row>\w+)\s*=\s*{0}(?:\.(?:find|get)\(|\[)[^;\n]*",
}
_CHANGED = {
    "python": r"\b{0}\[['\"]\w+['\"]\]\s*[-+]?=(?!=)|\b{0}\.update\(",
    "javascript": r"(?<![\w.]){0}(?:\.\w+|\[[^\]\n]{1,60}\])\s*[-+]?=(?![=>])|\bObject\.assign\(\s*{0}\b",
}


def _shapes(kind: str, name: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    for verb, shape in _SHAPES[kind]:
        yield verb, re.compile(shape.replace("{0}", re.escape(name)))


def _of_rows(kind: str, name: str, text: str) -> Iterator[tuple[str, int, int]]:
    """Rows that get a name first and are then changed by it: how they are picked, and where they are changed."""
    for m in re.finditer(_NAMED[kind].replace("{0}", re.escape(name)), text):
        row = m["row"] or m.groupdict().get("each") or ""
        pattern = re.compile(_CHANGED[kind].replace("{0}", row))
        changed = pattern.search(text, m.end(), m.end() + _NEAR) if row else None
        if changed is not None:
            yield text[m.start() : changed.start()][:_DEEP], changed.start(), changed.end()


def _condition(text: str, found: re.Match[str]) -> str:
    """How the rows are picked: the key, or the statement around a comprehension, with what the key stands for."""
    end = text.find("\n", found.end())
    said = text[text.rfind("\n", 0, found.start()) + 1 : end if end != -1 else len(text)][-2 * _DEEP :]
    if end != -1 and said.lstrip().startswith("for "):  # the loop's first line asks
        said += text[end : text.find("\n", end + 1)]
    for key in (k.strip() for k in found.groupdict().values() if k):
        before = text[max(0, found.start() - _NEAR) : found.start()]
        given = re.search(rf"\b{key}\s*=(?!=)[^\n]{{1,200}}", before) if key.isidentifier() else None
        said += f" {given[0]}" if given else ""
    return said
