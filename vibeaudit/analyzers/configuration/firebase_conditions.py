"""What the condition of a Firebase security rule asks of its caller, through the rules' own functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FUNCTION = re.compile(
    r"\bfunction\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*\{(?P<lets>(?:\s*let\s+[^;{}]{1,2000};)*)"
    r"\s*return\s+(?P<value>[^;{}]{1,5000});?\s*\}"
)
_LET = re.compile(r"\blet\s+(\w+)\s*=\s*([^;]+);")
_LOGIN = re.compile(
    r"(?:true\s*==\s*)?!?\(?\s*request\.auth(?:\.uid)?\s*!=\s*null\s*\)?|'uid'\s+in\s+request\.auth"
    r"|request\.auth\.token\.email_verified(?:\s*==\s*true)?|request\.auth\.token\.firebase\.sign_in_provider\s*[!=]=\s*'\w+'"
    r"|exists\(\s*/databases/\$\(database\)/documents/\w+/\$\(request\.auth\.uid\)\s*\)|request\.auth\.uid\s+is\s+string"
)
_UNLIKE = re.compile(r"^!|!=\s*request\.auth\.uid|request\.auth\.uid\s*!=")
_WHO = re.compile(r"\brequest\.auth\b|\bauth\.(?:uid|token)\b")
_FEW_FIELDS = re.compile(r"\.hasOnly\(")
_RANKS = ("nothing", "row", "account", "caller", "never")
_DEEP, _LONG, _MANY = 6, 20_000, 64


@dataclass(frozen=True, slots=True)
class Function:
    parameters: tuple[str, ...]
    value: str


def functions(code: str) -> dict[str, Function]:
    """The functions of a file without comments; `let` is put into what they return."""
    found: dict[str, Function] = {}
    for m in _FUNCTION.finditer(code):
        value = m["value"]
        for name, given in reversed(_LET.findall(m["lets"])):
            value = _put(value, name, f"({given})")[:_LONG]
        found[m["name"]] = Function(tuple(p.strip() for p in m["parameters"].split(",") if p.strip()), value)
    return found


def spelled(condition: str, known: Mapping[str, Function], depth: int = 0) -> str:
    """The condition with what the rules' own functions return in their places."""
    if depth >= _DEEP or not known or len(condition) > _LONG:
        return condition
    called = re.compile(rf"(?<![\w.])(?P<name>{'|'.join(map(re.escape, known))})\s*\(")
    out, at = "", 0
    while (m := called.search(condition, at)) is not None:
        end = _closing(condition, m.end() - 1)
        function = known[m["name"]]
        value = function.value
        for name, given in zip(function.parameters, split(condition[m.end() : end], ","), strict=False):
            value = _put(value, name, given.strip())
        out += condition[at : m.start()] + f"({spelled(value, known, depth + 1)})"
        at = end + 1
    return " ".join((out + condition[at:]).split())


def _put(text: str, name: str, value: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(name)}\b(?!\s*\()", value.replace("\\", r"\\"), text)


def asks(condition: str, reads: bool) -> str:
    """The least that a caller has to be: `nothing`, `row` (the condition looks at the row alone), `account` (anybody
    who is signed in), `caller` (somebody in particular), `never`."""
    text = bare(condition)
    if len(either := split(text, "||")) > 1:
        return min((asks(e, reads) for e in either), key=_RANKS.index)
    if len(both := split(text, "&&")) > 1:
        return max((asks(b, reads) for b in both), key=_RANKS.index)
    if text in ("true", "false"):
        return "nothing" if text == "true" else "never"
    if _LOGIN.fullmatch(text):
        return "account"
    if (_WHO.search(text) and not _UNLIKE.search(text)) or _FEW_FIELDS.search(text):
        return "caller"  # of a counter, too
    return "caller" if reads else "row"  # what is published is for all


def alternatives(condition: str) -> tuple[tuple[str, ...], ...]:
    """The `&&` parts of each of the `||` parts, parentheses multiplied out; nothing where they are too many."""
    text = bare(condition)
    either = split(text, "||")
    if len(either) > 1:
        found = tuple(a for e in either for a in alternatives(e))
        return found if len(found) <= _MANY else ()
    both = split(text, "&&")
    if len(both) == 1:
        return ((text,),)
    made: tuple[tuple[str, ...], ...] = ((),)
    for part in both:
        made = tuple((*m, *a) for m in made for a in alternatives(part))
        if len(made) > _MANY:
            return ()
    return made


def bare(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def split(text: str, mark: str) -> list[str]:
    """At marks outside parentheses, brackets and quotes."""
    parts, depth, start = [], 0, 0
    for m in re.finditer(rf"[()\[\]]|'[^']*'|\"[^\"]*\"|{re.escape(mark)}", text):
        depth += (m[0] in "([") - (m[0] in ")]")
        if m[0] == mark and depth == 0:
            parts.append(text[start : m.start()])
            start = m.end()
    return [*parts, text[start:]]


def _closing(text: str, at: int) -> int:
    """Where the parenthesis closes that opens here; the end of the text if it never does."""
    depth = 0
    for m in re.compile(r"[()]|'[^']*'|\"[^\"]*\"").finditer(text, at):
        depth += (m[0] == "(") - (m[0] == ")")
        if depth == 0:
            return m.start()
    return len(text)
