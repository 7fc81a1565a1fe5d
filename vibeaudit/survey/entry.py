"""Builds a Route from what a framework's module found: guards joined, effects worked out, public reason given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Location, Parameter, Route
from vibeaudit.survey import effects as doing
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python_parameters, script_parameters
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a route is registered, and what runs. `handler` is None when it cannot be followed."""

    framework: str
    methods: tuple[str, ...]
    path: str
    module: Module
    node: Node  # the registration: the call, the decorator, the exported function
    handler: Function | None
    handler_module: Module | None = None
    handler_node: Node | None = None  # a handler that is no function of its own
    guards: tuple[Guard, ...] = ()
    handler_name: str = ""
    parameters: tuple[Parameter, ...] = ()  # those that the framework's module knows of
    effects: frozenset[str] = frozenset()  # those that the framework's own classes have
    signature: bool = False  # whether the handler's own parameters are read from the request
    given: frozenset[str] = frozenset()  # those of them that the framework fills in
    personal: frozenset[str] = frozenset()  # the kinds that the declared answer holds
    public: str = ""  # why it may be open to everybody, when the framework's module knows
    parser: Node | None = None  # where the values that are taken are declared, outside the handler


def route(project: Project, entry: Entry) -> Route:
    """The route of an entry."""
    home = entry.handler_module or entry.module
    body = entry.handler.node if entry.handler else entry.handler_node
    does, inside = doing.Doing(), guarding.Reading()
    if entry.handler is not None:
        does = doing.of_function(project, home, entry.handler)
        inside = guarding.in_function(project, home, entry.handler)
    elif body is not None:
        does, inside = doing.of_node(project, home, body), guarding.in_node(project, home, body)
    text = text_of(body) if body is not None else ""
    effects = does.effects | entry.effects
    guards = joined((*entry.guards, *inside.guards))
    reason = entry.public or public_reason(entry.path, entry.methods, guards, effects, text)
    if reason == "login" and not set(entry.methods) <= {
        "GET",
        "HEAD",
    }:  # it asks who somebody is: that is no guard against strangers
        guards = joined((*entry.guards, *(g for g in inside.guards if g.kind not in _WHO)))
    return Route(
        framework=entry.framework,
        methods=entry.methods,
        path=entry.path or "/",
        handler=entry.handler_name or (entry.handler.name if entry.handler else ""),
        location=first_line(entry.module, entry.node),
        guards=guards,
        parameters=_parameters(entry, text, body),
        effects=effects,
        personal_data=does.personal | entry.personal,
        public_reason=reason,
        body=home.file.locate(body) if body is not None else None,
    )


_WHO = frozenset(("authentication", "authorization"))


def first_line(module: Module, node: Node) -> Location:
    """The location of a registration, cut to its first line."""
    end = module.file.data.find(b"\n", node.start_byte)
    end = node.end_byte if end == -1 else min(end, node.end_byte)
    return module.file.at(node.start_byte, max(node.start_byte, end))


def joined(guards: Iterable[Guard]) -> tuple[Guard, ...]:
    """Each guard once, in a fixed order."""
    seen = {(g.kind, g.name, str(g.location.path), g.location.line): g for g in guards}
    return tuple(seen[k] for k in sorted(seen))


_TYPES = r"(?:int|float|path|re|str|string|uuid|slug|ymd|ext|alpha|number)"
_PATH_PARAM = re.compile(
    rf"<(\w+):{_TYPES}(?::[^>]*)?>|"  # Bottle and Sanic put the name first
    r":(\w+)|\[\[?\.{0,3}(\w+)\]?\]|\{(\w+)(?::\w+)?\}|<(?:\w+:)?(\w+)>"
)


def _parameters(entry: Entry, text: str, body: Node | None) -> tuple[Parameter, ...]:
    found = {Parameter(next(g for g in m.groups() if g), "path") for m in _PATH_PARAM.finditer(entry.path)}
    found |= set(entry.parameters)
    if entry.module.kind == "python":
        found |= python_parameters.taken(text, text_of(entry.parser))
        if entry.signature and entry.handler:
            found |= python_parameters.declared(
                entry.handler, {p.name for p in found if p.source == "path"} | entry.given
            )
        return tuple(sorted(found, key=lambda p: (p.source, p.name, p.type)))
    if body is not None:
        found |= script_parameters.taken(entry.handler_module or entry.module, body).parameters
        on_path = {p.name for p in found if p.source == "path"}
        typed = {(p.source, p.name) for p in found if p.type}
        found -= {p for p in found if p.source != "path" and p.name in on_path}
        found -= {p for p in found if not p.type and (p.source, p.name) in typed}
    return tuple(sorted(found, key=lambda p: (p.source, p.name, p.type)))


_LOGIN = frozenset(
    "resetpw forgotpw resetpassword forgotpassword"
    " login signin signup register registration logout signout forgot reset oauth callback nextauth otp magic sso"
    " recover".split()
)
# these say so only below /auth
_LOGIN_BELOW = frozenset(
    "session sessions refresh token tokens password verification verify confirm activate google github email all auth"
    " microsoft facebook discord".split()
)
_DEVICES = frozenset("passkey passkeys webauthn fido fido2".split())
_SIGN_IN_FOLDERS = frozenset(("auth", "authentication", "oauth"))
_CONFIRMS = tuple(
    map(frozenset, (("verify", "email"), ("confirm", "email"), ("activate", "confirm"), ("activate", "account")))
)
_HEALTH = frozenset(
    "health healthz healthcheck ping ready readiness live liveness livez readyz status alive version"
    " heartbeat robots sitemap favicon manifest openapi".split()
)
_CONTACT = frozenset(
    "contact newsletter subscribe unsubscribe waitlist feedback inquiry enquiry lead leads track analytics"
    " telemetry csp".split()
)
# what a form that says itself public may not do: it only adds
_CHANGES_ROWS = re.compile(
    r"\.(?:update|upsert|delete|remove|destroy|truncate|drop)\w*\(|\b(?:update\s+[\w.\"]+\s+set|delete\s+from)\b",
    re.IGNORECASE,
)
# whoever has the address was given it: the key stands in it
_KEY_IN_PATH = re.compile(
    r"(?::|\[|\{|<)(?:\w+:)?(?:\w+_)?(?:(?:secret|signature)|(?:access|ping|feed|invite|invitation|share|hook|webhook)_?key)\b"
    r"|<uuid:(?:\w+_)?code>"
    r"|(?::|\[|\{|<)(?:\w+:)?(?:invite|invitation|share|access|unsubscribe|confirm\w*|verif\w*)_?token\b",
    re.IGNORECASE,
)
# the code itself says that it means to be open
_SAID_OPEN = re.compile(r"\b(?:skipAuth|skipAuthentication|allowAnonymous)\s*:\s*true\b")
_HOOK = frozenset("webhook webhooks hook hooks ipn".split())


def public_reason(
    path: str, methods: tuple[str, ...], guards: tuple[Guard, ...], effects: frozenset[str], text: str
) -> str:
    """Why a route may be open to everybody; empty when nothing says so."""
    parts = [p for p in path.split("/") if p]
    said = words(" ".join(parts[-3:]))
    last = words(parts[-1]) if parts else frozenset()
    if any(g.kind == "signature" for g in guards):
        return "signature"
    if (last and last <= _HEALTH | {"check", "api", "db"} and last & _HEALTH) or (
        len(parts) > 1
        and words(parts[0]) & {"health", "static", "assets"}
        and (words(parts[0]) == {"health"} or not effects & {"reads-store", "writes-store"})
    ):
        return "health"
    if _is_login(parts, last, said, effects) and not _of_one_row(parts, last, text):
        return "login"
    if methods == ("MUTATION",) and _opens_account(last - {"create", "add", "new"}, text):
        return "login"
    if _SAID_OPEN.search(text):
        return "public page"
    asked = any(g.kind == "authentication" and g.how != "early-return" for g in guards)
    if set(methods) == {"POST"} and ((_opens_account(last, text) and not asked) or _asks_password(path, text)):
        return "login"
    if last & _CONTACT and not last & {"list", "export"} and set(methods) & {"POST", "ANY"}:
        return "contact"
    if set(methods) == {"POST"} and "public" in words(" ".join(parts[:-1])) and not _CHANGES_ROWS.search(text):
        return "contact"
    if (not parts or said & {"public", "landing"} or last & {"og", "csrf", "rss", "feed"}) and set(methods) <= {
        "GET",
        "HEAD",
    }:
        return "public page"
    if re.search(
        r"(^|/)(share|shared|s|invite|invites|public)/(:|\[|\{|<)|(:|\[|\{|<)(\w+:)?\w*(token|slug)\w*",
        path,
        re.IGNORECASE,
    ) and set(methods) <= {"GET", "HEAD"}:
        return "link"
    sent = said & {"activate", "verify", "confirm", "reset", "unsubscribe"} and re.search(r"\btoken\b", path)
    return "link" if sent or _KEY_IN_PATH.search(path) else ""


def login_in_folder(module: Module, path: str) -> bool:
    """Whether a route of a router that nothing mounts asks who somebody is, by the folder that it lies in."""
    folders = set(str(module.file.path).lower().split("/")[:-1])
    parts = [p for p in path.split("/") if p]
    return bool(folders & _SIGN_IN_FOLDERS and parts and words(parts[-1]) & (_LOGIN_BELOW | _LOGIN))


def _is_login(parts: list[str], last: frozenset[str], said: frozenset[str], effects: frozenset[str]) -> bool:
    above = words(" ".join(parts[:-1]))
    if (
        "sets-session" in effects
        or {"sign", "in"} <= last
        or {"sign", "up"} <= last
        or any(w <= said for w in _CONFIRMS)
    ):
        return True
    if last & _LOGIN and "admin" not in above:
        return True
    if said & {"authentication", "authenticate"} and (last & {"options", "challenge"} or last & _DEVICES):
        return True  # the first half of signing in with a device
    return bool(above & {"auth", "oauth", "authentication"} and last & _LOGIN_BELOW)


def _of_one_row(parts: list[str], last: frozenset[str], text: str) -> bool:
    """`/sites/:id/reset`: done to the row with the id, and not to an account."""
    named = last & _LOGIN
    under_id = len(parts) > 1 and re.match(r"[:\[{<]", parts[-2]) is not None
    return under_id and named <= {"reset", "recover", "register", "registration"} and "passw" not in text.lower()


def _opens_account(last: frozenset[str], text: str) -> bool:
    """`POST /users` with a password is the usual way to open an account."""
    return bool(last) and last <= {"users", "accounts", "user", "account"} and "password" in text.lower()


_COMPARES = re.compile(
    r"\b(?:bcrypt\w*|argon2\w*|scrypt)\.(?:compare|compareSync|verify)\(|\bcheck_?[pP]assword\w*\("
    r"|\.(?:compare|verify|match|valid|isValid|validate)_?[pP]assword\w*\("
)


_ROW_PASSWORD = re.compile(
    r"\.(?:compare|compareSync|verify)\(\s*(?:req|request|ctx|c)\b[\w.]*[pP]assword\s*,\s*"
    r"(?!\w*(?:user|account|member|customer|admin|profile|existing|found)\w*\.)\w+\.\w*[pP]ass"
)


def _asks_password(path: str, text: str) -> bool:
    """A handler that compares a password and has no id in its path, or the password is that of the row with the id,
    a locked note or link, and nobody's account."""
    other = words(path) & {"admin", "password", "change", "profile", "account", "settings"}
    return (
        not other
        and (not re.search(r"[:\[{<]", path) or _ROW_PASSWORD.search(text) is not None)
        and bool(_COMPARES.search(text))
    )


def is_webhook(path: str) -> bool:
    """Whether another company's server calls this path."""
    return bool(words(path) & _HOOK)
