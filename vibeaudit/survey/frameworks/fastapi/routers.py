"""What holds path operations in FastAPI: apps and routers, where they are included, what stands before them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import asgi
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.development import only_in_development
from vibeaudit.survey.frameworks.fastapi.dependencies import listed
from vibeaudit.survey.rounds import Bound, rounds, spoken
from vibeaudit.survey.standing import Standing

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

Key = tuple[str, str]
_MAX_PLACES = 4


@dataclass(frozen=True)
class Place:
    """Where a router's operations are found: the prefix, and what stands before them."""

    prefix: str
    guards: tuple[Guard, ...] = ()
    standing: tuple[Standing, ...] = ()
    development: bool = False  # included only while the app is being developed

    def over(self, path: str) -> tuple[Guard, ...]:
        return (*self.guards, *(g for s in self.standing for g in s.over(path)))


@dataclass
class Router:
    """An app or a router. `parents`: (key, prefix, guards, only in development) for each inclusion."""

    module: Module
    is_app: bool = False
    prefix: str = ""
    guards: tuple[Guard, ...] = ()
    standing: list[Standing] = field(default_factory=list)
    parents: list[tuple[Key, str, tuple[Guard, ...], bool]] = field(default_factory=list)


@dataclass
class Routers:
    found: dict[Key, Router] = field(default_factory=dict)

    def key(self, project: Project, module: Module, name: str) -> Key | None:
        """The router that a name stands for in a module."""
        if (module.path, name) in self.found:
            return (module.path, name)
        found = project.meaning(module, name) if name else None
        key = (found.module.path, found.name) if found else None
        return key if key in self.found else None

    def places(self, key: Key, seen: frozenset[Key] = frozenset()) -> list[Place]:
        """One place for each way that the router is included."""
        router = self.found[key]
        own = tuple(router.standing)
        if key in seen or not router.parents:
            return [Place(router.prefix, router.guards, own if router.is_app else (*own, *self._of_apps()))]
        found: dict[str, Place] = {}
        for parent, prefix, guards, development in router.parents:
            for above in self.places(parent, seen | {key}):
                path = above.prefix + prefix + router.prefix
                before = (*above.guards, *guards, *router.guards)
                place = Place(path, before, (*above.standing, *own), development or above.development)
                found.setdefault(path, place)
        return [found[p] for p in sorted(found)][:_MAX_PLACES]

    def _of_apps(self) -> tuple[Standing, ...]:
        """What stands before the only app, for routers that are included in a way unknown to us."""
        apps = [r for r in self.found.values() if r.is_app and r.module.path]
        return tuple(apps[0].standing) if len(apps) == 1 else ()


def routers_of(project: Project, modules: tuple[Module, ...]) -> Routers:
    """All apps and routers, with their inclusions and middleware."""
    routers = Routers()
    for module in modules:
        _makers(project, module, routers)
    for module in modules:
        for call in module.calls:
            _included(project, module, call, routers)
        _middleware(project, module, routers)
    return routers


def _makers(project: Project, module: Module, routers: Routers) -> None:
    for assign in module.assigns:
        call = module.call_at(assign.value)
        if call is None or not assign.targets:
            continue
        is_app = call.last == "FastAPI"
        if not is_app and not call.last.endswith(("APIRouter", "InferringRouter")):
            continue
        router = Router(module, is_app, constant(project, module, call.keywords.get("prefix")).rstrip("/"))
        router.guards = listed(project, module, call)
        router.standing += asgi.in_call(project, module, call)
        routers.found[(module.path, assign.targets[0].removeprefix("self."))] = router


def _middleware(project: Project, module: Module, routers: Routers) -> None:
    for function in module.functions:
        for decorator in function.decorators:
            call = module.call_at(decorator)
            if call and call.last == "middleware":
                _stand(project, module, call, asgi.of_function(project, module, function), routers)
    for call in module.calls:
        if call.last == "add_middleware" and call.args:
            _stand(project, module, call, asgi.of_middleware(project, module, call.args[0]), routers)
        elif call.last == "middleware" and call.node.parent is not None and call.node.parent.type == "call":
            outer = module.call_at(call.node.parent)  # `app.middleware("http")(check)`
            if outer and outer.args:
                _stand(project, module, call, asgi.of_middleware(project, module, outer.args[0]), routers)


def _stand(project: Project, module: Module, call: Call, standing: Standing, routers: Routers) -> None:
    key = routers.key(project, module, call.name.rpartition(".")[0].removeprefix("self."))
    held = [routers.found[key]] if key else [r for r in routers.found.values() if r.is_app]
    for router in held:  # `def set_up(app): app.add_middleware(X)`: the app that we know
        router.standing.append(standing)


def _included(project: Project, module: Module, call: Call, routers: Routers) -> None:
    holder, _, verb = call.name.rpartition(".")
    if verb == "mount" and len(call.args) > 1:
        target, given = call.args[1], call.args[0]
    elif verb == "include_router" and (call.args or "router" in call.keywords):
        target, given = (*call.args, call.keywords.get("router"))[0], call.keywords.get("prefix")  # type: ignore[assignment]
    else:
        return
    parent = routers.key(project, module, holder.removeprefix("self."))
    for bound in rounds(module, call.node):
        key = _named(project, module, target, routers, bound)
        prefix = constant(project, module, given, 0, bound).rstrip("/")
        if key is None:
            continue
        if parent is None:  # an app made elsewhere: `def set_up(app): app.include_router(x)`
            parent = _only_app(routers) or (module.path, holder)
            routers.found.setdefault(parent, Router(module))
        if parent != key:
            guards = listed(project, module, call)
            routers.found[key].parents.append((parent, prefix, guards, only_in_development(call.node)))


def _only_app(routers: Routers) -> Key | None:
    apps = [key for key, r in routers.found.items() if r.is_app]
    return apps[0] if len(apps) == 1 else None


def _named(project: Project, module: Module, node: Node, routers: Routers, bound: Bound) -> Key | None:
    """The router that an expression stands for: a name, or a call of a function that makes one."""
    node, name = bound.get(text_of(node), node), spoken(node, bound)
    if node.type != "call":
        return routers.key(project, module, name)
    found = project.meaning(module, name)
    if found and found.function:
        for returned in re.findall(r"\breturn\s+([\w.]+)", text_of(found.function.body)):
            if key := routers.key(project, found.module, returned):
                return key
    return None
