"""A configuration file's values, each with the bytes where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vibeaudit.source import SourceFile

MAX_DEPTH = 100
MAX_NODES = 200_000

Scalar = str | int | float | bool | None


class Unreadable(Exception):
    """The file is not what its format demands."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value. `kind`: mapping, sequence, string, number, boolean, null. `start` to `end` are byte offsets;
    `key` is where the key that names it starts, or -1."""

    kind: str
    value: Scalar = None
    start: int = 0
    end: int = 0
    key: int = -1
    entries: tuple[tuple[str, Node], ...] = ()
    items: tuple[Node, ...] = ()

    def get(self, *names: str) -> Node | None:
        """The entry under this way of keys; the last one where a key stands twice, as parsers do."""
        node: Node | None = self
        for name in names:
            node = next((n for k, n in reversed(node.entries) if k == name), None) if node else None
        return node

    @property
    def text(self) -> str:
        """A scalar as it would be written; empty for collections and null."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return "" if self.value is None else str(self.value)

    @property
    def children(self) -> tuple[tuple[str, Node], ...]:
        """Entries, or items under an empty name."""
        return self.entries or tuple(("", n) for n in self.items)

    def strings(self) -> Iterator[Node]:
        """The scalars of this value: itself, or its direct items."""
        if self.kind in ("mapping", "sequence"):
            yield from (n for _, n in self.children if n.kind not in ("mapping", "sequence"))
        else:
            yield self


EMPTY = Node("mapping")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document of one file. `flaw` says what of it could not be read; `project` holds all files by path."""

    file: SourceFile
    root: Node
    flaw: str = ""
    project: Mapping[str, SourceFile] = field(default_factory=dict)


def mapping(entries: list[tuple[str, Node]], start: int, end: int, key: int = -1) -> Node:
    return Node("mapping", None, start, end, key, tuple(entries))


def sequence(items: list[Node], start: int, end: int, key: int = -1) -> Node:
    return Node("sequence", None, start, end, key, (), tuple(items))


def scalar(value: Scalar, start: int, end: int, key: int = -1) -> Node:
    kind = {str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")
    return Node(kind, value, start, end, key)
