"""The nouns: a template, the values that it prints, and where each stands in the HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vibeaudit.source import SourceFile

Path = tuple[str, ...]  # `posts.[].text`: a name that a handler hands over, then fields; "[]" is an element
_NAME = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`$]*`"
    r"|(?P<path>[A-Za-z_$@][\w$]*(?:\s*\??\.\s*[A-Za-z_$][\w$]*|\[[^\[\]]*\])*)(?P<call>\s*\()?"
)
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PART = re.compile(r"[A-Za-z_$@][\w$]*|\[[^\[\]]*\]")
_WORDS = frozenset(
    "if else and or not in is true false none null undefined typeof new function return true false True False None"
    " let const var await async instanceof with context ignore missing recursive scoped only as".split()
)


@dataclass(frozen=True, slots=True)
class Hole:
    """A tag of the template language: bytes `start` to `end` of the file. `kind`: code, output, comment."""

    start: int
    end: int
    kind: str
    text: str = ""
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """A value that the page prints. `raw`: it is not escaped; `marked`: because this very place says so. `place`: text,
    attribute, unquoted, tag, url, handler, script, script-string, script-template, style, comment. `paths`: the
    values that it reads, loops and aliases resolved. `calls`: the functions and filters that it passes through."""

    start: int
    end: int
    text: str
    raw: bool
    paths: tuple[Path, ...] = ()
    calls: tuple[str, ...] = ()
    place: str = "text"
    element: str = ""
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """`needs`: names of the templates that it includes or extends, which see its values. `name`: its path, or the
    place in a file of code where it stands."""

    file: SourceFile
    dialect: str
    outputs: tuple[Output, ...]
    needs: tuple[str, ...] = ()
    name: str = ""


@dataclass
class Scope:
    """What local names of a template stand for, by the order in which they are bound."""

    names: dict[str, Path] = field(default_factory=dict)

    def bind(self, name: str, path: Path | None) -> None:
        if path is not None and path[:1] != (name,):
            self.names[name] = path
        elif path is None:
            self.names[name] = ("",)

    def resolve(self, path: Path) -> Path:
        for _ in range(8):
            if not path or path[0] not in self.names:
                break
            path = self.names[path[0]] + path[1:]
        return path


def path_of(text: str) -> Path:
    """`posts.[].text` of `posts[i].text`; a field named in brackets keeps its name."""
    parts: list[str] = []
    for match in _PART.finditer(text):
        part = match[0]
        if part.startswith("["):
            inner = part[1:-1].strip()
            part = inner[1:-1] if inner[:1] in "'\"" and len(inner) > 1 else "[]"
        parts.append(part)
    return tuple(parts)


def branches(expression: str) -> tuple[str, ...]:
    """What an expression can come out as: of `a ? b : c`, of `b if a else c` and of `a && b` the branches; nothing of a
    comparison."""
    masked = _STRING.sub(lambda m: '"' + "_" * (len(m[0]) - 2) + '"', expression)
    if chosen := re.search(r"\?(?![?.])", masked):
        rest, at = masked[chosen.end() :], chosen.end()
        colon = rest.rfind(":") if rest.count("?") == 0 else rest.find(":")
        if colon >= 0:
            return (*branches(expression[at : at + colon]), *branches(expression[at + colon + 1 :]))
    if chosen := re.search(r"\sif\s", masked):
        otherwise = re.search(r"\selse\s", masked[chosen.end() :])
        last = branches(expression[chosen.end() + otherwise.end() :]) if otherwise else ()
        return (expression[: chosen.start()], *last)
    if (chosen := re.search(r"&&|\sand\s", masked)) and "||" not in masked:
        return branches(expression[chosen.end() :])
    if (
        re.search(r"[=!]==?|(?<![=-])[<>]=?(?![%>])|\sin\s|\bnot\s", masked)
        and "=>" not in masked
        and "(" not in masked
    ):
        return ()
    return (expression,)


def names_of(expression: str) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The values that an expression reads, and the functions that it calls."""
    paths: list[Path] = []
    calls: list[str] = []
    expression = " ; ".join(branches(expression))
    for match in _NAME.finditer(expression):
        if not match["path"] or (match.start() and expression[match.start() - 1] in ".\"'"):
            continue
        path = path_of(match["path"])
        if match["call"]:
            calls.append(".".join(path))
            if len(path) > 1:
                paths.append(path)
        elif path[0] not in _WORDS and not re.match(r"\s*(=(?!=)|:(?!:))", expression[match.end() :]):
            paths.append(path)
    return tuple(dict.fromkeys(paths)), tuple(calls)


def last_name(path: Path) -> str:
    """The last field of a path that has a name."""
    return next((p for p in reversed(path) if p != "[]"), "")
