"""What a Python handler takes from its request, and from which part of it, in the ways that frameworks offer."""

from __future__ import annotations

import re
from itertools import compress

from vibeaudit.model import Parameter
from vibeaudit.source.literals import literals
from vibeaudit.survey.code import Function, text_of

_REQUEST = r"(?:self\.)?(?:request|req|flask\.request|bottle\.request)"
# where a value comes from, by the expression that holds it
_HOLDERS = (
    ("query", rf"{_REQUEST}\.(?:GET|args|query_params|query|rel_url\.query|query_args)\b"),
    ("form", rf"{_REQUEST}\.(?:POST|form|forms|post)\b(?:\(\))?|\b(?:self\.)?\w*form\.cleaned_data"),
    ("file", rf"{_REQUEST}\.(?:FILES|files)\b"),
    ("cookie", rf"{_REQUEST}\.(?:COOKIES|cookies)\b"),
    ("header", rf"{_REQUEST}\.(?:headers|META)\b|\bself\.headers\b|\bevent(?:\[|\.get\()['\"]headers['\"][\])]"),
    (
        "body",
        rf"{_REQUEST}\.(?:get_json\([^()]*\)|json\b(?:\(\))?|data\b|media\b|get_media\(\)|parsed_json|values\b)"
        rf"|json\.loads\(\s*(?:await\s+)?(?:{_REQUEST}\.|self\.rfile|event)[^\n]{{0,60}}?\)+"
        r"|json_decode\(\s*self\.request\.body\s*\)|\b\w*serializer\.validated_data",
    ),
    (
        "path",
        rf"{_REQUEST}\.(?:match_info|path_params|matchdict)\b|\bself\.kwargs\b"
        r"|\bevent(?:\[|\.get\()['\"]pathParameters['\"][\])]",
    ),
    ("query", r"\bevent(?:\[|\.get\()['\"]queryStringParameters['\"][\])]|parse_qs\([^\n]{0,80}?\)"),
)
_KEY = (
    r"(?:\s*or\s*\{\})?\)?\s*(?:\.(?:get|getlist|getall|getone|getfirst|pop|getunicode)\(|\[)"
    r"\s*[rbu]?['\"](?P<key>[\w-]+)['\"]"
)
# what a text must hold besides the request's name, in lower case
_WORDS = tuple(literals(re.compile(holder.replace(_REQUEST, ""))) for _, holder in _HOLDERS)
_DIRECT = tuple((source, re.compile(rf"(?:{holder}){_KEY}")) for source, holder in _HOLDERS)
_DOTTED = re.compile(
    rf"{_REQUEST}\.(?P<part>forms|query|params|match_info)\.(?!get\b|getall\b|items\b|keys\b|values\b|decode\b)(?P<key>\w+)\b(?!\()"
)
_NAMED = tuple(
    (
        source,
        re.compile(
            rf"(?:^|\n)[ \t]*+(?P<name>\w+)\s*(?::[^=\n]+)?=\s*(?:await\s+)?\(?(?:dict\()?(?:await\s+)?"
            rf"(?:{holder})(?:\s*or\s*\{{\}})?\)*+[ \t\r]*+(?:\n|$)"
        ),
    )
    for source, holder in _HOLDERS
)
# Tornado and Falcon hand values over by a call
_ASKED = re.compile(
    r"\bself\.get_(?P<kind>argument|arguments|query_argument|query_arguments|body_argument|body_arguments|cookie|secure_cookie"
    r"|signed_cookie)\(\s*['\"](?P<key>[\w-]+)"
    r"|\breq\.(?P<falcon>get_param|get_header|get_cookie_values)\w*\(\s*['\"](?P<name>[\w-]+)"
)
_KINDS = {
    "argument": "query",
    "arguments": "query",
    "query_argument": "query",
    "query_arguments": "query",
    "body_argument": "form",
    "body_arguments": "form",
    "cookie": "cookie",
    "secure_cookie": "cookie",
    "signed_cookie": "cookie",
    "get_param": "query",
    "get_header": "header",
    "get_cookie_values": "cookie",
}
_PARTS = {"forms": "form", "query": "query", "params": "query", "match_info": "path"}
_PARSED = re.compile(r"\.add_argument\(\s*['\"](?P<key>\w+)['\"](?P<rest>[^\n]{0,300})")
_PLACES = {"form": "form", "args": "query", "headers": "header", "cookies": "cookie", "files": "file", "json": "body"}
_DECLARED = re.compile(r"\b(Path|Query|Header|Cookie|Body|Form|File|UploadFile)\b")
_NOT_TAKEN = re.compile(
    r"\b(?:Depends|Security|Request|Response|BackgroundTasks|WebSocket|HTTPConnection|SecurityScopes|AsyncSession|Session)\b"
)
_SCALAR = re.compile(
    r"^(?:(?:Optional|Annotated|Union)\[)*\s*(?:int|str|float|bool|bytes|UUID|uuid\.UUID|date|datetime|Decimal|Literal|list|List|None|Enum)\b"
)
_LIMIT = 100_000
_NAMES = 200


def taken(text: str, parsers: str = "") -> set[Parameter]:
    """The parameters that a handler's text reads; `parsers` is the text around a RequestParser."""
    text, found = text[:_LIMIT], set[Parameter]()
    low = text.lower().encode("utf-8", "replace")
    spoken = [not words or any(word in low for word in words) for words in _WORDS]
    for source, pattern in compress(_DIRECT, spoken):
        found |= {Parameter(m["key"], source) for m in pattern.finditer(text)}
    for source, pattern in compress(_NAMED, spoken):
        held = {m["name"]: m.end() for m in reversed([*pattern.finditer(text)])}  # from where each is first given
        for name, start in [*held.items()][-_NAMES:]:
            key = re.compile(rf"\b{name}(?:\.get\(|\.getlist\(|\.pop\(|\[)\s*['\"]([\w-]+)['\"]")
            found |= {Parameter(k, source) for k in key.findall(text, start)}
    for m in _DOTTED.finditer(text):
        found.add(Parameter(m["key"], _PARTS[m["part"]]))
    for m in _ASKED.finditer(text):
        found.add(Parameter(m["key"] or m["name"], _KINDS[m["kind"] or m["falcon"]]))
    for m in _PARSED.finditer(parsers[:_LIMIT]):
        place = re.search(r"location\s*=\s*['\"(\[]+(\w+)", m["rest"])
        found.add(Parameter(m["key"], _PLACES.get(place[1], "body") if place else "body"))
    return found


def declared(function: Function, path_names: set[str]) -> set[Parameter]:
    """The parameters that FastAPI and Litestar read from a handler's signature."""
    found = set()
    for p in function.params:
        said = f"{p.type} {text_of(p.default)}"
        if p.name in ("self", "cls") or p.name in path_names or _NOT_TAKEN.search(said):
            continue
        if p.name in ("request", "response") and not p.type:  # `request: OrderCreate` is a body like any other
            continue
        place = _DECLARED.search(said)
        if place:
            source = "file" if place[1] == "UploadFile" else place[1].lower()
        else:
            source = "query" if not p.type or _SCALAR.match(p.type) else "body"
        found.add(Parameter(p.name, source, p.type[:60]))
    return found
