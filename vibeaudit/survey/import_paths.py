"""Which file of the app an import names: relative, by alias, by package of a monorepo, by dotted name."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from functools import cached_property

from vibeaudit.model import LeftOut, Snapshot

_ENDINGS = (
    "",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TSCONFIG = re.compile(r"(?:ts|js)config(?:\.\w+)?\.json")


@dataclass
class ImportPaths:
    """`left_out` grows as settings of aliases turn out to be unreadable."""

    snapshot: Snapshot
    left_out: list[LeftOut]
    _bases: list[str] = field(default_factory=list)

    def javascript(self, importer: str, spec: str) -> str | None:
        """The file of this app that an import names, if any."""
        if spec.startswith("."):
            return self._first(posixpath.normpath(posixpath.join(posixpath.dirname(importer), spec)))
        for prefix, places in self._aliases:
            if spec.startswith(prefix) and (prefix.endswith("/") or spec == prefix):
                for place in places:
                    if path := self._first(posixpath.normpath(posixpath.join(place, spec[len(prefix) :]))):
                        return path
        for name, home in self._workspaces:
            if spec == name or spec.startswith(name + "/"):
                rest = spec[len(name) + 1 :] or "index"
                for inside in ("src", "", "lib"):
                    if path := self._first(posixpath.normpath(posixpath.join(home, inside, rest))):
                        return path
        if spec.startswith(("@/", "~/", "src/")):
            parts = posixpath.dirname(importer).split("/")
            rest = spec if spec.startswith("src/") else spec[2:]
            for depth in range(len(parts), -1, -1):
                for inside in ("", "src", "app"):
                    if path := self._first(posixpath.normpath(posixpath.join(*parts[:depth], inside, rest))):
                        return path
        for home in sorted(self._bases):  # `lib/db`, from where `baseUrl` says that imports start
            if "/" in spec and (path := self._first(posixpath.normpath(posixpath.join(home, spec)))):
                return path
        return None

    def _first(self, stem: str) -> str | None:
        bare = re.sub(r"\.(js|mjs|cjs|jsx)$", "", stem)
        for candidate in (stem, bare):
            for ending in _ENDINGS:
                if candidate + ending in self.snapshot.by_path:
                    return candidate + ending
        return None

    @cached_property
    def _workspaces(self) -> list[tuple[str, str]]:
        """The packages of a monorepo: (name, folder), the longest names first."""
        found = []
        for file in self.snapshot.files:
            if file.path.name == "package.json" and len(file.path.parts) > 1 and len(file.data) < 100_000:
                named = re.search(rb'"name"\s*:\s*"([^"]+)"', file.data)
                found += [(named[1].decode("utf-8", "replace"), str(file.path.parent))] if named else []
        return sorted(found, key=lambda w: (-len(w[0]), w))

    @cached_property
    def _aliases(self) -> list[tuple[str, list[str]]]:
        """The `paths` of every tsconfig.json, tsconfig.base.json (Nx) and jsconfig.json."""
        found: list[tuple[str, list[str]]] = []
        for file in self.snapshot.files:
            if not _TSCONFIG.fullmatch(file.path.name) or len(file.data) > 100_000:
                continue
            try:
                options = json.loads(lenient_json(file.text)).get("compilerOptions", {})
                home = posixpath.join(str(file.path.parent), str(options.get("baseUrl", ".")))
                if "baseUrl" in options:
                    self._bases.append(home)
                for alias, places in options.get("paths", {}).items():
                    found.append((alias.rstrip("*"), [posixpath.join(home, p.rstrip("*")) for p in places]))
            except (ValueError, AttributeError, TypeError):
                self.left_out.append(LeftOut(str(file.path), "import aliases could not be read"))
        return sorted(found, key=lambda a: (-len(a[0]), a[0], a[1]))

    def python(self, importer: str, spec: str) -> str | None:
        dots = len(spec) - len(spec.lstrip("."))
        rest = spec.lstrip(".").replace(".", "/")
        if dots:
            home = posixpath.dirname(importer)
            for _ in range(dots - 1):
                home = posixpath.dirname(home)
            return self._python_file(posixpath.join(home, rest))
        parts = posixpath.dirname(importer).split("/") if "/" in importer else []
        for depth in range(len(parts), -1, -1):
            for inside in ("", "src"):
                if path := self._python_file(posixpath.join(*parts[:depth], inside, rest) if depth or inside else rest):
                    return path
        return None

    def _python_file(self, stem: str) -> str | None:
        stem = posixpath.normpath(stem)
        for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
            if candidate in self.snapshot.by_path:
                return candidate
        return None


def lenient_json(text: str) -> str:
    """JSON without comments and trailing commas. `"@/*"` is no comment: strings are kept."""
    kept = re.sub(
        r'"(?:\\.|[^"\\])*"|' + _COMMENT.pattern, lambda m: m[0] if m[0][0] == '"' else "", text, flags=re.DOTALL
    )
    return re.sub(r",(\s*[}\]])", r"\1", kept)
