"""Which JavaScript and TypeScript modules reach the browser."""

from __future__ import annotations

import re

from vibeaudit.source import SourceFile
from vibeaudit.survey.project import Project

_USE_CLIENT = re.compile(rb"^\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*['\"]use client['\"]", re.DOTALL)
_USE_SERVER = re.compile(rb"^\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*['\"]use server['\"]", re.DOTALL)
_IMPORT = re.compile(r"(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*['\"]([^'\"\n]+)['\"]")
_TYPES_ONLY = re.compile(r"\bimport\s+type\b[^;'\"]*['\"][^'\"]+['\"]")
_SCRIPT = re.compile(r"<script[^>]+src=['\"]/?([^'\"?]+)['\"]", re.IGNORECASE)
_SERVER = re.compile(
    r"(^|/)(api|server|functions|supabase)/|(^|/)(middleware|route)\.[cm]?[jt]s$|\.server\.[cm]?[jt]sx?$"
)
# state of a component: there is none on a server
_HOOKS = re.compile(rb"\buse(?:State|Effect|LayoutEffect|Reducer)\(|\bthis\.setState\(")
_LANGUAGES = ("javascript", "typescript", "tsx")


def client_files(project: Project) -> frozenset[str]:
    """The entry points ('use client', scripts of HTML pages, src/main of a bundled page, Next.js pages) and all
    that they import."""
    waiting = sorted(_entries(project))
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        file = project.snapshot.file(path)
        if path in found or file is None or file.language not in _LANGUAGES:
            continue
        if _USE_SERVER.match(file.data[:2000]) or (found and _SERVER.search(path)):
            continue
        found.add(path)
        waiting += [t for t in _imports(project, file) if t not in found]
    return frozenset(found)


def _entries(project: Project) -> set[str]:
    entries: set[str] = set()
    next_app = any(f.path.name.startswith("next.config.") for f in project.snapshot.files)
    for file in project.sources(*_LANGUAGES, "html"):
        path = str(file.path)
        if file.language == "html":
            home = path.rpartition("/")[0]
            for src in _SCRIPT.findall(file.text):
                for base in (home, f"{home}/public".strip("/"), f"{home}/static".strip("/")):
                    if (target := f"{base}/{src}".strip("/")) in project.snapshot.by_path:
                        entries.add(target)
        elif (
            _USE_CLIENT.match(file.data[:2000])
            or (_HOOKS.search(file.data) and b"react" in file.data.lower() and not _SERVER.search(path))
            or (re.search(r"(^|/)src/(main|index|App)\.[jt]sx?$", path) and b"react" in file.data.lower())
            or (next_app and re.search(r"(^|/)pages/(?!api/)[^.]*\.[jt]sx?$", path))
        ):
            entries.add(path)
    return entries


def _imports(project: Project, file: SourceFile) -> list[str]:
    text = _TYPES_ONLY.sub("", file.text[:500_000])
    specs = dict.fromkeys(_IMPORT.findall(text))
    return [path for s in specs if (path := project.paths.javascript(str(file.path), s))]
