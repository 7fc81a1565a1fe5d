"""EJS, Eta and Underscore's kin: `<%= escaped %>`, `<%- raw %>` and code in between."""

from __future__ import annotations

import re

from vibeaudit.pages.page import Hole, Output, Path, Scope, names_of, path_of

_HOLE = re.compile(r"<%(?P<sign>[=\-~#_%]?)(?P<body>.*?)[-_]?%>", re.DOTALL)
_CHAIN = r"[\w$]+(?:\??\.[\w$]+|\[[^\]]*\])*"
_EACH = re.compile(
    rf"(?P<what>{_CHAIN})\s*\??\.(?:forEach|map|filter|each)\(\s*(?:async\s+)?(?:function\s*\w*\s*)?\(?\s*(?P<name>[\w$]+)"
)
_OF = re.compile(rf"for\s*\(\s*(?:const|let|var)\s+(?P<name>[\w$]+)\s+(?P<how>of|in)\s+(?P<what>{_CHAIN})")
_VAR = re.compile(r"(?:const|let|var)\s+(?P<name>[\w$]+)\s*=\s*(?P<what>[^;\n]+)")
_INCLUDE = re.compile(r"\b(?:include|partial|layout|includeFile)\s*\(?\s*[\"'`]([^\"'`]+)[\"'`]")


def read(text: str, raw_signs: str) -> tuple[tuple[Hole, ...], tuple[Output, ...], tuple[str, ...]]:
    """The tags, the values printed, the templates included. `raw_signs` print unescaped: `-` in EJS, `~` in Eta."""
    holes: list[Hole] = []
    outputs: list[Output] = []
    needs: list[str] = []
    scope = Scope()
    for match in _HOLE.finditer(text):
        sign, body = match["sign"], match["body"].strip()
        printing = sign in ("=", "-", "~") and sign != "" and not (sign == "-" and raw_signs == "~")
        needs += _INCLUDE.findall(body)
        if sign in ("#", "%"):
            holes.append(Hole(match.start(), match.end(), "comment"))
            continue
        if not printing:
            _bind(body, scope)
            holes.append(Hole(match.start(), match.end(), "code"))
            continue
        holes.append(Hole(match.start(), match.end(), "output"))
        paths, calls = names_of(body)
        resolved = tuple(dict.fromkeys(_plain(scope.resolve(p)) for p in paths))
        outputs.append(Output(match.start(), match.end(), body, sign in raw_signs, resolved, calls, marked=sign != "="))
    return tuple(holes), tuple(outputs), tuple(needs)


def _bind(code: str, scope: Scope) -> None:
    for found in _VAR.finditer(code):
        paths, _ = names_of(found["what"])
        scope.bind(found["name"], scope.resolve(paths[0]) if paths else None)
    for found in _EACH.finditer(code):
        scope.bind(found["name"], (*scope.resolve(path_of(found["what"])), "[]"))
    for found in _OF.finditer(code):
        if found["how"] == "of":
            scope.bind(found["name"], (*scope.resolve(path_of(found["what"])), "[]"))


def _plain(path: Path) -> Path:
    """`locals.x` is `x`."""
    return path[1:] if path[:1] in (("locals",), ("it",)) and len(path) > 1 else path
