"""GitHub workflows in one shape: `on` is always a mapping from event to its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vibeaudit.analyzers.configuration.nodes import Document, Node


def effective(documents: Sequence[Document]) -> list[Document]:
    return [replace(d, root=_normal(d.root)) for d in documents]


def _normal(root: Node) -> Node:
    entries = tuple((k, _events(n) if k == "on" else n) for k, n in root.entries)
    return replace(root, entries=entries)


def _events(on: Node) -> Node:
    if on.kind == "mapping":
        return on
    named = on.items if on.kind == "sequence" else (on,)
    entries = tuple((n.text, Node("null", None, n.start, n.end, n.start)) for n in named if n.text)
    return Node("mapping", None, on.start, on.end, on.key, entries)
