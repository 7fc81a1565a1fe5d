"""Which file of the app an import means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

from vibeaudit.flow.form import Module

_SCRIPT_ENDS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx", "/index.js")


class Imports:
    """Finds the file behind what a file imports, by Python's dotted names and by JavaScript's specifiers."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules
        self._by_dotted: dict[str, str] = {}
        self._sources: dict[tuple[str, str], Module | None] = {}
        for path in sorted(modules, reverse=True):
            if path.endswith(".py"):
                self._index(path)
        self._root = self._root_package()
        self._packages = frozenset(
            _package(s, m.language == "python") for m in modules.values() for s, _ in m.imports.values()
        )

    def uses(self, packages: tuple[str, ...]) -> bool:
        """Whether any file takes something from one of these packages."""
        return any(p in self._packages for p in packages)

    def module(self, module: Module, source: str) -> Module | None:
        """The file that an import names, or None when it is not the app's."""
        folder = module.path.rpartition("/")[0]
        key = (folder, source)
        if key not in self._sources:
            python = module.language == "python"
            self._sources[key] = self._python(module, source) if python else self._script(module, source)
        return self._sources[key]

    def _index(self, path: str) -> None:
        """Every end of a file's dotted name, so that a source root need not be known; the shortest path wins."""
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            self._by_dotted[".".join(parts[start:])] = path

    def _python(self, module: Module, source: str) -> Module | None:
        if source.startswith("."):
            up = len(source) - len(source.lstrip("."))
            here = PurePosixPath(module.path).parent.parts
            base = here[: len(here) - up + 1]
            rest = source.lstrip(".").replace(".", "/")
            joined = "/".join((*base, rest)).strip("/")
            found = self._modules.get(f"{joined}.py")
            return found if found is not None else self._modules.get(f"{joined}/__init__.py".lstrip("/"))
        path = self._by_dotted.get(source)
        if path is None and self._root and source.startswith(f"{self._root}."):
            return self._at_root(source.partition(".")[2])
        return self._modules.get(path) if path else None

    def _at_root(self, dotted: str) -> Module | None:
        joined = dotted.replace(".", "/")
        return self._modules.get(f"{joined}.py") or self._modules.get(f"{joined}/__init__.py")

    def _root_package(self) -> str:
        """The package that the app's own folder is, by the name that the app imports itself by: all that is imported
        from it lies there, and that is more than one module."""
        asked: dict[str, set[str]] = defaultdict(set)
        for module in self._modules.values():
            for source, _ in module.imports.values() if module.language == "python" else ():
                first, _, rest = source.partition(".")
                if first and rest and source not in self._by_dotted:
                    asked[first].add(rest)
        found = (n for n, wanted in sorted(asked.items()) if len(wanted) > 1 and all(map(self._at_root, wanted)))
        return next(found, "")

    def _script(self, module: Module, source: str) -> Module | None:
        for base in _bases(module.path, source):
            for end in _SCRIPT_ENDS:
                if found := self._modules.get(f"{base}{end}".lstrip("/")):
                    return found
            if base.endswith(".js") and (found := self._modules.get(base[:-3] + ".ts")):
                return found
        return None


def _bases(path: str, source: str) -> list[str]:
    """Where a module specifier may point: relative to the file, or by the usual "@/", "~/" and "$lib" aliases, which
    start at the source root nearest to the file."""
    if source.startswith("."):
        parts: list[str] = []
        for part in (*PurePosixPath(path).parent.parts, *source.split("/")):
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        return ["/".join(parts)]
    for alias, under in (("@/", ""), ("~/", ""), ("$lib/", "lib/")):
        if source.startswith(alias):
            above = ["/".join((*p.parts, "")) for p in PurePosixPath(path).parents]
            roots = [f"{folder}{root}" for folder in above for root in ("src/", "app/", "")]
            return [f"{root}{under}{source[len(alias) :]}" for root in roots]
    if "/" not in source:
        return []
    name, _, rest = source.removeprefix("@").partition("/")
    if source.startswith("@"):  # @scope/package/rest, of the same workspace
        name, _, rest = rest.partition("/")
    folders = (f"{under}/{name}" for under in ("packages", "libs", "apps"))
    return [source, *(f"{folder}{inner}{f'/{rest}' if rest else ''}" for folder in folders for inner in ("", "/src"))]


def _package(source: str, dotted: bool) -> str:
    """What is installed to import this. A package of npm may have a dot in its name: socket.io."""
    parts = source.removeprefix("node:").split("/")
    if source.startswith("@"):
        return "/".join(parts[:2])
    return parts[0].split(".")[0] if dotted else parts[0]
