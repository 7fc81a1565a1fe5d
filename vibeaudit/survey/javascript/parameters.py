"""What a JavaScript handler takes from its caller, by name and part of the request, through the names in between."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Parameter
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.javascript.scopes import keyed_names

if TYPE_CHECKING:
    from tree_sitter import Node

_PARTS = {
    "body": "body", "rawBody": "body", "query": "query", "params": "path", "cookies": "cookie", "headers": "header",
    "file": "file", "files": "file", "json": "body", "formData": "form", "searchParams": "query", "param": "path",
    "header": "header", "queries": "query", "parseBody": "form", "signedCookies": "cookie", "text": "body",
    "queryStringParameters": "query", "pathParameters": "path", "input": "body", "parsedInput": "body",
}  # fmt: skip
_REQUEST = r"(?:\b(?:req|request|ctx|context|c|event|args)(?:\??\.(?:req|request|nextUrl))?)"
_HEAD = r"\(?\s*+(?:await\s++)?\(?\s*+"  # nothing is read twice: blanks of an attacker would take for ever
# an expression that is a whole part of the request: `req.body`, `await request.json()`, `JSON.parse(event.body)`
_PART = re.compile(
    rf"{_HEAD}(?:JSON\.parse\()?\s*+{_HEAD}"
    rf"(?:{_REQUEST}\??\.(?P<part>body|rawBody|query|params|cookies|signedCookies|headers|files?|json|formData|searchParams"
    rf"|parseBody|text|queryStringParameters|pathParameters)(?:\(\))?"
    r"|(?P<own>(?:\w+\.)?(?:params|searchParams))"
    r"|(?P<url>(?:new\s+URL\([^()]*\)|\w*[uU]rl)\.searchParams|useSearchParams\(\))"
    r"|(?P<nitro>readBody|readFormData|readMultipartFormData|getQuery|getRouterParams|parseCookies|getHeaders"
    r"|readValidatedBody|getValidatedQuery)\([^()]*[^;]{0,80}\)"
    r"|(?P<global>cookies|headers)\(\))"
    r"(?:\s*(?:\|\||\?\?)\s*(?:\{\}|''|\"\"|'\{\}'))?\s*\)*\s*(?:\s+as\s+[^;]+)?;?\s*$"
)
_NITRO = {
    "readBody": "body", "readFormData": "form", "readMultipartFormData": "file", "getQuery": "query",
    "getRouterParams": "path", "parseCookies": "cookie", "getHeaders": "header", "readValidatedBody": "body",
    "getValidatedQuery": "query", "getRouterParam": "path", "getCookie": "cookie", "getHeader": "header",
}  # fmt: skip
# one value: `req.body.name`, `req.query['name']`, `c.req.param('name')`, `searchParams.get('name')`
_MEMBER = re.compile(
    r"\b\w+\)?\.params\??\.(?P<of_path>\w+)|"
    rf"{_REQUEST}\??\.(?P<part>body|query|params|cookies|signedCookies|headers|files?|queryStringParameters|pathParameters)"
    r"\??(?:\.get\(\s*['\"](?P<got>[\w-]+)|\.(?P<name>\w+)|(?:\.)?\[\s*['\"](?P<key>[\w-]+)['\"]\s*\])"
    rf"|{_REQUEST}\.(?P<call>param|query|header|get|cookies\.get|formData\(\)\)\.get)\(\s*['\"](?P<called>[\w-]+)['\"]"
    r"|\b(?P<search>searchParams|formData|form|data)\.get\(\s*['\"](?P<field>[\w-]+)['\"]"
    r"|\b(?P<global>cookies|headers)\(\)\)?\.get\(\s*['\"](?P<item>[\w-]+)['\"]"
    r"|\b(?P<nitro>getRouterParam|getCookie|getHeader)\(\s*\w+\s*,\s*['\"](?P<named>[\w-]+)['\"]"
)
_CALLED = {"param": "path", "query": "query", "header": "header", "get": "header", "cookies.get": "cookie"}
_METHODS = frozenset(
    "get set has map filter forEach some every find reduce slice includes push length toString trim split join keys"
    " values entries json text formData then catch hasOwnProperty append delete getAll stringify concat".split()
)
_CHOSEN = frozenset(("path", "query", "body", "form", "file"))
_CONVERTS = frozenset(
    "Number parseInt parseFloat String Boolean BigInt ObjectId ObjectID trim toString toLowerCase toUpperCase parse get"
    " decodeURIComponent Date split escape safeParse replace json formData URL".split()
)
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_SHORT = 2000  # bytes of a function that only makes a value
_MAX_TEXT = 100_000


@dataclass
class Taken:
    """`names` are the local names that hold what the caller chose."""

    parameters: set[Parameter] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def taken(module: Module, body: Node, given: Collection[str] = ()) -> Taken:
    """The parameters that a handler reads, and the names that it keeps them in. `given` are names of its own
    parameters that hold something of the caller's."""
    text = module.code_in(body)[:_MAX_TEXT]
    found = Taken(names=set(given))
    parts: dict[str, str] = dict(_destructured_arguments(body))
    for assign in module.assigns_in(body):
        said = text_of(assign.value)[:600]
        source = _part(said) or _checked(said, parts)
        left = assign.node.child_by_field_name("name") or assign.node.child_by_field_name("left")
        if left is None:
            continue
        if source:
            _keep(found, parts, left, source, checked=not _part(said))
        elif left.type == "identifier" and _only_converts(module, assign.value) and _chosen(said, parts, found.names):
            found.names.add(text_of(left))
    for m in _MEMBER.finditer(text):
        name, source = _member(m)
        if name and name not in _METHODS:
            found.parameters.add(Parameter(name, source))
    for name, source in parts.items():
        if source in _CHOSEN:
            found.names.add(name)
        for m in re.finditer(rf"(?<![.\w]){re.escape(name)}\??\.(?:get\(\s*['\"]([\w-]+)|(\w+)(?!\w*\())", text):
            if (taken_name := m[1] or m[2]) not in _METHODS:
                found.parameters.add(Parameter(taken_name, source))
    return found


def _destructured_arguments(body: Node) -> list[tuple[str, str]]:
    """`(request, { params })`: names of parts that the handler is given whole."""
    parameters = body.child_by_field_name("parameters")
    found = []
    for child in parameters.named_children if parameters is not None else ():
        pattern = child.child_by_field_name("pattern") or child
        if pattern.type == "object_pattern":
            found += [(name, _PARTS[key]) for name, key in keyed_names(pattern) if key in _PARTS and key != "text"]
    return found


def _part(said: str) -> str:
    """The part of the request that an expression is, whole; empty for anything else."""
    m = _PART.match(said)
    if m is None:
        return ""
    if m["part"]:
        return _PARTS[m["part"]]
    if m["own"]:
        return "query" if "search" in m["own"] else "path"
    if m["nitro"]:
        return _NITRO[m["nitro"]]
    return {"cookies": "cookie", "headers": "header"}.get(m["global"] or "", "query")


def _checked(said: str, parts: dict[str, str]) -> str:
    """The part that an expression only renames, or lets through a schema: `schema.parse(json)`."""
    plain = said.strip().removeprefix("await ").strip()
    held = re.fullmatch(r"[\w.]+\.(?:parse|parseAsync|safeParse|validate|validateSync|cast|create)\((.*)\)", plain)
    inner = held[1].split(",")[0].removeprefix("await ").strip() if held else plain
    return parts.get(inner, "") or (_part(inner) if held else "")


def _keep(found: Taken, parts: dict[str, str], left: Node, source: str, checked: bool) -> None:
    if left.type == "identifier":
        parts[text_of(left)] = source
        return
    for name, key in keyed_names(left):
        if checked and key in ("data", "value", "error", "success", "errors"):  # of `schema.safeParse(body)`
            parts.update({name: source} if key in ("data", "value") else {})
            continue
        if source in _CHOSEN:
            found.names.add(name)
        if key and key != "[]":
            found.parameters.add(Parameter(key, source))


def _chosen(said: str, parts: dict[str, str], names: set[str]) -> bool:
    """Whether an expression takes a value that the caller chose."""
    if (m := _MEMBER.search(said)) and _member(m)[1] in _CHOSEN:
        return True
    held = names | {n for n, s in parts.items() if s in _CHOSEN}
    return bool(held & set(_WORD.findall(said)))


def _only_converts(module: Module, value: Node) -> bool:
    """`Number(req.params.id)` is still the caller's; what the database answers to it is not."""
    if value.type in ("arrow_function", "function_expression"):  # `const criteria = () => ({ id })`
        return len(value.text or b"") < _SHORT
    return all(c.last in _CONVERTS or _MEMBER.match(text_of(c.node)) for c in module.calls_in(value))


def _member(m: re.Match[str]) -> tuple[str, str]:
    if m["of_path"]:  # `content.params.id`, whatever the second argument is called
        return m["of_path"], "path"
    if m["part"]:
        return m["got"] or m["name"] or m["key"] or "", _PARTS.get(m["part"], "body")
    if m["call"]:
        return m["called"], _CALLED.get(m["call"], "form")
    if m["search"]:
        return m["field"], "query" if m["search"] == "searchParams" else "form"
    if m["global"]:
        return m["item"], "cookie" if m["global"] == "cookies" else "header"
    return m["named"], _NITRO[m["nitro"]]
