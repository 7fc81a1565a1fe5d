"""The servers of an app: where each is made, and which files are its own."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Location, Route, Server
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module
from vibeaudit.survey.entry import first_line
from vibeaudit.survey.server_traits import read_traits

if TYPE_CHECKING:
    from vibeaudit.source import SourceFile
    from vibeaudit.survey.project import Project

_PYTHON = {
    "Flask": "flask",
    "Quart": "flask",
    "connexion.App": "flask",
    "connexion.FlaskApp": "flask",
    "connexion.AsyncApp": "starlette",
    "FastAPI": "fastapi",
    "Starlette": "starlette",
    "Sanic": "sanic",
    "Bottle": "bottle",
    "Litestar": "litestar",
    "web.Application": "aiohttp",
}
_SCRIPT = {
    "express": "express",
    "express.default": "express",
    "fastify": "fastify",
    "Fastify": "fastify",
    "Koa": "koa",
    "Hono": "hono",
    "NestFactory.create": "nestjs",
    "restify.createServer": "restify",
}
_PYTHON_HINT = re.compile(
    rb"\b(?:Flask|Quart|connexion\.\w*App|FastAPI|Starlette|Sanic|Bottle|Litestar|web\.Application)\(|\bMIDDLEWARE\b"
)
_SCRIPT_HINT = re.compile(rb"express|fastify|koa|hono|@nestjs/core|restify", re.IGNORECASE)
_LOCAL_SETTINGS = re.compile(r"(^|[/_])(local|dev\w*|test\w*|ci|example|sample)\.py$")
_PAGES = re.compile(r"(^|/)(?:app/(?:\([\w-]+\)/)?layout|pages/_app)\.[jt]sx?$")
_APP_CALLS = frozenset(
    "use route register register_blueprint include_router add_middleware listen run get post".split()
)
_SERVES = frozenset("listen serve".split())
_MOUNTS = frozenset("route register_blueprint include_router mount".split())  # what leads to other apps


def servers(project: Project) -> tuple[Server, ...]:
    """Every server, with what its own files do. Several apps of one framework in one folder count as one."""
    found = [*_python(project), *_script(project), *_next(project)]
    found += _pages(project, found)
    owned: dict[Server, list[SourceFile]] = defaultdict(list)
    for file in project.sources("python", *javascript.LANGUAGES):
        if owner := _owner(found, str(file.path), "python" if file.language == "python" else "script"):
            owned[owner].append(file)
    made = (read_traits(project, s, owned[s]) for s in found)
    return tuple(sorted(made, key=lambda s: (s.location, s.framework)))


def server_of(found: Iterable[Server], route: Route) -> Server | None:
    """The server that a route belongs to."""
    path = str((route.body or route.location).path)
    family = "python" if path.endswith(".py") else "script"
    return _owner([s for s in found if s.framework != "page"], path, family)


def _owner(found: Iterable[Server], path: str, family: str) -> Server | None:
    """The server of this family whose folder is the nearest around the file; the only one, wherever it lies."""
    mine = [s for s in found if s.family == family]
    around = [s for s in mine if not s.root or path.startswith(s.root + "/")]
    if around:
        return max(around, key=lambda s: len(s.root))
    return mine[0] if len(mine) == 1 else None


def _python(project: Project) -> Iterator[Server]:
    apps: dict[tuple[str, str], list[tuple[Module, Call]]] = defaultdict(list)
    for module in project.hinted(_PYTHON_HINT, "python"):
        if any(i.spec.split(".")[0] in ("mcp", "fastmcp") for i in module.imports.values()):
            continue  # answers programs, not browsers
        for call in module.calls:
            framework = _PYTHON.get(call.name) or _PYTHON.get(call.last, "")
            if framework and _comes_from(module, call, framework):
                apps[(framework, _package_root(project, module.path))].append((module, call))
        listed = next((a for a in module.assigns if a.targets in (("MIDDLEWARE",), ("MIDDLEWARE_CLASSES",))), None)
        if listed is not None and not _LOCAL_SETTINGS.search(module.path):
            root = _package_root(project, module.path)
            yield Server("django", "python", root, first_line(module, listed.node))
    for (framework, root), made in sorted(apps.items(), key=lambda a: a[0]):
        yield Server(framework, "python", root, _place(made))


def _comes_from(module: Module, call: Call, framework: str) -> bool:
    head = call.name.split(".")[0]
    spec = module.imports[head].spec if head in module.imports else ""
    return spec.split(".")[0] in (framework, "connexion", "quart" if framework == "flask" else framework)


def _script(project: Project) -> Iterator[Server]:
    apps: dict[tuple[str, str], list[tuple[Module, Call]]] = defaultdict(list)
    for module in project.hinted(_SCRIPT_HINT, *javascript.LANGUAGES):
        for call in module.calls:
            framework = _SCRIPT.get(call.name, "") or _required_at_once(call)
            if framework:
                apps[(framework, _nearest(project, module.path, ("package.json", "deno.json")))].append((module, call))
    for (framework, root), made in sorted(apps.items(), key=lambda a: a[0]):
        yield Server(framework, "script", root, _place(made))


def _required_at_once(call: Call) -> str:
    """The framework of `require('express')()`."""
    callee = call.node.child_by_field_name("function")
    spec = javascript.required(callee) if callee is not None and callee.type == "call_expression" else ""
    return spec if spec in ("express", "fastify") else ""


def _place(made: list[tuple[Module, Call]]) -> Location:
    """Where the app is made: of several, the one that most is asked of."""

    def asked(one: tuple[Module, Call]) -> tuple[bool, int, int, int]:
        calls = [c.last for c in one[0].calls]
        mounts = sum(c in _MOUNTS for c in calls)
        return (bool(_SERVES & set(calls)), mounts, sum(c in _APP_CALLS for c in calls), -len(one[0].path))

    module, call = max(made, key=asked)
    return first_line(module, call.node)


def _next(project: Project) -> Iterator[Server]:
    """One for each Next.js app: at its settings, else at its outermost layout."""
    by_root: dict[str, list[SourceFile]] = defaultdict(list)
    for file in project.snapshot.files:
        path = str(file.path)
        if re.fullmatch(r"next\.config\.[cm]?[jt]s", file.path.name) or (
            _PAGES.search(path) and b"next" in _manifest(project, path)
        ):
            by_root[_nearest(project, path, ("package.json",))].append(file)
    for root, files in sorted(by_root.items()):
        at = min(files, key=lambda f: (not f.path.name.startswith("next.config"), len(f.path.parts), str(f.path)))
        yield Server("nextjs", "script", root, _settings_line(at))


def _settings_line(file: SourceFile) -> Location:
    for number, line in enumerate(file.lines, 1):
        if re.search(r"nextConfig\b.*=|module\.exports\s*=|export default", line):
            return file.whole_line(number)
    return file.whole_line(1)


def _manifest(project: Project, path: str) -> bytes:
    root = _nearest(project, path, ("package.json",))
    file = project.snapshot.file(posixpath.join(root, "package.json"))
    return file.data if file else b""


def _pages(project: Project, found: list[Server]) -> Iterator[Server]:
    """The page that a bundler builds and a host serves, where no server of the repository answers."""
    if found:
        return
    for file in project.snapshot.of("html"):
        if file.path.name == "index.html" and re.search(rb"<script[^>]+src=[\"']/?(?:\./)?src/", file.data):
            line = next((n for n, text in enumerate(file.lines, 1) if "<head" in text.lower()), 1)
            at = file.whole_line(line)
            yield Server("page", "script", posixpath.dirname(str(file.path)), at)


def _package_root(project: Project, path: str) -> str:
    """The folder that holds a Python module's outermost package."""
    folder = posixpath.dirname(path)
    while folder and project.snapshot.file(f"{folder}/__init__.py"):
        folder = posixpath.dirname(folder)
    return folder


def _nearest(project: Project, path: str, names: tuple[str, ...]) -> str:
    """The nearest folder upwards that holds one of these files; else the file's own."""
    own = folder = posixpath.dirname(path)
    while True:
        if any(project.snapshot.file(posixpath.join(folder, n)) for n in names):
            return folder
        if not folder:
            return own
        folder = posixpath.dirname(folder)
