"""TOML: tomllib judges it, the tree-sitter tree says where each value stands."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from vibeaudit.analyzers.configuration.nodes import (
    MAX_DEPTH,
    Document,
    Node,
    Scalar,
    Unreadable,
    mapping,
    scalar,
    sequence,
)
from vibeaudit.source import SourceFile
from vibeaudit.source.trees import parse

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax


class _Table:
    """A table that may still grow."""

    def __init__(self, start: int, end: int, key: int = -1) -> None:
        self.start, self.end, self.key = start, end, key
        self.entries: dict[str, Node | _Table | list[_Table]] = {}

    def frozen(self) -> Node:
        done = [(k, _frozen(v)) for k, v in self.entries.items()]
        return mapping(done, self.start, self.end, self.key)

    def below(self, keys: list[Syntax], *, repeated: bool = False) -> _Table:
        """The table under these keys, made where it is missing. `repeated`: a new item of an array of tables."""
        table = self
        for number, key in enumerate(keys, 1):
            name, last = _key(key), number == len(keys)
            known = table.entries.get(name)
            if isinstance(known, list) and not (last and repeated):
                table = known[-1]
            elif isinstance(known, _Table):
                table = known
            else:
                fresh = _Table(key.start_byte, key.end_byte, key.start_byte)
                if last and repeated and isinstance(known, list):
                    known.append(fresh)
                else:
                    table.entries[name] = [fresh] if last and repeated else fresh
                table = fresh
        return table


def documents(file: SourceFile) -> list[Document]:
    try:
        tomllib.loads(file.text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unreadable("not valid TOML") from error
    tree = file.tree if file.language == "toml" else parse(file.data, "toml")
    if tree is None:
        raise Unreadable("too large")
    root = _Table(0, len(file.data))
    for part in tree.root_node.named_children:
        if part.type == "pair":
            _pair(part, root, 0)
        elif part.type in ("table", "table_array_element"):
            inside = [c for c in part.named_children if c.type != "comment"]
            table = root.below(_keys(inside[0]), repeated=part.type == "table_array_element")
            for pair in inside[1:]:
                _pair(pair, table, 0)
    return [Document(file, root.frozen())]


def _pair(pair: Syntax, table: _Table, depth: int) -> None:
    parts = [c for c in pair.named_children if c.type != "comment"]
    if pair.type != "pair" or len(parts) < 2:
        return
    keys = _keys(parts[0])
    table.below(keys[:-1]).entries[_key(keys[-1])] = _value(parts[-1], depth + 1, keys[-1].start_byte)


def _value(syntax: Syntax, depth: int, key: int = -1) -> Node:
    if depth > MAX_DEPTH:
        raise Unreadable("nested too deeply")
    start, end = syntax.start_byte, syntax.end_byte
    if syntax.type == "array":
        return sequence([_value(c, depth + 1) for c in syntax.named_children if c.type != "comment"], start, end, key)
    if syntax.type == "inline_table":
        table = _Table(start, end, key)
        for pair in syntax.named_children:
            _pair(pair, table, depth)
        return table.frozen()
    return scalar(_scalar(syntax), start, end, key)


def _scalar(syntax: Syntax) -> Scalar:
    raw = (syntax.text or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    try:
        value = tomllib.loads(f"v={raw}")["v"]
    except tomllib.TOMLDecodeError:
        return raw
    return value if isinstance(value, str | int | float | bool) else str(value)


def _keys(syntax: Syntax) -> list[Syntax]:
    """The single keys of a dotted one; dotted keys nest in this grammar."""
    if syntax.type != "dotted_key":
        return [syntax]
    return [k for child in syntax.named_children for k in _keys(child)]


def _key(syntax: Syntax) -> str:
    raw = (syntax.text or b"").decode("utf-8", "replace")
    return str(_scalar(syntax)) if raw[:1] in ("'", '"') else raw


def _frozen(value: Node | _Table | list[_Table]) -> Node:
    if isinstance(value, _Table):
        return value.frozen()
    if isinstance(value, list):
        return sequence([t.frozen() for t in value], value[0].start, value[-1].end, value[0].key)
    return value
