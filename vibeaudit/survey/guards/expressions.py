"""The guards that a middleware, decorator or dependency stands for: by its body, or by its name if it is not ours."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.guards import reading
from vibeaudit.survey.guards.libraries import FOR_ANYBODY, KNOWN
from vibeaudit.survey.guards.packages import of_package
from vibeaudit.survey.guards.refusals import refuses
from vibeaudit.survey.guards.trades import ROLE_OF_MANY, lets_many_in
from vibeaudit.survey.words import kinds_by_name, words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Meaning, Project


def of_expression(project: Project, module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """The guards that a middleware, decorator or dependency expression stands for."""
    from vibeaudit.survey import javascript, python
    from vibeaudit.survey.guards.made import made

    at = module.file.locate(node)
    if node.type in ("array", "list", "spread_element"):
        return tuple(g for c in node.named_children for g in of_expression(project, module, c, how))
    if function := module.function_at(node):
        return tuple(replace(g, how=how, location=at) for g in reading.in_function(project, module, function).stopping)
    if module.kind == "javascript" and (forged := _against_forgery(module, node, how)):
        return forged
    if module.kind == "javascript" and (packed := of_package(module, javascript.unwrap(node), how)):
        return packed
    if module.kind == "javascript" and (given := made(project, module, node, how)) is not None:
        return _of_many(node, given)
    call = module.call_at(node)
    name = call.name if call else (python if module.kind == "python" else javascript).dotted(node)
    if not name:
        return ()
    found = _reached(project, module, node) or project.meaning(module, name)
    if found and found.function:
        read = reading.in_function(project, found.module, found.function)
        kinds = {g.kind for g in read.stopping}
        refused = refuses(text_of(found.function.body)) and not read.for_strangers
        if refused and not kinds & {"authentication", "signature", "csrf"}:
            kinds |= set(kinds_by_name(name))
        return tuple(Guard(kind, how, name, at) for kind in sorted(kinds))
    if found and found.value is not None and found.value is not node and found.value.type != "class_definition":
        inner = of_value(project, found.module, found.value, how, name)
        if inner:
            return tuple(replace(g, name=name, location=at) for g in inner)
    promised = _kinds_of_call(name, call)
    if not promised and how == "dependency" and words(name) >= {"current", "user"}:
        promised = ("authentication",)  # a dependency that gives the user refuses when there is none
    return tuple(Guard(kind, how, name, at) for kind in promised)


def _of_many(node: Node, found: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """The guards of `allow('user')`, with a word of it that the role is anybody's."""
    role = next((g for g in found if g.kind == "authorization"), None)
    many = role is not None and node.type == "call_expression" and lets_many_in(node)
    return (*found, replace(role, kind=ROLE_OF_MANY)) if role is not None and many else found


def _against_forgery(module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """`verifyCsrfToken()` tells a forged request from the page's own, and asks nobody who they are."""
    from vibeaudit.survey import javascript

    call = module.call_at(node)
    name = call.name if call else javascript.dotted(node)
    return (Guard("csrf", how, name, module.file.locate(node)),) if kinds_by_name(name) == ("csrf",) else ()


def own_kinds(name: str) -> tuple[str, ...]:
    """What the name of the app's own function promises; the file that it lies in promises nothing."""
    return kinds_by_name(name.rsplit(".", 1)[-1])


def _reached(project: Project, module: Module, node: Node) -> Meaning | None:
    """A script's middleware behind members of instances and objects: `session.isLoggedIn`, `this.guard.bind(this)`."""
    from vibeaudit.survey.javascript.values import function_of
    from vibeaudit.survey.project import Meaning

    if module.kind != "javascript":
        return None
    found = function_of(project, module, node)
    return Meaning(found[0], found[1], found[1].node, found[1].name) if found else None


def of_value(project: Project, module: Module, value: Node, how: str, name: str) -> tuple[Guard, ...]:
    """`const limiter = rateLimit({...})`, `const checkJwt = auth({...})`."""
    call = module.call_at(value)
    if value.type == "array":
        return of_expression(project, module, value, how)
    if call is None:
        return tuple(Guard(k, how, name, module.file.locate(value)) for k in kinds_by_name(name))
    kinds = _kinds_of_call(call.name, call) or kinds_by_name(name)
    return tuple(Guard(kind, how, name, module.file.locate(value)) for kind in kinds)


def _kinds_of_call(name: str, call: Call | None) -> tuple[str, ...]:
    given = text_of(call.args[0]) if call is not None and call.args else ""
    if name.endswith("passport.authenticate") and FOR_ANYBODY.search(given):
        return ()
    if name.startswith("better") or name.endswith(("express.static", "session", "cookieParser")):
        return ()
    kinds = kinds_by_name(name)
    if KNOWN.search(name) and not kinds:
        kinds = ("authentication",)
    if call is not None and "authentication" in kinds:
        said = " ".join(text_of(a) for a in (*call.args, *call.keywords.values()))
        if re.search(r"auto_error\s*=\s*False|optional\s*=\s*True|credentialsRequired:\s*false", text_of(call.node)):
            return ()
        if re.search(r"\b(admin|role|staff|superuser|owner)\b", said, re.IGNORECASE):
            kinds = (*kinds, "authorization")
    return tuple(dict.fromkeys(kinds))
