"""Tokens that are signed for one purpose and taken for another: the claim that tells them apart is read by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"(?i)\bjwt\b|jose|jsonwebtoken|jwt_?service")
_SIGNS = re.compile(r"(?i)(?:^|\.)(?:jwt\.encode|(?:jwt|jsonwebtoken)\.sign|jwt_?service\.sign(?:Async)?)$")
_OPENS = re.compile(r"(?i)(?:^|\.)(?:jwt\.decode|(?:jwt|jsonwebtoken)\.verify|jwt_?service\.verify(?:Async)?)$")
_CLAIM = re.compile(
    r"['\"]?\b(?P<claim>type|typ|token_?[tT]ype|purpose|token_use|kind)\b['\"]?\]?\s*(?::|=(?![=]))\s*(?P<value>[^,}\n]+)"
)
_WORD = re.compile(r"['\"]([A-Za-z][\w:-]*)['\"]")
_FOR_SESSIONS = frozenset("access bearer auth session login user id_token".split())
_PURPOSES = re.compile(
    r"(?i)^(?:access|bearer|auth|session|login|.*(?:refresh|reset|verif|confirm|activat|invit|magic|pre_?auth|pending|mfa|2fa|otp"
    r"|forgot|recover|unsubscribe|download|email).*)$"
)
_RESETS = re.compile(r"(?i)reset|set_?password|new_?password|forgot|recover|password\s*=(?!=)|hash_?password")
_REFUSES = re.compile(
    r"HTTPException|HTTP_401|\b40[013]\b|Unauthorized|Forbidden|abort\(|\bnext\(|raise \w*Credential|redirect\("
)
_NEVER = re.compile(r"(?i)log_?out|sign_?out|revoke|blacklist|blocklist|invalidate|introspect|is_?expired")


@dataclass(frozen=True, slots=True)
class _Marked:
    """What tells tokens apart: the claim, and what it may say in those that each key signs."""

    claim: str
    purposes: Mapping[str, set[str]]


def taken_for_any(project: Project) -> Iterator[tuple[Module, Node]]:
    """Each place that opens a token, refuses on a bad one, and asks no token what it was made for."""
    modules = [m for m in project.hinted(_HINT, "python", *javascript.LANGUAGES) if not is_test(m.path)]
    marked = _marked(project, modules)
    if marked is None:
        return
    for module, call in [(m, c) for m in modules for c in m.calls if _OPENS.search(c.name)]:
        purposes = marked.purposes.get(_key(module, call), set())
        others = purposes - _FOR_SESSIONS
        for place, opening in _openings(project, module, call, marked.claim):
            scene = home(place, opening.node)
            said = bare_text(project, place, scene) if scene is not None else ""
            name = _name(place, scene)
            if not said or _reads(said, marked.claim) or _NEVER.search(name) or not _REFUSES.search(said):
                continue
            mixed = bool(purposes & _FOR_SESSIONS) or len(purposes) > 1
            if mixed and (others or _RESETS.search(name)):
                yield place, opening.node


def _marked(project: Project, modules: list[Module]) -> _Marked | None:
    found: dict[str, dict[str, set[str]]] = {}
    for module, call in [(m, c) for m in modules for c in m.calls if _SIGNS.search(c.name)]:
        scene = home(module, call.node)
        if scene is None or not call.args:
            continue
        for claim, said in _claims(project, module, call, scene):
            if purposes := {p.lower() for p in said if _PURPOSES.match(p)}:
                found.setdefault(claim, {}).setdefault(_key(module, call), set()).update(purposes)
    return _Marked(*next(iter(found.items()))) if len(found) == 1 else None


def _claims(project: Project, module: Module, call: Call, scene: Node) -> Iterator[tuple[str, set[str]]]:
    """(the claim, what it may say) of what is signed: in the object itself, or put into the one that is named."""
    first = call.args[0]
    said = bare_text(project, module, first if first.type in ("object", "dictionary") else scene)
    function = function_of(module, scene)
    for m in _CLAIM.finditer(said):
        words = set(_WORD.findall(m["value"]))
        parameter = re.match(r"\w+", m["value"].strip())
        if not words and parameter and function is not None:
            words = _handed(project, module, function, parameter[0])
        if words:
            yield m["claim"], words


def _handed(project: Project, module: Module, function: Function, name: str) -> set[str]:
    """What a parameter may be: its default, and the words that callers write."""
    param = next((p for p in function.params if p.name == name), None)
    if param is None:
        return set()
    words = set(_WORD.findall(text_of(param.default)))
    called = re.compile(rb"\b" + re.escape(function.name.rpartition(".")[2].encode()) + rb"\(")
    for other in project.hinted(called, "python", *javascript.LANGUAGES):
        for call in other.calls if not is_test(other.path) else ():
            if call.last == function.name.rpartition(".")[2]:
                for given in (*call.args, *call.keywords.values()):
                    words.update(_WORD.findall(text_of(given)) if given.type == "string" else ())
    return words


def _key(module: Module, call: Call) -> str:
    """The last name of the key: `SECRET_KEY` of `settings.SECRET_KEY`. Nest's service has one, unless a call says."""
    node = call.args[1] if len(call.args) > 1 else call.keywords.get("key")
    if node is not None and node.type in ("object", "dictionary"):
        node = javascript.property_of(node, "secret") if module.kind == "javascript" else None
    named = re.findall(r"\w+", text_of(node))
    return named[-1] if named else ""


def _openings(project: Project, module: Module, call: Call, claim: str) -> Iterator[tuple[Module, Call]]:
    """Where the token's claims are used: here, or with those who call the helper that gives them."""
    scene = home(module, call.node)
    function = function_of(module, scene)
    if scene is None or function is None:
        return
    said = bare_text(project, module, scene)
    if _REFUSES.search(said) and not _only_gives(said, call):
        yield module, call
        return
    if _reads(said, claim):
        return
    name = function.name.rpartition(".")[2]
    for other in project.hinted(
        re.compile(rb"\b" + re.escape(name.encode()) + rb"\("), "python", *javascript.LANGUAGES
    ):
        for outer in other.calls if name and not is_test(other.path) else ():
            if outer.last == name and outer.node.id != call.node.id:
                yield other, outer


def _only_gives(said: str, call: Call) -> bool:
    """A helper that opens the token for others, whether or not it refuses a bad one: `return jwt.decode(...)`."""
    opened = re.escape(call.name)
    given = re.search(rf"((?<!\w)\w+)\s*=\s*(?:await\s+)?{opened}\(", said)
    returned = (
        rf"return\s+(?:await\s+)?(?:{opened}\(|{given[1]}\s*(?:;|$|\n))"
        if given
        else rf"return\s+(?:await\s+)?{opened}\("
    )
    return re.search(returned, said) is not None


def _reads(said: str, claim: str) -> bool:
    return re.search(rf"['\"]{claim}['\"]|\.{claim}\b|\{{[^}}]*\b{claim}\b[^}}]*\}}\s*=", said) is not None


def _name(module: Module, scene: Node | None) -> str:
    """The function's name, with the paths of its decorators."""
    function = function_of(module, scene)
    return "" if function is None else " ".join((function.name, *(text_of(d) for d in function.decorators)))
