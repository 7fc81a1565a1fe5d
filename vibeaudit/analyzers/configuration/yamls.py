"""YAML from libyaml's events: nothing is constructed, aliases are shared, so a bomb stays as small as its file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

import yaml

from vibeaudit.analyzers.configuration.nodes import (
    EMPTY,
    MAX_DEPTH,
    MAX_NODES,
    Document,
    Node,
    Scalar,
    Unreadable,
    mapping,
    scalar,
    sequence,
)
from vibeaudit.source import SourceFile

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


def documents(file: SourceFile) -> list[Document]:
    """One document for each `---`. Scalars follow YAML 1.2's core schema, so `on:` stays a word."""
    return [Document(file, root) for root in roots(file.text, _offset(file))]


def roots(text: str, base: int = 0) -> list[Node]:
    """The documents of a text that starts `base` bytes into its file. Raises Unreadable."""
    offsets = None if text.isascii() else [0, *accumulate(len(c.encode("utf-8", "replace")) for c in text)]
    composer = _Composer(offsets, base)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            composer.take(event)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(f"not valid YAML{f' at line {mark.line + 1}' if mark else ''}") from error
    return composer.roots or [EMPTY]


@dataclass(slots=True)
class _Open:
    """A collection that is being read; keys and values alternate in a mapping's `nodes`."""

    is_mapping: bool
    anchor: str | None
    start: int
    nodes: list[Node] = field(default_factory=list)


class _Composer:
    def __init__(self, offsets: list[int] | None, base: int) -> None:
        self.roots: list[Node] = []
        self._offsets, self._base = offsets, base
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._anchors = {}
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(self._stack) >= MAX_DEPTH:
                    raise Unreadable("nested too deeply")
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                self._stack.append(_Open(is_mapping, event.anchor, self._at(event.start_mark)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self._stack.pop()
                flow_end = self._at(event.end_mark)
                self._put(self._close(done, flow_end), done.anchor)
            case yaml.ScalarEvent():
                start, end = self._at(event.start_mark), self._at(event.end_mark)
                self._put(scalar(_value(event), start, end), event.anchor)
            case yaml.AliasEvent():
                start, end = self._at(event.start_mark), self._at(event.end_mark)
                self._put(self._anchors.get(str(event.anchor), scalar(None, start, end)), None)

    def _at(self, mark: Any) -> int:
        index = int(mark.index)
        return self._base + (self._offsets[min(index, len(self._offsets) - 1)] if self._offsets else index)

    def _put(self, node: Node, anchor: str | None) -> None:
        self._count += 1 + len(node.entries)
        if self._count > MAX_NODES:
            raise Unreadable("too many values")
        if anchor:
            self._anchors[anchor] = node
        if self._stack:
            self._stack[-1].nodes.append(node)
        else:
            self.roots.append(node)

    @staticmethod
    def _close(done: _Open, end: int) -> Node:
        if done.nodes:
            end = min(end, max(done.start, done.nodes[-1].end)) if done.nodes[-1].end > done.start else end
        if not done.is_mapping:
            return sequence(done.nodes, done.start, end)
        pairs = list(zip(done.nodes[::2], done.nodes[1::2], strict=False))
        entries = [(k.text, replace(v, key=k.start)) for k, v in pairs if k.text != "<<"]
        known = {k for k, _ in entries}
        merged = [e for k, v in pairs if k.text == "<<" for e in _merged(v) if e[0] not in known]
        return mapping(merged + entries, done.start, end)


def _merged(node: Node) -> tuple[tuple[str, Node], ...]:
    if node.kind == "sequence":
        return tuple(e for item in reversed(node.items) for e in item.entries)
    return node.entries


def _value(event: Any) -> Scalar:
    text = str(event.value)
    if event.style or event.tag not in (None, "!"):
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) and len(text) < 40:
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) and len(text) < 40 else text


def _offset(file: SourceFile) -> int:
    return 3 if file.data.startswith(b"\xef\xbb\xbf") else 0
