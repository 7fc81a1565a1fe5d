"""Pug: `!= raw`, `!{raw}`, `attribute!=raw`, with loops by indentation."""

from __future__ import annotations

import re

from vibeaudit.pages.page import Output, Scope, names_of, path_of

_LINE = re.compile(r"[^\n]*\n?")
_EACH = re.compile(r"\s*(?:each|for)\s+(?P<name>\w+)(?:\s*,\s*\w+)?\s+in\s+(?P<what>[\w.$]+)")
_VAR = re.compile(r"\s*-\s*(?:var|let|const)\s+(?P<name>\w+)\s*=\s*(?P<what>.+)")
_BUFFERED = re.compile(
    r"(?P<indent>\s*)(?P<tag>[\w#.:-]*(?:\([^()\n]*(?:\([^()]*\)[^()\n]*)*\))?)(?P<sign>!?=)\s*(?P<what>.+)"
)
_INSIDE = re.compile(r"(?P<sign>[!#])\{(?P<what>[^{}]*)\}")
_ATTRIBUTE = re.compile(r"(?P<name>[\w:@.-]+)!=\s*(?P<what>[\w.$\[\]]+)")
_USES = re.compile(r"\s*(?:include|extends)\s+(\S+)", re.MULTILINE)


def read(text: str) -> tuple[tuple[Output, ...], tuple[str, ...]]:
    """The values printed and the templates used. Offsets are those of the text."""
    scope, outputs = Scope(), []
    script_at = -1
    for match in _LINE.finditer(text):
        line = match[0]
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        script_at = -1 if indent <= script_at else script_at
        if line.lstrip().startswith(("//", "-//")):
            continue
        outputs += _of_line(line, match.start(), scope, script_at >= 0)
        if script_at < 0 and re.match(r"\s*script\b[^\n]*\.\s*$", line):
            script_at = indent
    return tuple(outputs), tuple(_USES.findall(text))


def _of_line(line: str, at: int, scope: Scope, in_script: bool) -> list[Output]:
    if each := _EACH.match(line):
        scope.bind(each["name"], (*scope.resolve(path_of(each["what"])), "[]"))
        return []
    if bound := _VAR.match(line):
        paths, _ = names_of(bound["what"])
        scope.bind(bound["name"], scope.resolve(paths[0]) if paths else None)
        return []
    found: list[Output] = []
    if not in_script and (buffered := _BUFFERED.match(line)):
        raw = buffered["sign"] == "!="
        found.append(_output(at + buffered.start("sign"), at + buffered.end(), buffered["what"], raw, "text", scope))
    for inside in _INSIDE.finditer(line):
        place = "script" if in_script else "text"
        found.append(
            _output(at + inside.start(), at + inside.end(), inside["what"], inside["sign"] == "!", place, scope)
        )
    if not in_script and "(" in line:
        for named in _ATTRIBUTE.finditer(line, line.index("(")):
            found.append(_output(at + named.start(), at + named.end(), named["what"], True, "attribute", scope))
    return found


def _output(start: int, end: int, text: str, raw: bool, place: str, scope: Scope) -> Output:
    paths, calls = names_of(text)
    resolved = tuple(dict.fromkeys(scope.resolve(p) for p in paths))
    return Output(start, end, text.strip(), raw, resolved, calls, place)
