"""Jinja2, Django, Nunjucks, Swig, Twig, Liquid: `{{ value | filter }}` and `{% tag %}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vibeaudit.pages.page import Hole, Output, Path, Scope, names_of, path_of

_HOLE = re.compile(r"\{\{[-~+]?(?P<out>.*?)[-~+]?\}\}|\{%[-+~]?\s*(?P<tag>.*?)\s*[-+~]?%\}|\{#.*?#\}", re.DOTALL)
_SILENT = re.compile(r"(raw|verbatim|comment)\b")
_FOR = re.compile(r"(?P<names>[\w$]+(?:\s*,\s*[\w$]+)*)\s+in\s+(?P<what>.+)", re.DOTALL)
_SET = re.compile(r"(?P<name>\w+)\s*=\s*(?P<what>(?:\"[^\"]*\"|'[^']*'|[^\s,=]|\s*[|.(+~]\s*)+)")
_AS = re.compile(r"(?P<what>\S+)\s+as\s+(?P<name>\w+)")
_RAW = frozenset(("safe", "raw", "safeseq"))
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


@dataclass
class _Reading:
    autoescape: list[bool]
    scope: Scope = field(default_factory=Scope)
    silent: str = ""


def read(text: str, escaping: bool) -> tuple[tuple[Hole, ...], tuple[Output, ...], tuple[str, ...]]:
    """The tags, the values printed and the other templates used. `escaping`: values are escaped unless
    told not to be."""
    holes: list[Hole] = []
    outputs: list[Output] = []
    needs: list[str] = []
    state = _Reading([escaping])
    for match in _HOLE.finditer(text):
        tag, out = match["tag"], match["out"]
        if state.silent:
            if tag and tag.split()[0] == f"end{state.silent}":
                state.silent = ""
            continue
        if tag is not None:
            needs += _tag(tag, state)
        kind = "output" if out is not None else "code" if tag is not None else "comment"
        holes.append(Hole(match.start(), match.end(), kind))
        if out is not None:
            outputs.append(_output(match.start(), match.end(), out, state))
    return tuple(holes), tuple(outputs), tuple(needs)


def _tag(tag: str, state: _Reading) -> Iterator[str]:
    word, _, rest = tag.partition(" ")
    if silent := _SILENT.match(word):
        state.silent = silent[1]
    elif word == "autoescape":
        state.autoescape.append(not re.match(r"\s*(off|false)\b", rest, re.IGNORECASE))
    elif word == "endautoescape" and len(state.autoescape) > 1:
        state.autoescape.pop()
    elif word == "for" and (loop := _FOR.match(rest)):
        _bind_loop(loop["names"], loop["what"], state.scope)
    elif word in ("set", "with", "assign"):
        for bound in _SET.finditer(rest):
            state.scope.bind(bound["name"], _one(bound["what"], state.scope))
        if word == "with" and (named := _AS.match(rest)):
            state.scope.bind(named["name"], _one(named["what"], state.scope))
    elif word == "macro":
        for name in re.findall(r"\w+", rest.partition("(")[2]):
            state.scope.bind(name, None)
    elif word in ("include", "extends", "embed") and (quoted := _QUOTED.search(rest)):
        yield quoted[1]


def _bind_loop(names: str, what: str, scope: Scope) -> None:
    many = [n.strip() for n in names.split(",")]
    source = _one(re.split(r"\s+(?:if|recursive|reversed)\b", what)[0], scope)
    for name in many:
        scope.bind(name, (*source, "[]") if source else None)


def _one(expression: str, scope: Scope) -> Path | None:
    """The value that an expression mostly is: its first path."""
    text = expression.strip()
    if text.startswith("get_flashed_messages("):
        return ("@flash",)
    call = re.fullmatch(r"([\w.]+?)(?:\.(?:items|values|all))?\((.*)\)", text, re.DOTALL)
    if call and not call[2]:
        path = path_of(call[1])
        return scope.resolve(path)
    paths, _ = names_of(text)
    return scope.resolve(paths[0]) if paths else None


def filters(expression: str) -> tuple[str, tuple[str, ...]]:
    """An expression, and the filters behind it, in order. A bar inside quotes or brackets is none of ours."""
    parts, depth, quote, start = [], 0, "", 0
    for i, char in enumerate(expression):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "|" and depth == 0 and expression[i + 1 : i + 2] != "|" and expression[i - 1 : i] != "|":
            parts.append(expression[start:i])
            start = i + 1
    parts.append(expression[start:])
    names = tuple(m[0] for p in parts[1:] if (m := re.match(r"\s*[\w.]+", p)))
    return parts[0].strip(), tuple(n.strip() for n in names)


def _output(start: int, end: int, text: str, state: _Reading) -> Output:
    main, used = filters(text)
    inner = re.search(r"\|\s*(safe|raw)\b", main)  # `{{ (a|safe) if b }}`
    marked = bool(inner) or bool(_RAW & set(used))
    raw = marked or not state.autoescape[-1]
    paths, calls = names_of(main)
    resolved = tuple(dict.fromkeys(state.scope.resolve(p) for p in paths))
    return Output(start, end, text.strip(), raw, resolved, (*calls, *used), marked=marked)
