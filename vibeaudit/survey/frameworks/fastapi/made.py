"""Operations that libraries make for a FastAPI app: fastapi-users' routers, SQLAdmin's pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.constants import constant
from vibeaudit.survey.frameworks.fastapi.dependencies import listed
from vibeaudit.survey.frameworks.fastapi.routers import Place, Routers

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_STORES = frozenset({"reads-store", "writes-store"})
_BOTH = ("authentication", "authorization")
# (methods, path, kinds of guard, effects)
_USERS: dict[str, tuple[tuple[str, str, tuple[str, ...], frozenset[str]], ...]] = {
    "get_auth_router": (
        ("POST", "/login", (), frozenset({"reads-store", "sets-session"})),
        ("POST", "/logout", ("authentication",), frozenset()),
    ),
    "get_register_router": (("POST", "/register", (), _STORES),),
    "get_reset_password_router": (
        ("POST", "/forgot-password", (), frozenset({"reads-store"})),
        ("POST", "/reset-password", (), _STORES),
    ),
    "get_verify_router": (
        ("POST", "/request-verify-token", (), frozenset({"reads-store"})),
        ("POST", "/verify", (), _STORES),
    ),
    "get_users_router": (
        ("GET", "/me", ("authentication",), frozenset({"reads-store"})),
        ("PATCH", "/me", ("authentication",), _STORES),
        ("GET", "/{id}", _BOTH, frozenset({"reads-store"})),
        ("PATCH", "/{id}", _BOTH, _STORES),
        ("DELETE", "/{id}", _BOTH, _STORES),
    ),
}


def of_module(project: Project, module: Module, routers: Routers) -> Iterator[Route]:
    """The routes that a module has made for it."""
    if b"fastapi_users" in module.file.data or b"include_router" in module.file.data:
        for call in module.calls:
            if call.last == "include_router" and call.args and (inner := module.call_at(call.args[0])):
                yield from _of_users(project, module, call, inner, routers)
    if b"sqladmin" in module.file.data:
        yield from _panel(project, module)


def _of_users(project: Project, module: Module, call: Call, inner: Call, routers: Routers) -> Iterator[Route]:
    key = routers.key(project, module, call.name.rpartition(".")[0])
    prefix = constant(project, module, call.keywords.get("prefix"))
    for verb, path, kinds, effects in _USERS.get(inner.last, ()):
        own = tuple(Guard(k, "dependency", inner.last, module.file.locate(inner.node)) for k in kinds)
        for place in routers.places(key) if key else [Place("")]:
            whole = place.prefix + prefix + path
            yield entries.route(
                project,
                entries.Entry(
                    "fastapi", (verb,), whole, module, call.node, None, handler_name=inner.last, effects=effects,
                    guards=(*place.over(whole), *listed(project, module, call), *own),
                ),
            )  # fmt: skip


def _panel(project: Project, module: Module) -> Iterator[Route]:
    """`admin.add_view(UserAdmin)`: pages that list and change rows, open when Admin has no authentication backend."""
    for call in module.calls:
        if call.last != "add_view" or not call.args:
            continue
        holder = call.name.rpartition(".")[0]
        found = project.meaning(module, holder)
        made = found.module.call_at(found.value) if found and found.value is not None else None
        if made is None or made.last != "Admin":
            continue
        at = module.file.locate(call.node)
        guarded = "authentication_backend" in made.keywords
        name = python.dotted(call.args[0])
        yield entries.route(
            project,
            entries.Entry(
                "fastapi", ("GET", "POST"), f"/admin/{name.rsplit('.', 1)[-1].lower()}", module, call.node, None,
                handler_name=name, effects=_STORES,
                guards=(Guard("authentication", "call", "authentication_backend", at),) if guarded else (),
            ),
        )  # fmt: skip
