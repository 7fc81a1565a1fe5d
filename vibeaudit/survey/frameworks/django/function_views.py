"""Views that are functions: what they answer, and what guards them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import definition, words_in
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.frameworks.django import rest
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.frameworks.django.targets import Target, standing
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_METHOD = re.compile(r"['\"](GET|POST|PUT|PATCH|DELETE)['\"]")
_ONLY = re.compile(
    r"request\.method\s*(?:!=\s*|not\s+in\s*[\[(]\s*)['\"](GET|POST|PUT|PATCH|DELETE)['\"]([^\n:]*):\s*\n?\s*(?P<then>[^\n]*)"
)
_ELSE = re.compile(r"method\s*==\s*['\"]GET['\"]\s*:\n.*?\n\s*(?:else|elif\b[^\n]*)\s*:", re.DOTALL)


def routes_of_function(
    project: Project, home: Module, function: Function, path: str, settings: Settings, target: Target
) -> Route:
    names = (*target.names, *python_guards.names(home, function.decorators))
    own = list(python_guards.of_decorators(project, home, function.decorators))
    methods = _methods(project, home, function, names)
    if "api_view" in names:
        own += rest.of_function(project, home, function, methods, settings)
    else:
        own += (*standing(settings, names), *_dispatched(project, home, function))
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, home, definition(function.node), function, home, None, (*own, *target.guards),
            parameters=rest.parameters(project, home, function.node),
        ),
    )  # fmt: skip


def _dispatched(project: Project, home: Module, function: Function) -> Iterator[Guard]:
    """The guards that every view has to which a view hands its request: `return create_note(request)`."""
    common: dict[str, Guard] | None = None
    for call in home.calls_in(function.body):
        above = call.node.parent
        if above is None or above.type != "return_statement" or not call.args or text_of(call.args[0]) != "request":
            continue
        reached = project.function_called(home, call)
        if reached is None:
            if call.last not in ("render", "redirect"):
                return
            continue
        own = python_guards.of_decorators(project, reached[0], reached[1].decorators)
        found = {g.kind: g for g in (*own, *guarding.in_function(project, *reached).stopping)}
        common = found if common is None else {k: g for k, g in common.items() if k in found}
    yield from (common or {}).values()


def _methods(project: Project, home: Module, function: Function, names: tuple[str, ...]) -> tuple[str, ...]:
    """What a view function answers: as its decorators say, else as its body does."""
    for decorator in function.decorators:
        call = home.call_at(decorator)
        name = call.last if call else python.dotted(decorator).rsplit(".", 1)[-1]
        if name in ("api_view", "require_http_methods"):
            said = words_in(call.args[0]) if call and call.args else ("GET",)
            return tuple(m.upper() for m in said) or ("GET",)
    if own := _allowed_by_own(project, home, function):
        return own
    for name, methods in (("require_POST", ("POST",)), ("require_GET", ("GET",)), ("require_safe", ("GET", "HEAD"))):
        if name in names:
            return methods
    body = text_of(function.body)
    if "request.method" not in body:
        body += _handed_on(project, home, function)
    only = _ONLY.search(body)
    if only and re.search(r"NotAllowed|405|400|BadRequest|raise", only["then"]):
        return tuple(dict.fromkeys((only[1], *_METHOD.findall(only[2]))))
    said = tuple(
        dict.fromkeys(re.findall(r"method\s*(?:==|!=|in)\s*[\[(]?\s*['\"](GET|POST|PUT|PATCH|DELETE)['\"]", body))
    )
    if not said:
        return ("ANY",)
    if said == ("GET",) and _ELSE.search(body):
        said = ("GET", "POST")
    return tuple(m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in said or m == "GET")


_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def _allowed_by_own(project: Project, home: Module, function: Function) -> tuple[str, ...]:
    """The methods that the app's own decorator is given, where it looks at the request's: `@cors("GET", "POST")`."""
    for decorator in function.decorators:
        call = home.call_at(decorator)
        said = [python.string_of(a) for a in call.args] if call is not None else []
        if call is None or not said or not set(said) <= set(_ORDER):
            continue
        reached = project.function_called(home, call)
        if reached is not None and ".method" in text_of(reached[1].body):
            return tuple(sorted(said, key=_ORDER.index))
    return ()


def _handed_on(project: Project, home: Module, function: Function) -> str:
    """The bodies of the app's functions that get the request whole: `return edit_form(request, note)`."""
    found = []
    for call in home.calls_in(function.body):
        if call.args and text_of(call.args[0]) == "request" and (reached := project.function_called(home, call)):
            found.append("\n" + text_of(reached[1].body))
    return "".join(found[:8])
