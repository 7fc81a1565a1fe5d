"""What stands before the views of an app or a blueprint: before_request, CSRF protection, default limits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.frameworks.flask.scopes import Scopes
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.guards.calls import OF_PART
from vibeaudit.survey.standing import Standing

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_SANIC = ("on_request", "middleware")  # before each request as well
_CSRF = ("CSRFProtect", "CsrfProtect", "SeaSurf")
_BELOW = re.compile(
    r"(?<!not )request\.(?:path|full_path|url_rule\.rule)\.startswith\(\s*\(?((?:['\"][^'\"]+['\"][,\s]*)+)"
)
_NOT_BELOW = re.compile(r"not\s+request\.path\.startswith\(|startswith\([^)]*\)\s*:\s*\n\s*return\b")
_NAMES_VIEW = re.compile(r"request\.(?:endpoint|path|blueprint|url_rule|method)\b")
_LETS = re.compile(
    r"request\.(?:endpoint|path|blueprint)\s+(?:not\s+)?in\s*(?P<list>\(|\[|\{|\w+)"
    r"|request\.(?:endpoint|path|blueprint)\s*[!=]=\s*['\"](?P<one>[^'\"]+)['\"]"
)


def read(project: Project, modules: tuple[Module, ...], scopes: Scopes) -> None:
    """Adds to the scopes what stands before their views."""
    for module in modules:
        for function in module.functions:
            for decorator in function.decorators:
                if "response" not in text_of(decorator):  # `@app.middleware("response")` comes after
                    _before(project, module, function, python.dotted(decorator), scopes)
        for call in module.calls:
            _by_call(project, module, call, scopes)


def _before(project: Project, module: Module, function: Function, name: str, scopes: Scopes) -> None:
    holder, _, verb = name.rpartition(".")
    if verb not in ("before_request", "before_app_request", *_SANIC):
        return
    key = scopes.key(project, module, holder)
    if key is None:
        return
    own = python_guards.of_decorators(project, module, [d for d in function.decorators if python.dotted(d) != name])
    found = (*own, *guarding.in_function(project, module, function).guards)
    _hold(module, function, found, verb, key, scopes)


def _hold(
    module: Module, function: Function, found: tuple[Guard, ...], verb: str, key: tuple[str, str], scopes: Scopes
) -> None:
    guards = tuple(replace(g, how="middleware") for g in found if g.kind != "validation")
    if _of_some(module, function):
        guards = tuple(replace(g, kind=OF_PART) if g.kind == "authentication" else g for g in guards)
    standing = _limited(module, text_of(function.body), guards)
    if verb == "before_app_request":
        scopes.app_wide.append(standing)
    else:
        scopes.found[key].standing.append(standing)


# `if current_forum and must_sign_in(current_user): return login()`: only where there is a forum
_WHERE = re.compile(r"\(?(?P<thing>[a-z]\w*)\s+and\b")
_EVERYWHERE = re.compile(r"(?:request|session|g|\w*app|\w*user\w*|\w*config|\w*settings?)$")


def _of_some(module: Module, function: Function) -> bool:
    """Whether the one condition of a check holds only where something else than the request is there."""
    branches = module.branches_in(function.body)
    asked = _WHERE.match(text_of(branches[0].condition)) if len(branches) == 1 else None
    return asked is not None and asked["thing"] in module.imports and _EVERYWHERE.match(asked["thing"]) is None


def _limited(module: Module, text: str, guards: tuple[Guard, ...]) -> Standing:
    """A check that looks at the path or the endpoint holds for some views only."""
    if not _NAMES_VIEW.search(text):
        return Standing(guards)
    below = tuple(p for m in _BELOW.finditer(text) for p in re.findall(r"['\"](/[^'\"]*)['\"]", m[1]))
    if below and not _NOT_BELOW.search(text):
        return Standing(guards, below)
    but = set()
    for m in _LETS.finditer(text):
        if m["one"]:
            but.add(m["one"])
        elif m["list"] in "([{":
            but |= set(re.findall(r"['\"]([^'\"]+)['\"]", re.split(r"[\])}]", text[m.end("list") :], maxsplit=1)[0]))
        elif m["list"] in module.values or f"{m['list']} =" in text:
            listed = text_of(module.values.get(m["list"]))
            but |= set(re.findall(r"['\"]([^'\"]+)['\"]", listed))
    return Standing(guards, (), frozenset(but))


def _by_call(project: Project, module: Module, call: Call, scopes: Scopes) -> None:
    holder, _, verb = call.name.rpartition(".")
    at = module.file.locate(call.node)
    if verb in ("before_request", "before_app_request") and call.args and (key := scopes.key(project, module, holder)):
        found = project.meaning(module, python.dotted(call.args[0]))
        if found and found.function:
            guards = guarding.in_function(project, found.module, found.function).guards
            guards += python_guards.of_decorators(project, found.module, found.function.decorators)
            _hold(found.module, found.function, guards, verb, key, scopes)
        else:
            scopes.found[key].standing.append(
                Standing(guarding.of_expression(project, module, call.args[0], "middleware"))
            )
    elif call.last in _CSRF and not re.search(rb"WTF_CSRF_ENABLED['\"\]\s]*[=:]\s*False", module.file.data):
        scopes.app_wide.append(Standing((Guard("csrf", "middleware", call.last, at),)))
    elif call.last == "Limiter" and re.search(r"\w", text_of(call.keywords.get("default_limits"))):
        scopes.app_wide.append(Standing((Guard("rate-limit", "middleware", "default_limits", at),)))
    elif call.args:
        _of_scope(project, module, call, scopes)


def _of_scope(project: Project, module: Module, call: Call, scopes: Scopes) -> None:
    """`csrf.exempt(blueprint)`, `limiter.limit("5/minute")(blueprint)`."""
    exempt = call.last == "exempt" and "csrf" in call.name.lower()
    limits = re.search(r"limiter\.(?:limit|shared_limit)$", call.name) is not None
    key = scopes.key(project, module, python.dotted(call.args[0])) if exempt or limits else None
    if key is None:
        return
    if exempt:
        scopes.found[key].csrf_exempt = True
    else:
        guard = Guard("rate-limit", "middleware", call.name, module.file.locate(call.node))
        scopes.found[key].standing.append(Standing((guard,)))
