"""Next.js: app route handlers, pages/api, server actions, and what the middleware guards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Import, Module, text_of
from vibeaudit.survey.exports import exported
from vibeaudit.survey.gatekeeper import Gatekeeper
from vibeaudit.survey.method_branches import apart, methods_of
from vibeaudit.survey.next_chains import routes_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_APP = re.compile(r"(?:^|/)app/(?P<path>(?:.*/)?)route\.[cm]?[jt]sx?$")
_PAGES = re.compile(r"(?:^|/)pages/(?P<path>api/.*)\.[cm]?[jt]sx?$")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_DIRECTIVE = re.compile(rb"^\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*['\"]use server['\"]", re.DOTALL)
_USE_SERVER = re.compile(rb"['\"]use server['\"]")


def routes(project: Project) -> Iterator[Route]:
    """Route handlers, API pages and server actions."""
    if not is_next(project):
        return
    gatekeeper = Gatekeeper.of(project)
    for file in project.sources(*javascript.LANGUAGES):
        path = str(file.path)
        if found := _APP.search(path):
            yield from _handlers(project, path, url_of(found["path"]), gatekeeper)
        elif found := _PAGES.search(path):
            yield from _page(project, path, url_of(found["path"]), gatekeeper)
        elif file.holds(_USE_SERVER):
            yield from _actions(project, path)


def is_next(project: Project) -> bool:
    """Whether the app is one of Next.js."""
    for file in project.snapshot.files:
        if file.path.name.startswith("next.config.") or (
            file.path.name == "package.json" and re.search(rb'"next"\s*:', file.data)
        ):
            return True
    return False


def url_of(path: str) -> str:
    """The address of a folder of pages or handlers, without groups and slots."""
    parts = [p for p in path.strip("/").split("/") if p and not re.fullmatch(r"\([^.]*\)|@.*|index", p)]
    return "/" + "/".join(parts)


def _handlers(project: Project, path: str, url: str, gatekeeper: Gatekeeper) -> Iterator[Route]:
    module = project.module(path)
    if module is None:
        return
    for method in _METHODS[:5]:
        if method not in module.exports:
            continue
        node, function, guards, home = exported(project, module, method)
        standing = (*gatekeeper.guards(url), *guards)
        made = entries.route(
            project,
            entries.Entry(
                "nextjs", (method,), url, module, node, function, home, None if function else node, standing, method
            ),
        )
        yield made


def _page(project: Project, path: str, url: str, gatekeeper: Gatekeeper) -> Iterator[Route]:
    module = project.module(path)
    if module is None or "default" not in module.exports:
        return
    if (chained := routes_of(project, module, url, gatekeeper.guards(url))) is not None:
        yield from chained
        return
    node, function, guards, home = exported(project, module, "default")
    if function is not None and home is module:
        node = function.node
    named = methods_of(text_of(function.node if function else node)) or ("ANY",)
    standing = (*gatekeeper.guards(url), *guards)
    whole = entries.Entry("nextjs", named, url, module, node, function, home, None if function else node, standing)
    for entry in apart(project, whole):
        yield entries.route(project, entry)


_STATE = re.compile(r"(?i)_|form_?data$|prev\w*|\w*state$|_\w*$")
_CONTEXT = frozenset("ctx context session user next metadata".split())


def _actions(project: Project, path: str) -> Iterator[Route]:
    """Functions that the browser may call by name: each one is an endpoint."""
    module = project.module(path)
    if module is None:
        return
    whole_file = bool(_DIRECTIVE.match(module.file.data[:2000]))
    exported = {t for t in module.exports.values() if isinstance(t, str)}
    for function in module.functions:
        inside = _opens_with_directive(function)
        if not inside and not (
            whole_file and (function.name in exported or _is_default(module, function)) and _is_top(function)
        ):
            continue
        guards: tuple[Guard, ...] = ()
        value = module.values.get(function.name)
        if value is not None and module.call_at(value):
            guards = guarding.of_expression(project, module, value, "wrapper")
            guards += _of_client(project, module, value, 0)
        yield entries.route(
            project,
            entries.Entry(
                "nextjs",
                ("ACTION",),
                function.name or "action",
                module,
                function.node,
                function,
                module,
                None,
                guards,
                parameters=tuple(_taken_by(function)),
            ),
        )


def _taken_by(function: Function) -> Iterator[Parameter]:
    """What an action is called with comes from the browser, bound arguments too."""
    for param in function.params:
        if "FormData" in param.type or _STATE.match(param.name):
            continue
        if re.fullmatch(r"\w+", param.name):
            yield Parameter(param.name, "body")
            continue
        for name in re.findall(r"(?<![.:\w])\w+(?=\s*[,}=])|(?<=:)\s*\w+", param.name):
            if name.strip() not in _CONTEXT:
                yield Parameter(name.strip(), "body")


def _of_client(project: Project, module: Module, value: Node, depth: int) -> tuple[Guard, ...]:
    """The middleware of a typed action client: `client.use(async ({ next }) => ...)`, and of the client below it."""
    call = module.call_at(javascript.unwrap(value))
    if call is None or depth > 5:
        return ()
    guards: list[Guard] = []
    for use in (c for c in module.calls_in(value) if c.last == "use"):
        guards += [g for a in use.args for g in guarding.of_expression(project, module, a, "middleware")]
    found = project.meaning(module, call.name.split(".")[0])
    below = found.module.values.get(found.name) if found else None
    if found and below is not None and below.id != value.id:
        guards += _of_client(project, found.module, below, depth + 1)
    return tuple(guards)


def _opens_with_directive(function: Function) -> bool:
    first = next((c for c in function.body.named_children if c.type != "comment"), None)
    return first is not None and text_of(first).strip().rstrip(";").strip("'\"") == "use server"


def _is_default(module: Module, function: Function) -> bool:
    target = module.exports.get("default")
    return target is not None and not isinstance(target, str | Import) and target.start_byte == function.node.start_byte


def _is_top(function: Function) -> bool:
    node = function.node.parent
    while node is not None:
        if node.type in ("statement_block", "class_body"):
            return False
        node = node.parent
    return True
