"""SvelteKit: endpoints, the actions of pages, and what `handle` in the hooks refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import javascript
from vibeaudit.survey.exports import handlers
from vibeaudit.survey.gatekeeper import Gatekeeper
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from vibeaudit.survey.code import Module
    from vibeaudit.survey.project import Project

_SERVER = re.compile(r"(?:^|/)routes/(?P<path>(?:.*/)?)\+server\.[jt]s$")
_PAGE = re.compile(r"(?:^|/)routes/(?P<path>(?:.*/)?)\+(?:page|layout)\.server\.[jt]s$")
_HOOKS = re.compile(r"(?:^|/)hooks\.server\.[jt]s$")
_METHODS = {m: m for m in ("GET", "POST", "PUT", "PATCH", "DELETE")} | {"fallback": "ANY"}


def routes(project: Project) -> Iterator[Route]:
    """The exported methods of `+server` files, and the actions and loads of pages."""
    files = [str(f.path) for f in project.sources(*javascript.LANGUAGES)]
    if not any(_SERVER.search(p) or _PAGE.search(p) for p in files):
        return
    hooks = next((m for p in files if _HOOKS.search(p) and (m := project.module(p))), None)
    keeper = Gatekeeper.read(project, hooks, ("handle",)) if hooks is not None else Gatekeeper()
    for path in files:
        found = _SERVER.search(path) or _PAGE.search(path)
        module = project.module(path) if found else None
        if found is None or module is None:
            continue
        url = "/" + "/".join(p for p in found["path"].strip("/").split("/") if p and not p.startswith("("))
        if _SERVER.search(path):
            yield from handlers(project, module, "sveltekit", _METHODS, url, keeper.guards(url))
        else:
            yield from handlers(project, module, "sveltekit", {"load": "GET"}, url, keeper.guards(url))
            yield from _actions(project, module, url, keeper)


def _actions(project: Project, module: Module, url: str, keeper: Gatekeeper) -> Iterator[Route]:
    """`export const actions = { create: async (event) => ... }`: each is a POST of its own."""
    held = module.values.get("actions")
    found = value_of(project, module, held) if held is not None else None
    if found is None or found.node is None or found.node.type != "object":
        return
    for child in found.node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        value = child.child_by_field_name("value") or child
        action = value_of(project, found.module, value)
        if key is None or key.text is None or action.function is None:
            continue
        name = key.text.decode()
        path = url if name == "default" else f"{url}?/{name}"
        entry = entries.Entry(
            "sveltekit", ("POST",), path, found.module, child, action.function, action.module, None,
            keeper.guards(url), name,
        )  # fmt: skip
        yield entries.route(project, entry)
