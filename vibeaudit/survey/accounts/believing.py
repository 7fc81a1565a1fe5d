"""Cookies and headers that decide who somebody is or what they may do, though every caller writes them as they like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import people
from vibeaudit.survey.accounts import claims
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.touches import touch
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_KEY = r"['\"](?P<{0}>[\w.-]+)['\"]"
_READS = re.compile(
    r"\b(?:self\.)?(?:flask\.)?(?:req|request|ctx|context|c)\.(?:cookies|COOKIES)(?:"
    rf"\.get\(\s*{_KEY.format('got')}|\[\s*{_KEY.format('item')}\s*\]|\??\.(?P<name>(?!get\b)\w+))"
    rf"|\b(?:cookies\(\)\)?|cookieStore|Astro\.cookies|event\.cookies|cookies)\.get\(\s*{_KEY.format('store')}"
    rf"|\bgetCookie\(\s*\w+\s*,\s*{_KEY.format('nitro')}|\bget_cookie\(\s*{_KEY.format('tornado')}"
    rf"|\b(?:req|request|ctx|c\.req|context)\.headers(?:\.get\(\s*{_KEY.format('hgot')}|\[\s*{_KEY.format('hitem')}\s*\])"
    rf"|\b(?:req|request|c\.req)\.(?:header|get|headers\.get)\(\s*{_KEY.format('hcall')}"
    rf"|\bheaders\(\)\)?\.get\(\s*{_KEY.format('hstore')}"
    rf"|\brequest\.META(?:\.get\(\s*['\"]HTTP_(?P<meta>\w+)['\"]|\[\s*['\"]HTTP_(?P<metaitem>\w+)['\"]\s*\])"
)
_RIGHTS = frozenset(
    "admin administrator role roles auth authenticated loggedin logged superuser staff privilege premium level"
    " group".split()
)
_RIGHT_VALUES = re.compile(r"(?i)^(?:admin\w*|administrator|root|superuser|staff|moderator)$")
_WHO = people.KINDS | frozenset("user username userid uid email login member account".split())
_NOT_WHO = frozenset(
    "agent theme lang language locale theme consent csrf cart recent last pref preferences id_token".split()
)
_KEEPS = frozenset("session auth sess remember rememberme remembered".split())
_OWN_SESSION = re.compile(r"(?<![\w.])session(?:\.get\(|\.pop\(|\[)")  # the framework's, which it signs itself
_HEADERS = re.compile(
    r"(?i)^(?:x-?(?:forwarded-for|real-ip|client-ip|host|original-url|forwarded-host)|client-ip|true-client-ip)$"
)
_TITLES = re.compile(
    r"(?i)^x-(?:user(?:-?(?:id|role|email|name))?|role|admin|is-admin|auth-user|authenticated-user|username)$"
)
_EXACT = re.compile(r"(?i)^user-agent$")
_PROVES = re.compile(
    r"(?i)verif|unsign|signer|secure|fernet|decrypt|signed|jwt|decode_token|serializer|hmac|checksum|timingsafe|compare_digest|getSession"
    r"|get_session|sessions?\s*[\[.(]|session_store|redis|introspect"
)
_LOCAL = re.compile(r"^(?:127\.|localhost|::1|10\.|192\.168\.|admin)")
_LITERAL = r"(?:['\"](?P<{0}>[^'\"\n]{{1,40}})['\"]|(?P<{0}w>true|True|1)\b)"
_SIGN = r"\s*(?:===?|!==?)\s*"
_OPENS = re.compile(r"(?:b64decode|urlsafe_b64decode|atob|JSON\.parse|json\.loads|pickle\.loads|Buffer\.from)$")
_KINDS = {"cookie": "believes a plain cookie", "header": "believes a header"}
_MAX_FUNCTION = 12_000


@dataclass(frozen=True, slots=True)
class _Word:
    """What a caller said: in which cookie or header, and the text by which the code reads it again."""

    kind: str  # cookie or header
    key: str
    node: Node
    term: str  # a regular expression


def told(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """What `claims` finds, and besides, in functions where it finds nothing of the kind: words that go through other
    names and parsers on their way to a condition, look-ups of who somebody is, sessions that are only encoded."""
    known = list(claims.believed(module))
    yield from known
    for kind, node, function in _told(project, module):
        if not any(k == kind and function.start_byte <= n.start_byte < function.end_byte for k, n in known):
            yield kind, node


def _told(project: Project, module: Module) -> Iterator[tuple[str, Node, Node]]:
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        said = _words(module, function)
        if not said:
            continue
        seen: set[tuple[str, str]] = set()
        for kind, node, key in (*_decided(module, function, said), *_looked_up(project, module, function, said)):
            if (kind, key) not in seen:
                seen.add((kind, key))
                yield kind, node, function.body


def _words(module: Module, function: Function) -> list[_Word]:
    found = [
        _Word(k, key, function.body, re.escape(m[0]))
        for m in _READS.finditer(module.code_in(function.body))
        for k, key in (_key(m),)
    ]
    for param in function.params:
        if re.match(r"(?:fastapi\.)?(?:Cookie|Header)\(", text_of(param.default)):
            kind = "cookie" if "Cookie" in text_of(param.default) else "header"
            found.append(_Word(kind, param.name.replace("_", "-"), function.body, rf"\b{param.name}\b"))
    for assign in module.assigns_in(function.body):
        value = text_of(assign.value)[:600]
        if _PROVES.search(value):
            continue
        source = next((w for w in found if re.search(w.term, value)), None)
        if source is not None:
            for target in assign.targets:
                if re.fullmatch(r"\w+", target):
                    found.append(_Word(source.kind, source.key, assign.node, rf"(?<![\w.]){target}\b"))
    return found


def _key(match: re.Match[str]) -> tuple[str, str]:
    name, value = next((n, v) for n, v in match.groupdict().items() if v)
    header = name.startswith(("h", "meta"))
    return ("header" if header else "cookie"), value.lower().replace("_", "-") if header else value


def _decided(module: Module, function: Function, said: list[_Word]) -> Iterator[tuple[str, Node, str]]:
    conditions = [b.condition for b in module.branches_in(function.body)]
    conditions += [a.value for a in module.assigns_in(function.body) if re.search(r"[=!]==?", text_of(a.value)[:200])]
    for condition in conditions:
        text = text_of(condition)[:500]
        for word in said:
            for value in _compared(text, word.term):
                if _speaks(word, value):
                    yield _KINDS[word.kind], condition, word.key


def _compared(text: str, term: str) -> Iterator[str]:
    """The literals that a word is compared with; empty where it only has to be there."""
    tail = r"[\w.?\[\]'\"()|,: -]{0,40}?"
    ahead = re.compile(rf"(?:{term}){tail}{_SIGN}{_LITERAL.format('a')}")
    behind = re.compile(rf"{_LITERAL.format('b')}{_SIGN}(?:int\(|str\(|String\(|Number\()?(?:{term})")
    listed = re.compile(rf"(?:{term}){tail}\s+(?:not\s+)?in\s+[\[({{]\s*{_LITERAL.format('c')}")
    for pattern in (ahead, behind, listed):
        for m in pattern.finditer(text):
            yield next((v for v in m.groups()[-2:] if v), "")
    if re.match(rf"^\(?\s*(?:not\s+|!)?\(?\s*(?:{term})[\w\s.(),'\"\])]*$", text):
        yield ""


def _speaks(word: _Word, value: str) -> bool:
    named = words(word.key) | {word.key.lower().replace("_", "").replace("-", "")}
    if word.kind == "header":
        if not value:
            return False
        if _HEADERS.match(word.key):
            return bool(_LOCAL.match(value))
        return bool(_TITLES.match(word.key)) or (bool(_EXACT.match(word.key)) and not re.search(r"[/ ]", value))
    if _RIGHT_VALUES.match(value):
        return True
    rights = named & _RIGHTS or {"logged", "in"} <= named or "isloggedin" in named or "isadmin" in named
    return bool(rights) and not named & _NOT_WHO and not (not value and "auth" in named)


def _looked_up(
    project: Project, module: Module, function: Function, said: list[_Word]
) -> Iterator[tuple[str, Node, str]]:
    for word in said:
        named = words(word.key)
        identity = named & _WHO or word.key.lower() in _WHO
        if named & _NOT_WHO or not (identity or named & _KEEPS or _TITLES.match(word.key)):
            continue
        for call in module.calls_in(function.body):
            text = text_of(call.node)[:400]
            if not re.search(word.term, text) or call.node.start_byte < word.node.start_byte:
                continue
            opens = word.kind == "cookie" and _OPENS.search(call.name) is not None
            said_there = _OWN_SESSION.sub(" ", bare_text(project, module, function.body))
            if opens and not _PROVES.search(said_there):
                yield _KINDS["cookie"], call.node, word.key
            elif (identity or _TITLES.match(word.key)) and _finds(project, module, call):
                yield _KINDS[word.kind], call.node, word.key


def _finds(project: Project, module: Module, call: Call) -> bool:
    touched = touch(project, module, call)
    return ".objects." in call.name or (touched is not None and touched.verb == "read")
