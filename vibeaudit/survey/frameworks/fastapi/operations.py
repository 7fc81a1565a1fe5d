"""FastAPI's path operations: decorated functions, methods of controllers, functions handed to `add_api_route`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.development import REASON
from vibeaudit.survey.frameworks.fastapi.answers import answered, asked
from vibeaudit.survey.frameworks.fastapi.credentials import by_header
from vibeaudit.survey.frameworks.fastapi.dependencies import filled, listed, of_controller, of_function
from vibeaudit.survey.frameworks.fastapi.routers import Key, Routers
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_VERBS = {v: (v.upper(),) for v in ("get", "post", "put", "patch", "delete", "head", "options")}
_SOCKETS = ("websocket", "websocket_route", "add_api_websocket_route")
_REGISTERS = ("api_route", "route", "add_api_route", "add_route", *_SOCKETS)


def of_module(project: Project, module: Module, routers: Routers) -> Iterator[Route]:
    """The operations that a module declares."""
    for function in module.functions:
        for number, decorator in enumerate(function.decorators):
            call = module.call_at(decorator)
            key = _key(project, module, call, routers) if call else None
            if call and key:
                inner = function.decorators[number + 1 :]
                yield from _operation(project, module, call, module, function, key, routers, inner)
    for call in module.calls:
        if call.last in ("add_api_route", "add_api_websocket_route", "add_route") and len(call.args) > 1:
            key = _key(project, module, call, routers)
            found = project.meaning(module, python.dotted(call.args[1])) if key else None
            if key and found and found.function:
                inner = found.function.decorators
                yield from _operation(project, module, call, found.module, found.function, key, routers, inner)


def _key(project: Project, module: Module, call: Call, routers: Routers) -> Key | None:
    holder, _, verb = call.name.rpartition(".")
    if verb not in _VERBS and verb not in _REGISTERS:
        return None
    return routers.key(project, module, holder.removeprefix("self."))


def _operation(
    project: Project, module: Module, call: Call, home: Module, function: Function, key: Key, routers: Routers,
    inner: tuple[Node, ...],
) -> Iterator[Route]:  # fmt: skip
    own: list[Guard] = [*listed(project, module, call), *of_function(project, home, function)]
    if function.owner:
        own += of_controller(project, home, function.owner)
    for decorator in inner:
        held = home.call_at(decorator)
        if held is None or held.last not in _VERBS:
            own += python_guards.of_decorator(project, home, decorator)
    said = constant(project, module, call.args[0] if call.args else call.keywords.get("path"))
    header, given = by_header(project, home, function), filled(project, home, function)
    for place in routers.places(key):
        path = place.prefix + said or "/"
        yield entries.route(
            project,
            entries.Entry(
                "fastapi", _methods(call), path, module, call.node, function, home,
                guards=(*place.over(path), *own), signature=True, parameters=_of_login_form(function),
                given=given, public=REASON if place.development else "", by_header=header,
                personal=answered(project, module, call, home, function), asked=asked(project, home, function, given),
            ),
        )  # fmt: skip


def _methods(call: Call) -> tuple[str, ...]:
    if call.last in _SOCKETS:
        return ("WEBSOCKET",)
    named = tuple(m.upper() for m in re.findall(r"['\"]([A-Za-z]+)['\"]", text_of(call.keywords.get("methods"))))
    return _VERBS.get(call.last) or named or ("GET",)


def _of_login_form(function: Function) -> tuple[Parameter, ...]:
    """What the form of OAuth2's password flow takes."""
    found: set[Parameter] = set()
    for param in function.params:
        said = f"{param.type} {text_of(param.default)}"
        if re.search(r"\bOAuth2PasswordRequestForm(?:Strict)?\b", said):
            found |= {Parameter("username", "form", "str"), Parameter("password", "form", "str")}
    return tuple(found)
