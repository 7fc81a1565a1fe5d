"""Where a handler writes into the session who is signed in, and whether it gives that visitor a new session first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Package, SessionStart
from vibeaudit.survey import javascript, people
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.entry import first_line
from vibeaudit.survey.server_traits import code_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_WHO = (
    r"(?:user\w*|uid|account\w*|is_?admin|admin\w*|(?:is_?)?logged_?in|is_?auth\w*|authenticated|email|role|is_?login"
    rf"|(?:{people.SOMEBODY}|client|driver|host|agent|owner)(?:_?id)?)"
)
_TARGETS = {
    "javascript": re.compile(rf"^(?:\w+\.)?session(?:\.{_WHO}|\[['\"]{_WHO}['\"]\])$", re.IGNORECASE),
    "python": re.compile(rf"\brequest\.session\[\s*['\"]{_WHO}['\"]\s*\]$", re.IGNORECASE),
}
_LEAVES = frozenset(("null", "undefined", "false", "0", "None", "False", "''", '""'))
_RENEWS = re.compile(
    r"\.regenerate\(|\.cycle_key\(|\.flush\(|regenerateSession|\blog_?in\(\s*req|(?:auth|django)_login\("
)
_PROVES = re.compile(r"passw|log_?in|logged_?in|sign_?in|credential|compare\(|authenticate|\botp\b", re.IGNORECASE)
_REQUEST = re.compile(r"^(?:_?req|request|ctx|context)$")
_HINT = re.compile(rb"\bsession\b|passport")
# Sessions that live in a cookie have no number on the server that somebody could fix.
_IN_COOKIE = frozenset(("cookie-session", "iron-session", "client-sessions", "@fastify/secure-session", "next-auth"))
_ON_SERVER = frozenset(("express-session", "koa-session", "@fastify/session", "koa-generic-session"))


def session_starts(project: Project, packages: Iterable[Package]) -> tuple[SessionStart, ...]:
    """One a function, for the frameworks whose sessions lie on the server under a number in the cookie."""
    found: list[SessionStart] = []
    scripts = list(project.hinted(_HINT, *javascript.LANGUAGES))
    libraries = {i.spec for m in scripts for i in m.imports.values()}
    if libraries & _ON_SERVER and not libraries & _IN_COOKIE:
        found += [s for m in scripts for s in _written(m, "express")]
        found += [s for m in scripts for s in _passport(m)] if _old_passport(packages) else []
    for module in project.hinted(_HINT, "python"):
        if any(i.spec.split(".")[0] == "django" for i in module.imports.values()):
            found += _written(module, "django")
    return tuple(sorted(found, key=lambda s: s.location))


def _written(module: Module, framework: str) -> Iterator[SessionStart]:
    """The first assignment of each handler that says who is there."""
    seen: set[tuple[str, int]] = set()
    for assign in module.assigns:
        target = text_of(assign.node.child_by_field_name("left"))
        if not _TARGETS[module.kind].search(target) or text_of(assign.value) in _LEAVES:
            continue
        handler = _handler(module, assign.node)
        if handler is None or handler.key in seen or not _PROVES.search(f"{handler.name} {text_of(handler.body)}"):
            continue
        seen.add(handler.key)
        said = code_of(module.file).encode("utf-8", "replace")[handler.body.start_byte : handler.body.end_byte]
        renews = _RENEWS.search(said.decode("utf-8", "replace")) is not None
        yield SessionStart(framework, handler.name, first_line(module, assign.node), renews)


def _handler(module: Module, node: Node) -> Function | None:
    """The outermost function around a place that takes a request; else the innermost."""
    around = [f for f in module.functions if f.node.start_byte <= node.start_byte and node.end_byte <= f.node.end_byte]
    taking = [f for f in around if any(_REQUEST.match(p.name) for p in f.params)]
    return next(iter(taking or around[::-1]), None)


def _old_passport(packages: Iterable[Package]) -> bool:
    """Passport renews the session at sign-in since 0.6."""
    for package in packages:
        number = re.search(r"((?<!\d)\d+)\.(\d+)", package.version or package.spec)
        if package.name == "passport" and package.ecosystem == "npm" and number:
            return (int(number[1]), int(number[2])) < (0, 6)
    return False


def _passport(module: Module) -> Iterator[SessionStart]:
    """The first `passport.authenticate(...)` of a file that leads on to a page."""
    for call in module.calls:
        options = text_of(call.args[1]) if call.name == "passport.authenticate" and len(call.args) > 1 else ""
        if "Redirect" in options and not re.search(r"session\s*:\s*false", options):
            yield SessionStart("passport", text_of(call.args[0]), first_line(module, call.node), False)
            return
