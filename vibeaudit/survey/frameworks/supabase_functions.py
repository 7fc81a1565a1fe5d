"""Supabase edge functions: one route a folder, with the gateway's JWT check as config.toml sets it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import javascript

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_INDEX = re.compile(r"(?:^|/)supabase/functions/(?P<name>[^_./][^/]*)/(?:index|main)\.[cm]?[jt]sx?$")
_SERVES = ("Deno.serve", "serve", "app.fetch")


def routes(project: Project) -> Iterator[Route]:
    """Each function. The gateway wants a project key unless `verify_jwt = false`: that is guard "public-key",
    which every visitor of the app has, and no sign of a user."""
    unverified = _unverified(project)
    for file in project.sources(*javascript.LANGUAGES):
        found = _INDEX.search(str(file.path))
        module = project.module(str(file.path)) if found else None
        if not found or module is None:
            continue
        serve = next((c for c in module.calls if c.name in _SERVES and c.args), None)
        root = module.file.tree.root_node if module.file.tree else None
        if root is None:
            continue
        node = serve.node if serve else root
        guards = (
            ()
            if found["name"] in unverified
            else (Guard("public-key", "matcher", "verify_jwt", module.file.locate(node)),)
        )
        handler = module.function_at(serve.args[-1]) if serve else None
        if serve and handler is None and (meaning := project.meaning(module, javascript.dotted(serve.args[-1]))):
            handler = meaning.function
        methods = ("POST",)
        yield entries.route(
            project,
            entries.Entry(
                "supabase-functions",
                methods,
                f"/functions/v1/{found['name']}",
                module,
                node,
                handler,
                module,
                None if handler else root,
                guards,
                found["name"],
            ),
        )


def _unverified(project: Project) -> frozenset[str]:
    names: set[str] = set()
    for file in project.snapshot.files:
        if not str(file.path).endswith("supabase/config.toml"):
            continue
        try:
            functions = tomllib.loads(file.text).get("functions", {})
        except tomllib.TOMLDecodeError:
            continue
        if isinstance(functions, dict):
            names |= {n for n, v in functions.items() if isinstance(v, dict) and v.get("verify_jwt") is False}
    return frozenset(names)
