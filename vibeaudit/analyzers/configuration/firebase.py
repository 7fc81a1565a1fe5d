"""Firebase security rules: every `allow` with its path and its condition."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vibeaudit.analyzers.configuration.firebase_conditions import Function, asks, functions, spelled
from vibeaudit.analyzers.configuration.nodes import Document, Node, Unreadable, mapping, scalar, sequence
from vibeaudit.source import SourceFile

MAX_BYTES = 256_000
_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_TOKEN = re.compile(
    rb"(?P<match>\bmatch\s+(?P<path>(?:/(?:\{[^}]*\}|\$\([^)]*\)|[^\s{/]*))+)\s*\{)"
    rb"|(?P<allow>\ballow\s+(?P<methods>[a-z]{1,20}(?:\s*,\s*[a-z]{1,20}){0,9})"
    rb"(?:\s*:\s{0,200}if\b\s{0,200}(?P<condition>(?:(?!\n\s{0,200}(?:allow|match|function)\b)[^;{}]){0,5000}))?(?:;|(?=\n|\})))"
    rb"|(?P<service>\bservice\s+(?P<name>[\w.]+)\s*\{)|(?P<open>\{)|(?P<close>\})"
)


def documents(file: SourceFile) -> list[Document]:
    """`allows[]` with `service`, `path`, `methods[]` and `condition` (the word `true` when none is given); `spelled` is
    the condition with the functions of the file in their places, `asks` who may (see `firebase_conditions.asks`)."""
    if len(file.data) > MAX_BYTES:
        raise Unreadable("larger than Firebase accepts")
    code = _COMMENT.sub(lambda m: bytes(c if c == 10 else 32 for c in m.group()), file.data)
    known = functions(code.decode("utf-8", "replace"))
    allows: list[Node] = []
    stack: list[str] = []
    service = ""
    for m in _TOKEN.finditer(code):
        if m["match"]:
            stack.append(m["path"].decode("utf-8", "replace"))
        elif m["service"] or m["open"]:
            service = m["name"].decode() if m["service"] else service
            stack.append("")
        elif m["close"]:
            del stack[-1:]
        elif m["allow"]:
            allows.append(_allow(m, service, "".join(stack), known))
    return [Document(file, mapping([("allows", sequence(allows, 0, len(code)))], 0, len(code)))]


def _allow(m: re.Match[bytes], service: str, path: str, known: Mapping[str, Function]) -> Node:
    start, end = m.start("allow"), m.end("allow")
    methods = [scalar(w, start, end) for w in re.findall(r"\w+", m["methods"].decode("utf-8", "replace"))]
    condition = " ".join((m["condition"] or b"true").decode("utf-8", "replace").split())
    whole = spelled(condition, known)
    reads = {str(w.value) for w in methods} <= {"read", "get", "list"}
    return mapping(
        [
            ("service", scalar(service, start, end)),
            ("path", scalar(path, start, end)),
            ("methods", sequence(methods, start, end)),
            ("condition", scalar(condition, start, end)),
            ("spelled", scalar(whole, start, end)),
            ("asks", scalar(asks(whole, reads), start, end)),
        ],
        start,
        end,
    )
