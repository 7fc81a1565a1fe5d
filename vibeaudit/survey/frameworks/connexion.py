"""Connexion: the OpenAPI document names the function behind each path, what it takes and who may call it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.constants import constant
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.manifests import Unreadable
from vibeaudit.survey.manifests.document import child, items, pairs, read_yaml_nodes, scalar

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\bconnexion\b")
_DOCUMENT = re.compile(rb"\boperationId\b")
_VERBS = frozenset("get post put patch delete head options".split())
_PLACES = {"path": "path", "query": "query", "header": "header", "cookie": "cookie", "formData": "form", "body": "body"}
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")


def routes(project: Project) -> Iterator[Route]:
    """Each operation of each document, in an app that imports Connexion."""
    modules = tuple(project.hinted(_HINT, "python"))
    if not modules:
        return
    mounted = {name: base for m in modules for name, base in _added(project, m)}
    for file in project.sources("yaml", "json"):
        if file.holds(_DOCUMENT):
            try:
                root = read_yaml_nodes(file)
            except Unreadable:
                continue
            yield from _of_document(project, root, mounted.get(file.path.name) or _base(root))


def _added(project: Project, module: Module) -> Iterator[tuple[str, str]]:
    """`app.add_api("spec.yaml", base_path="/v1")`: the document's file name, and the path that it stands below."""
    for call in module.calls:
        if call.last == "add_api" and call.args:
            base = call.keywords.get("base_path")
            name = PurePosixPath(constant(project, module, call.args[0])).name
            yield name, constant(project, module, base).rstrip("/") if base is not None else ""


def _base(root: Any) -> str:
    """The path that the document itself gives: `basePath` of version 2, the first server's of version 3."""
    servers = items(child(root, "servers"))
    said = scalar(child(root, "basePath")) or urlsplit(scalar(child(servers[0], "url")) if servers else "").path
    return said.rstrip("/")


def _of_document(project: Project, root: Any, base: str) -> Iterator[Route]:
    asked = _requirements(root)
    for path, item, _ in pairs(child(root, "paths")):
        shared = _parameters(root, item)
        above = next((scalar(v) for k, v, _ in pairs(item) if k in _CONTROLLERS), "")
        for verb, operation, _ in pairs(item):
            if verb not in _VERBS or (handler := _handler(project, operation, above)) is None:
                continue
            module, function = handler
            schemes = _requirements(operation)
            at = module.file.locate(function.node)
            names = asked if schemes is None else schemes
            guards = tuple(Guard("authentication", "schema", name, at) for name in names or ())
            own = python_guards.of_decorators(project, module, function.decorators)
            taken = shared | _parameters(root, operation) | _body(operation)
            yield entries.route(
                project,
                entries.Entry(
                    "connexion", (verb.upper(),), base + path, module, function.node, function, module,
                    guards=(*guards, *own), parameters=tuple(sorted(taken, key=lambda p: (p.source, p.name))),
                ),
            )  # fmt: skip


def _handler(project: Project, operation: Any, controller: str) -> tuple[Module, Function] | None:
    """`package.module.function` of `operationId`, below the controller that the operation or its path names."""
    named = scalar(child(operation, "operationId"))
    above = next((scalar(v) for k, v, _ in pairs(operation) if k in _CONTROLLERS), "") or controller
    spec, _, name = (f"{above}.{named}" if above else named).rpartition(".")
    for path in _files(project, spec):
        module = project.module(path)
        found = project.meaning(module, name) if module is not None else None
        if found is not None and found.function is not None:
            return found.module, found.function
    return None


def _files(project: Project, spec: str) -> list[str]:
    """The files that a dotted module name may mean, the nearest to the app's root first."""
    ending = spec.replace(".", "/")
    ends = (f"{ending}.py", f"{ending}/__init__.py")
    paths = (str(f.path) for f in project.sources("python"))
    fitting = (p for p in paths if ending and any(p == e or p.endswith(f"/{e}") for e in ends))
    return sorted(fitting, key=lambda p: (p.count("/"), p))


def _requirements(node: Any) -> tuple[str, ...] | None:
    """The names of the security schemes that are asked for: none for `security: []`; None where nothing is said."""
    said = child(node, "security")
    if said is None:
        return None
    asked = [pairs(one) for one in items(said)]
    return () if not all(asked) else tuple(name for one in asked for name, _, _ in one)


def _parameters(root: Any, node: Any) -> set[Parameter]:
    found = set()
    for one in items(child(node, "parameters")):
        said = _referred(root, one)
        place = _PLACES.get(scalar(child(said, "in")), "")
        if place and (name := scalar(child(said, "name"))):
            kind = scalar(child(child(said, "schema") or said, "type"))
            found.add(Parameter(name.replace("-", "_"), place, _TYPES.get(kind, "")))
    return found


_TYPES = {"integer": "int", "number": "float", "boolean": "bool"}


def _referred(root: Any, node: Any) -> Any:
    """What `$ref: '#/components/parameters/Id'` points at, in the same document."""
    at = scalar(child(node, "$ref"))
    if not at.startswith("#/"):
        return node
    found = root
    for key in at[2:].split("/"):
        found = child(found, key)
    return found


def _body(operation: Any) -> set[Parameter]:
    """Version 3 hands the body over as `body`, or by the name that the document gives it."""
    asked = child(operation, "requestBody")
    return {Parameter(scalar(child(asked, "x-body-name")) or "body", "body")} if asked is not None else set()
