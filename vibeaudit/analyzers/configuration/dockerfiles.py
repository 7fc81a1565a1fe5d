"""A Dockerfile as its stages, each with what it runs, sets and copies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vibeaudit.analyzers.configuration.nodes import Document, Node, mapping, scalar, sequence
from vibeaudit.source import SourceFile

_INSTRUCTION = re.compile(rb"^[ \t]*(?P<word>[A-Za-z]+)[ \t]+(?P<rest>.*)", re.DOTALL)
_HEREDOC = re.compile(rb"<<-?[\"']?(\w+)[\"']?")
_PAIR = re.compile(rb"(?P<key>[A-Za-z_]\w*)=(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s]*)", re.DOTALL)


@dataclass(slots=True)
class _Stage:
    start: int
    image: Node
    name: str
    parts: dict[str, list[Node]] = field(default_factory=dict)
    sets: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)

    def frozen(self, final: bool) -> Node:
        entries: list[tuple[str, Node]] = [("from", self.image), ("final", scalar(final, self.start, self.start))]
        entries.append(("name", scalar(self.name, self.start, self.start)))
        for word, nodes in self.parts.items():
            entries.append((word, sequence(nodes, nodes[0].start, nodes[-1].end)))
        if users := self.parts.get("user"):
            entries.append(("last-user", users[-1]))
        for word, pairs in self.sets.items():
            entries.append((word, mapping(pairs, pairs[0][1].start, pairs[-1][1].end)))
        return mapping(entries, self.start, self.start, self.start)


def documents(file: SourceFile) -> list[Document]:
    """`stages[]` with `from`, `final`, `name`, and lists `run`, `copy`, `add`, `user`, `cmd`..., maps `env`, `arg`.
    `other-stage` is true where `from` names an earlier stage."""
    stages: list[_Stage] = []
    for word, start, text in _instructions(file.data):
        if word == "from":
            words = [w for w in text.split() if not w.startswith("--")]
            image = scalar(words[0] if words else "", start, start + len(text.encode("utf-8", "replace")))
            alias = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            stages.append(_Stage(start, image, alias))
        elif stages and word in ("env", "arg"):
            stages[-1].sets.setdefault(word, []).extend(_pairs(text.encode("utf-8", "replace"), start))
        elif stages:
            end = start + len(text.encode("utf-8", "replace"))
            stages[-1].parts.setdefault(word, []).append(scalar(text, start, end))
    names: set[str] = set()
    done = []
    for number, stage in enumerate(stages, 1):
        frozen = stage.frozen(number == len(stages))
        own = scalar(stage.image.text in names, stage.start, stage.start)
        done.append(mapping([*frozen.entries, ("other-stage", own)], frozen.start, frozen.end, frozen.key))
        names.add(stage.name)
    return [Document(file, mapping([("stages", sequence(done, 0, len(file.data)))], 0, len(file.data)))]


def _instructions(data: bytes) -> list[tuple[str, int, str]]:
    """(word, byte offset of what follows it, what follows it). Comments inside a continued line stay in."""
    found, position, lines = [], 0, data.split(b"\n")
    number = 0
    while number < len(lines):
        first, block = position, [lines[number]]
        position += len(lines[number]) + 1
        number += 1
        comment = block[0].lstrip().startswith(b"#")
        stops = [] if comment else [s.encode() for s in map(bytes.decode, _HEREDOC.findall(block[0]))]
        while number < len(lines) and not comment and (stops or _continues(block[-1])):
            block.append(lines[number])
            position += len(lines[number]) + 1
            if stops and lines[number].strip() == stops[0]:
                stops.pop(0)
            number += 1
            if not stops and not _continues(block[-1]):
                break
        if not comment and (m := _INSTRUCTION.match(b"\n".join(block))):
            found.append((m["word"].decode().lower(), first + m.start("rest"), m["rest"].decode("utf-8", "replace")))
    return found


def _continues(line: bytes) -> bool:
    """Whether the next line belongs to this one: a backslash at its end, or a comment within a continued line."""
    return line.rstrip().endswith(b"\\") or line.lstrip().startswith(b"#")


def _pairs(data: bytes, start: int) -> list[tuple[str, Node]]:
    found = [
        (
            m["key"].decode(),
            scalar(
                m["value"].decode("utf-8", "replace").strip("\"'"),
                start + m.start("value"),
                start + m.end("value"),
                start + m.start("key"),
            ),
        )
        for m in _PAIR.finditer(data)
    ]
    if found or b"=" in data:
        return found
    name, _, value = data.decode("utf-8", "replace").partition(" ")
    return [(name.strip(), scalar(value.strip(), start, start + len(data), start))]
