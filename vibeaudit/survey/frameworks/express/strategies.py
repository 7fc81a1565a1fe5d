"""Passport strategies by which somebody signs in: what stands before the route is the form itself, and no guard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.values import function_of, value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

SIGN_IN = "sign-in"  # how such a guard stands before a route
_STRATEGIES = frozenset(
    "local ldapauth google google-oauth20 google-oauth2 github github2 gitlab facebook twitter linkedin apple discord"
    " microsoft azuread-openidconnect azure_ad_oauth2 oidc openidconnect oauth2 auth0 saml slack spotify steam".split()
)
_MAX_DEPTH = 3


def marked(project: Project, module: Module, node: Node, guards: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """The guards of a middleware; those of `passport.authenticate('local')` say that they are how people sign in."""
    if not any(g.kind == "authentication" for g in guards) or not _signs_in(project, module, node, 0):
        return guards
    return tuple(replace(g, how=SIGN_IN) if g.kind == "authentication" else g for g in guards)


def _signs_in(project: Project, module: Module, node: Node, depth: int) -> bool:
    value = value_of(project, module, node)
    call = value.module.call_at(value.node) if value.node is not None else None
    if call is None or not call.args or depth > _MAX_DEPTH:
        return False
    if javascript.string_of(call.args[0]).lower() in _STRATEGIES:
        return any("passport" in said for said in _made_by(project, value.module, call))
    return len(call.args) == 1 and _signs_in(project, value.module, call.args[0], depth + 1)


def _made_by(project: Project, module: Module, call: Call) -> Iterator[str]:
    """What makes the middleware: the call's own name, and the body of the app's function that it calls."""
    yield call.name
    callee = call.node.child_by_field_name("function")
    maker = function_of(project, module, callee) if callee is not None else None
    if maker is not None:
        yield text_of(maker[1].body)
