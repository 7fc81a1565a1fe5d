"""Handlebars and Mustache: `{{escaped}}`, `{{{raw}}}`, `{{&raw}}`, sections and blocks; and Dust: `{x|s}`."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.pages.page import Hole, Output, Path, names_of, path_of

_HOLE = re.compile(
    r"\{\{\{\{.*?\}\}\}\}|\{\{!--.*?--\}\}|\{\{![^}]*\}\}|\{\{\{~?(?P<raw>.*?)~?\}\}\}|\{\{~?(?P<tag>.*?)~?\}\}",
    re.DOTALL,
)
_BLOCK = re.compile(r"(?:if|each|end|else|unless|function|for)\b(?!\.)|/")
_PARTIAL = re.compile(r"\s*[\"']?([\w./-]+)")
_AS = re.compile(r"as\s*\|\s*(\w+)")
_DUST = re.compile(r"\{(?P<mark>[#?^/@>+<%:!~]?)(?P<body>[\w.\[\]$]+)(?P<filters>(?:\|\w+)*)[^{}\n]*?/?\}")


class _Sections:
    """The blocks that are open: what each makes of the names inside it."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, Path | None, dict[str, Path]]] = []

    def open(self, text: str) -> None:
        words = text.split(None, 1)
        name = words[0] if words else ""
        rest = words[1] if len(words) > 1 else ""
        paths, _ = names_of(rest.split(" as ")[0])
        if name in ("each", "for") and paths:
            base = (*self.resolve(paths[0]), "[]")
            alias = _AS.search(rest)
            self.stack.append((name, base, {alias[1]: base} if alias else {}))
        elif name == "with" and paths:
            alias = _AS.search(rest)
            base = self.resolve(paths[0])
            self.stack.append((name, base, {alias[1]: base} if alias else {}))
        elif not rest and name not in ("if", "unless", "else"):
            self.stack.append((name, (*self.resolve(path_of(name)), "[]"), {}))  # a section of Mustache
        else:
            self.stack.append((name, None, {}))

    def close(self) -> None:
        if self.stack:
            self.stack.pop()

    def resolve(self, path: Path) -> Path:
        for _, _, names in reversed(self.stack):
            if path[:1] and path[0] in names:
                return names[path[0]] + path[1:]
        bases = [b for _, b, _ in self.stack if b is not None]
        if path[:1] == ("@root",):
            return path[1:]
        if path[:1] == ("this",):
            path = path[1:]
        return bases[-1] + path if bases else path


def read(text: str, escaping: bool) -> tuple[tuple[Hole, ...], tuple[Output, ...], tuple[str, ...]]:
    """The tags, the values printed, the partials used."""
    holes: list[Hole] = []
    outputs: list[Output] = []
    needs: list[str] = []
    sections = _Sections()
    for match in _HOLE.finditer(text):
        tag = match["tag"].strip() if match["tag"] is not None else None
        raw = match["raw"] is not None
        body = match["raw"].strip() if raw else tag
        kind = "comment" if body is None else "output" if raw or body[:1] not in ("#", "/", "^", ">", "=") else "code"
        if raw and _BLOCK.match(body or ""):
            kind = "code"  # Benchpress, and others of that kind
        if body in ("else", "^") or (body or "").startswith("else "):
            kind = "code"
        holes.append(Hole(match.start(), match.end(), kind))
        if body is None:
            continue
        if kind == "output":
            marked = raw or body.startswith("&")
            output = _output(match.start(), match.end(), body.lstrip("&").strip(), marked or not escaping, sections)
            outputs.append(replace(output, marked=marked))
        elif body.startswith(">"):
            needs += [m[1]] if (m := _PARTIAL.match(body[1:])) else []
        elif body[:1] in ("#", "^") and len(body) > 1:
            sections.open(body[1:].strip())
        elif body.startswith("/"):
            sections.close()
    return tuple(holes), tuple(outputs), tuple(needs)


def _output(start: int, end: int, body: str, raw: bool, sections: _Sections) -> Output:
    head, _, rest = body.partition(" ")
    calls = (head,) if rest.strip() else ()
    text = (rest if calls else body).replace("../", "@root.")
    paths, inner = names_of(text)
    resolved = tuple(dict.fromkeys(sections.resolve(p) for p in paths))
    return Output(start, end, body, raw, resolved, (*calls, *inner))


def read_dust(text: str) -> tuple[tuple[Hole, ...], tuple[Output, ...], tuple[str, ...]]:
    """Dust, which escapes texts but not what is no text, and nothing with `|s`."""
    holes: list[Hole] = []
    outputs: list[Output] = []
    sections = _Sections()
    for match in _DUST.finditer(text):
        mark = match["mark"]
        if mark in ("#", "?", "^"):
            sections.stack.append(
                (match["body"], (*sections.resolve(path_of(match["body"])), "[]") if mark == "#" else None, {})
            )
        elif mark == "/":
            sections.close()
        if mark in ("~", "!", "%", ">", "<", "+", "@", ":", "#", "?", "^", "/"):
            holes.append(Hole(match.start(), match.end(), "code"))
            continue
        holes.append(Hole(match.start(), match.end(), "output"))
        used = tuple(f for f in match["filters"].split("|") if f)
        path = sections.resolve(path_of(match["body"]))
        outputs.append(Output(match.start(), match.end(), match[0], "s" in used, (path,), used))
    return tuple(holes), tuple(outputs), ()
