"""What holds routes in Flask: apps, blueprints, RESTful APIs and namespaces, and how they are mounted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.constants import constant
from vibeaudit.survey.rounds import Bound, rounds, spoken
from vibeaudit.survey.standing import Standing

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

Key = tuple[str, str]
_APPS = ("Flask", "Quart", "OpenAPI", "APIFlask", "Sanic")
_BLUEPRINTS = ("Blueprint", "APIBlueprint", "SmorestBlueprint")
_APIS = ("Api", "RestfulApi")
_OTHERS = re.compile(rb"^[ \t]*(?:from|import)\s+(?:bottle|fastapi|starlette|aiohttp|litestar)\b", re.MULTILINE)
_MAX_DEPTH = 5


@dataclass
class Scope:
    """An app, blueprint, API or namespace. `kind`: app, blueprint, api."""

    module: Module
    kind: str
    prefix: str = ""
    name: str = ""
    standing: list[Standing] = field(default_factory=list)
    mounted: list[tuple[str, Key]] = field(default_factory=list)
    csrf_exempt: bool = False


@dataclass
class Scopes:
    found: dict[Key, Scope] = field(default_factory=dict)
    app_wide: list[Standing] = field(default_factory=list)  # of an extension, or of `before_app_request`
    _apps: tuple[int, list[Scope]] = field(
        default=(0, []), repr=False
    )  # those of `found` that are apps, and how many there were then

    def key(self, project: Project, module: Module, name: str) -> Key | None:
        """The scope that a name stands for in a module."""
        if (module.path, name) in self.found:
            return (module.path, name)
        found = project.meaning(module, name) if name else None
        key = (found.module.path, found.name) if found else None
        if key not in self.found and name.startswith("self.") and (module.path, name[5:]) in self.found:
            return (module.path, name[5:])
        return key if key in self.found else None

    def chain(self, key: Key) -> list[Scope]:
        """The scope and those that it is mounted in, as it is mounted first."""
        chain, seen = [self.found[key]], {key}
        while len(chain) <= _MAX_DEPTH and chain[-1].mounted:
            parent = chain[-1].mounted[0][1]
            if parent in seen or parent not in self.found:
                break
            seen.add(parent)
            chain.append(self.found[parent])
        return chain

    def prefixes(self, key: Key, depth: int = 0) -> list[str]:
        """The paths that the scope is mounted at, one for each way that it is registered."""
        scope = self.found[key]
        if not scope.mounted or depth > _MAX_DEPTH:
            return [scope.prefix if scope.kind != "app" else ""]
        paths = [
            above + prefix
            for prefix, parent in scope.mounted[:4]
            for above in (self.prefixes(parent, depth + 1) if parent in self.found else [""])
        ]
        return list(dict.fromkeys(paths))[:4]

    def guards(self, key: Key, path: str, endpoint: str) -> tuple[Guard, ...]:
        """What stands before a route of the scope: its own, its parents', the apps' and the extensions' guards."""
        chain = self.chain(key)
        held = [s for scope in chain for s in scope.standing]
        if not any(scope.kind == "app" for scope in chain):
            held += [s for scope in self._all_apps() for s in scope.standing]
        own = [g for s in (*held, *self.app_wide) for g in s.over(path, endpoint)]
        exempt = any(scope.csrf_exempt for scope in chain)
        return tuple(g for g in own if not (exempt and g.kind == "csrf"))

    def _all_apps(self) -> list[Scope]:
        if self._apps[0] != len(self.found):
            self._apps = (len(self.found), [s for s in self.found.values() if s.kind == "app"])
        return self._apps[1]


def scopes_of(project: Project, modules: tuple[Module, ...]) -> Scopes:
    """All scopes of the app, mounted."""
    scopes = Scopes()
    for module in modules:
        _makers(project, module, scopes)
    for module in modules:
        for call in module.calls:
            _mount(project, module, call, scopes)
    return scopes


def _makers(project: Project, module: Module, scopes: Scopes) -> None:
    for assign in module.assigns:
        call = module.call_at(assign.value)
        if call is None or not assign.targets:
            continue
        target = assign.targets[0].removeprefix("self.")
        name = python.string_of(call.args[0]) if call.args else ""
        if call.last in _APPS:
            scopes.found[(module.path, target)] = Scope(module, "app")
        elif call.last in _BLUEPRINTS:
            prefix = constant(project, module, call.keywords.get("url_prefix"))
            scopes.found[(module.path, target)] = Scope(module, "blueprint", prefix, name)
        elif call.last in _APIS and re.search(rb"flask", module.file.data):
            prefix = constant(project, module, call.keywords.get("prefix"))
            scopes.found[(module.path, target)] = Scope(module, "api", prefix)
        elif call.last == "Namespace":
            given = call.keywords.get("path")
            prefix = constant(project, module, given) if given is not None else f"/{name}"
            scopes.found[(module.path, target)] = Scope(module, "api", "" if prefix == "/" else prefix)
    for function in module.functions:  # `def register_routes(app):`
        for param in function.params:
            if param.name == "app" or param.type.endswith(("Flask", "Quart")):
                scopes.found.setdefault((module.path, param.name), Scope(module, "app"))
    for imported in (
        ("app", "application") if not _OTHERS.search(module.file.data) else ()
    ):  # `from main import app`, where the app is made in a way unknown to us
        if imported in module.imports and re.search(rb"@app(?:lication)?\.route\(", module.file.data):
            key = scopes.key(project, module, imported)
            if key is None:
                scopes.found[(module.path, imported)] = Scope(module, "app")


def _mount(project: Project, module: Module, call: Call, scopes: Scopes) -> None:
    holder = call.name.rpartition(".")[0]
    if call.last in ("register_blueprint", "blueprint", "add_namespace") and call.args:
        given = call.keywords.get("url_prefix") or call.keywords.get("path")
        if call.last == "add_namespace" and given is None and len(call.args) > 1:
            given = call.args[1]
        for bound in rounds(
            module, call.node
        ):  # `for bp, prefix in ((a, "/x"), (b, "/y")): app.register_blueprint(...)`
            _hang(project, module, spoken(call.args[0], bound), holder, given, scopes, bound)
    elif call.name == "Blueprint.group" and call.args:
        _group(project, module, call, scopes)
    elif call.last in _APIS and call.args:
        _hang_api(project, module, call, scopes)
    elif call.last == "init_app" and call.args and (key := scopes.key(project, module, holder)):
        parent = scopes.key(project, module, python.dotted(call.args[0]))
        if parent and scopes.found[key].kind == "api":
            scopes.found[key].mounted.append((scopes.found[key].prefix, parent))
    elif call.last == "namespace" and (parent := scopes.key(project, module, holder)) and call.args:
        _inline_namespace(project, module, call, parent, scopes)


def _hang(
    project: Project, module: Module, child: str, holder: str, given: Node | None, scopes: Scopes, bound: Bound
) -> None:  # fmt: skip
    key = scopes.key(project, module, child)
    if key is None:
        return
    parent = scopes.key(project, module, holder) or (module.path, holder)
    prefix = constant(project, module, given, 0, bound) if given is not None else scopes.found[key].prefix
    scopes.found[key].mounted.append(("" if prefix == "/" else prefix.rstrip("/"), parent))


def _group(project: Project, module: Module, call: Call, scopes: Scopes) -> None:
    """Sanic's `group = Blueprint.group(a, b, url_prefix="/api")`."""
    for assign in module.assigns:
        if assign.value.start_byte == call.node.start_byte and assign.targets:
            key = (module.path, assign.targets[0])
            prefix = constant(project, module, call.keywords.get("url_prefix"))
            scopes.found[key] = Scope(module, "blueprint", prefix)
            for child in call.args:
                if inner := scopes.key(project, module, python.dotted(child)):
                    own = scopes.found[inner].prefix
                    scopes.found[inner].mounted.append(("" if own == "/" else own.rstrip("/"), key))


def _hang_api(project: Project, module: Module, call: Call, scopes: Scopes) -> None:
    """`api = Api(blueprint)`."""
    parent = scopes.key(project, module, python.dotted(call.args[0]))
    for assign in module.assigns:
        if assign.value.start_byte == call.node.start_byte and assign.targets:
            key = (module.path, assign.targets[0].removeprefix("self."))
            if parent and key in scopes.found and key != parent:
                scopes.found[key].mounted.append((scopes.found[key].prefix, parent))


def _inline_namespace(project: Project, module: Module, call: Call, parent: Key, scopes: Scopes) -> None:
    """`ns = api.namespace('users', path='/users')`."""
    for assign in module.assigns:
        if assign.value.start_byte == call.node.start_byte and assign.targets:
            given = call.keywords.get("path")
            prefix = constant(project, module, given) if given is not None else f"/{python.string_of(call.args[0])}"
            scopes.found[(module.path, assign.targets[0])] = Scope(
                module, "api", prefix, mounted=[("" if prefix == "/" else prefix, parent)]
            )
