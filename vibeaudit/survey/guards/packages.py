"""Guards of script packages that are known by the package and not by the name that an app gives them:
`require('permission')(['admin'])`, `const gate = require('connect-ensure-login'); gate.ensureLoggedIn()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_DEPTH = 12
_ASKS_WHO = frozenset(
    "permission connect-ensure-login express-jwt express-basic-auth express-openid-connect express-bearer-token-auth"
    " express-oauth2-jwt-bearer koa-jwt keycloak-connect @okta/jwt-verifier supertokens-node".split()
)
_ASKS_ROLE = frozenset("connect-roles express-jwt-permissions express-jwt-authz role-acl".split())
_LIMITS = frozenset("express-rate-limit express-slow-down express-brute rate-limiter-flexible koa-ratelimit".split())
_CSRF = frozenset("csurf csrf-csrf csrf-sync lusca tiny-csrf koa-csrf".split())
# what these packages make that turns nobody away
_OPEN = frozenset("ensureLoggedOut ensureNotLoggedIn attemptSilentLogin getBearerToken unless init middleware".split())


def of_package(module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """The guards of a middleware that a known package makes; none when it is not one of them."""
    call = node
    members: list[str] = []
    while node.type in ("call_expression", "member_expression") and len(members) < _MAX_DEPTH:
        if node.type == "call_expression" and javascript.required(node):
            break
        if node.type == "member_expression":
            members.append(text_of(node.child_by_field_name("property")))
        inner = node.child_by_field_name("function") or node.child_by_field_name("object")
        if inner is None:
            return ()
        node = javascript.unwrap(inner)
    spec, name = _source(module, node)
    if not spec or _OPEN & {*members, name}:
        return ()
    said = text_of(call.child_by_field_name("arguments"))
    at = module.file.locate(call)
    return tuple(Guard(kind, how, members[0] if members else spec, at) for kind in _kinds(spec, said))


def _source(module: Module, node: Node) -> tuple[str, str]:
    """The package behind an expression, and the name of what is taken out of it."""
    if spec := javascript.required(node):
        return spec, ""
    entry = module.imports.get(text_of(node)) if node.type == "identifier" else None
    return (entry.spec, entry.name) if entry else ("", "")


def _kinds(spec: str, said: str) -> tuple[str, ...]:
    if spec in _ASKS_ROLE:
        return ("authentication", "authorization")
    if spec in _ASKS_WHO:
        if "credentialsRequired: false" in said or "authRequired: false" in said:
            return ()
        return ("authentication", "authorization") if spec == "permission" and "[" in said else ("authentication",)
    if spec in _LIMITS:
        return ("rate-limit",)
    return ("csrf",) if spec in _CSRF else ()
