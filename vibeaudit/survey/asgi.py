"""What FastAPI and Starlette put before an app's routes: middleware functions and classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.standing import Standing, limited
from vibeaudit.survey.words import kinds_by_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SUBJECT = re.compile(r"\burl\.path\b|scope\[['\"]path['\"]\]|scope\.get\(['\"]path['\"]|request\.scope\b")
# knows the caller and lets everybody through
_LETS_ALL = re.compile(r"^(?:AuthenticationMiddleware|SessionMiddleware|CORSMiddleware|AuthContextMiddleware)$")


def of_middleware(project: Project, module: Module, node: Node) -> Standing:
    """The guards of a middleware that is named by class or function."""
    name = python.dotted(node)
    last = name.rsplit(".", 1)[-1]
    at = module.file.locate(node)
    found = lineage(project, module, name) if name else None
    if found is not None:
        for method in ("dispatch", "__call__"):
            if own := found.method(method):
                standing = of_function(project, *own)
                return replace(standing, guards=tuple(replace(g, name=last, location=at) for g in standing.guards))
        return Standing(())
    meaning = project.meaning(module, name) if name else None
    if meaning and meaning.function:
        return of_function(project, meaning.module, meaning.function)
    if _LETS_ALL.match(last):
        return Standing(())
    if last == "SlowAPIMiddleware":
        kinds: tuple[str, ...] = ("rate-limit",) if _limits_by_default(project) else ()
    else:
        kinds = kinds_by_name(last)
    return Standing(tuple(Guard(kind, "middleware", last, at) for kind in kinds))


def of_function(project: Project, module: Module, function: Function) -> Standing:
    """The guards of a middleware function, for the paths that it looks at."""
    found = guarding.in_function(project, module, function).guards
    guards = tuple(replace(g, how="middleware") for g in found if g.kind != "validation")
    return limited(module, function.body, guards, _SUBJECT)


def in_call(project: Project, module: Module, call: Call) -> Iterator[Standing]:
    """`FastAPI(middleware=[Middleware(X), ...])`."""
    value = call.keywords.get("middleware")
    found = project.meaning(module, python.dotted(value)) if value is not None and value.type == "identifier" else None
    if found and found.value is not None:
        module, value = found.module, found.value
    for inner in module.calls_in(value) if value is not None else ():
        if inner.last == "Middleware" and inner.args:
            yield of_middleware(project, module, inner.args[0])


def _limits_by_default(project: Project) -> bool:
    for file in project.sources("python"):
        if b"default_limits" in file.data and (module := project.module(str(file.path))):
            for call in module.calls:
                if call.last == "Limiter" and re.search(r"['\"]", text_of(call.keywords.get("default_limits"))):
                    return True
    return False
