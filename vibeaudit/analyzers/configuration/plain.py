"""Formats of lines: dotenv, INI, and Markdown with front matter."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.analyzers.configuration import yamls
from vibeaudit.analyzers.configuration.nodes import EMPTY, Document, Node, Unreadable, mapping, scalar
from vibeaudit.source import SourceFile

_ASSIGNMENT = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*"
    rb"(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^\n#]*(?:#[^ \n][^\n#]*)*)",
    re.MULTILINE,
)
_INI = re.compile(
    rb"^[ \t]*(?:\[(?P<section>[^\]\n]+)\]|(?P<key>[^\s=:#;\[][^=:\n]*)[=:][ \t]*(?P<value>[^\n]*))",
    re.MULTILINE,
)
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)(?:^|\n)---[ \t]*(?:\r?\n|$)", re.DOTALL)


def dotenv(file: SourceFile) -> list[Document]:
    """Names to values, without quotes and trailing comments."""
    entries = [
        (m["key"].decode(), _bare(m["value"], m.start("value"), m.start("key")))
        for m in _ASSIGNMENT.finditer(file.data)
    ]
    return [Document(file, mapping(entries, 0, len(file.data)))]


def ini(file: SourceFile) -> list[Document]:
    """Sections as mappings; what stands before the first section is at the top."""
    top: list[tuple[str, Node]] = []
    section, name, where = top, "", 0
    for m in _INI.finditer(file.data):
        if m["section"] is not None:
            _end_section(top, section, name, where)
            section, name, where = [], m["section"].decode("utf-8", "replace").strip(), m.start()
        else:
            value = _bare(m["value"], m.start("value"), m.start("key"))
            section.append((m["key"].decode("utf-8", "replace").strip(), value))
    _end_section(top, section, name, where)
    return [Document(file, mapping(top, 0, len(file.data)))]


def _end_section(top: list[tuple[str, Node]], section: list[tuple[str, Node]], name: str, where: int) -> None:
    if section is not top:
        top.append((name, mapping(section, where, where, where)))


def front_matter(file: SourceFile) -> list[Document]:
    """The YAML between the first two `---` of a Markdown file; an empty mapping without one."""
    found = _FRONT.match(file.text)
    if not found:
        return [Document(file, EMPTY)]
    base = 3 if file.data.startswith(b"\xef\xbb\xbf") else 0
    try:
        root = yamls.roots(found[1], base + len(file.text[: found.start(1)].encode("utf-8", "replace")))[0]
    except Unreadable:
        return [Document(file, _loose(file, found[1], base + len(file.text[: found.start(1)].encode())))]
    return [Document(file, replace(root, key=base))]


def _loose(file: SourceFile, text: str, base: int) -> Node:
    """Front matter as agents read it when it is not quite YAML (an unquoted colon): one `key: value` a line."""
    data = text.encode("utf-8", "replace")
    pairs = re.finditer(rb"^(?P<key>[\w-]+):[ \t]*(?P<value>[^\n]*)", data, re.MULTILINE)
    entries = [(m["key"].decode(), _bare(m["value"], base + m.start("value"), base + m.start("key"))) for m in pairs]
    return mapping(entries, base, base + len(data), 0)


def _bare(raw: bytes, start: int, key: int) -> Node:
    text = raw.decode("utf-8", "replace").rstrip()
    end = start + len(text.encode("utf-8", "replace"))
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return scalar(text[1:-1], start, end, key)
    return scalar(text.split(" #", 1)[0].rstrip(), start, end, key)
