"""Functions that a platform calls by file: AWS Lambda, Netlify, Vercel outside Next.js, and Cloudflare workers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Import, Module
from vibeaudit.survey.exports import handlers
from vibeaudit.survey.javascript.values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.source import SourceFile
    from vibeaudit.survey.project import Project

_NETLIFY = re.compile(r"(?:^|/)netlify/(?:edge-)?functions/(?P<path>[^/]+?)(?:/index)?\.[cm]?[jt]s$")
_VERCEL = re.compile(r"^(?:[\w-]+/)?api/(?P<path>.+)\.[cm]?[jt]s$")
_PAGES = re.compile(r"^(?:[\w-]+/)?functions/(?P<path>.+)\.[jt]sx?$")
_HANDLER = re.compile(rb"\bhandler\b|export\s+default|onRequest|module\.exports")
_METHODS = {m: m for m in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_ON_REQUEST = {"onRequest": "ANY"} | {f"onRequest{m.title()}": m for m in _METHODS}


def routes(project: Project) -> Iterator[Route]:
    """What each file hands to its platform."""
    names = {f.path.name for f in project.snapshot.files}
    vercel = "vercel.json" in names or any(b"@vercel/node" in f.data for f in _manifests(project))
    framed = any(n.startswith(("next.config.", "nuxt.config.", "astro.config.", "svelte.config.")) for n in names)
    for module in project.hinted(_HANDLER, *javascript.LANGUAGES):
        if found := _NETLIFY.search(module.path):
            url = f"/.netlify/functions/{found['path']}"
            yield from handlers(project, module, "netlify", {"handler": "ANY", "default": "ANY"}, url)
        elif (found := _PAGES.search(module.path)) and _ON_REQUEST.keys() & module.exports.keys():
            yield from handlers(project, module, "cloudflare", _ON_REQUEST, _url(found["path"]))
        elif (found := _VERCEL.search(module.path)) and vercel and not framed:
            url = f"/api{_url(found['path'])}"
            yield from handlers(project, module, "vercel", {"default": "ANY", **_METHODS}, url)
        elif "handler" in module.exports and re.search(rb"\bevent\b|APIGateway", module.file.data):
            stem = re.sub(r"(?:/index|/handler)?\.[cm]?[jt]s$", "", module.path).rsplit("/", 1)[-1]
            yield from handlers(project, module, "lambda", {"handler": "ANY"}, f"/{stem}")
        else:
            yield from _worker(project, module)


def _manifests(project: Project) -> Iterator[SourceFile]:
    return (f for f in project.snapshot.files if f.path.name == "package.json")


def _url(path: str) -> str:
    return "/" + re.sub(r"\[\[?(?:\.\.\.)?(\w+)\]?\]", r":\1", re.sub(r"(^|/)index$", "", path))


def _worker(project: Project, module: Module) -> Iterator[Route]:
    """`export default { async fetch(request, env) { ... } }`."""
    target = module.exports.get("default")
    node: Node | None = module.values.get(target) if isinstance(target, str) else None
    if target is not None and not isinstance(target, str | Import):
        node = javascript.unwrap(target)
    if node is None or node.type != "object":
        return
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        if key is None or key.text != b"fetch":
            continue
        found = value_of(project, module, child.child_by_field_name("value") or child)
        if found.function is not None:
            entry = entries.Entry(
                "cloudflare", ("ANY",), "/", module, child, found.function, found.module, None, (), "fetch"
            )
            yield entries.route(project, entry)
