"""The modules of an app together: which function a called name means, across files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from vibeaudit.flow.form import Function, Module, Path

_SCRIPT_ENDS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx", "/index.js")


class Program:
    """Resolves names. Knows the functions, and nothing of taint."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules: Mapping[str, Module] = {m.path: m for m in modules}
        self._by_dotted: dict[str, str] = {}
        for path in sorted(self.modules, reverse=True):
            if path.endswith(".py"):
                self._index_python(path)

    def _index_python(self, path: str) -> None:
        """Every end of a file's dotted name, so that a source root need not be known; the shortest path wins."""
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            self._by_dotted[".".join(parts[start:])] = path

    def names(self, module: Module, written: Path) -> tuple[Path, ...]:
        """A name as written, and as its import says ("sp.run" -> "subprocess.run")."""
        found = module.imports.get(written[0]) if written else None
        if found is None:
            return (written,)
        source, name = found
        head = tuple(source.split(".")) if name == "*" else (*source.split("."), name)
        return (written, (*head, *written[1:]))

    def resolve(self, module: Module, caller: Function, written: Path) -> tuple[Module, Function] | None:
        """The function that a called name means, or None when it is not the app's own."""
        if not written:
            return None
        if written[0] in ("self", "this") and len(written) == 2:
            owner = caller.outer
            while owner:
                if found := module.functions.get(f"{owner}.{written[1]}"):
                    return module, found
                owner = module.functions[owner].outer
            return None
        if local := self._local(module, caller, written):
            return local
        return self._imported(module, written)

    @staticmethod
    def _local(module: Module, caller: Function, written: Path) -> tuple[Module, Function] | None:
        key, scope = ".".join(written), caller.key
        while True:
            if found := module.functions.get(f"{scope}.{key}" if scope else key):
                return module, found
            if not scope:
                return None
            scope = module.functions[scope].outer

    def _imported(self, module: Module, written: Path) -> tuple[Module, Function] | None:
        found = module.imports.get(written[0])
        if found is None:
            return None
        source, name = found
        target = self._python(module, source) if module.language == "python" else self._script(module, source)
        if target is None and module.language == "python" and name != "*":  # from package import module
            target, rest = self._python(module, f"{source}.{name}"), written[1:]
        else:
            rest = written[1:] if name in ("*", "default") else (name, *written[1:])
        if target is None or not rest:
            return None
        callee = target.functions.get(".".join(rest))
        return (target, callee) if callee is not None else None

    def _python(self, module: Module, source: str) -> Module | None:
        if source.startswith("."):
            up = len(source) - len(source.lstrip("."))
            here = PurePosixPath(module.path).parent.parts
            base = here[: len(here) - up + 1]
            source = ".".join((*base, source.lstrip("."))).strip(".")
        path = self._by_dotted.get(source)
        return self.modules.get(path) if path else None

    def _script(self, module: Module, source: str) -> Module | None:
        for base in _bases(module.path, source):
            for end in _SCRIPT_ENDS:
                if found := self.modules.get(f"{base}{end}"):
                    return found
            if base.endswith(".js") and (found := self.modules.get(base[:-3] + ".ts")):
                return found
        return None


def _bases(path: str, source: str) -> list[str]:
    """Where a module specifier may point: relative to the file, or by the usual "@/" and "~/" aliases."""
    if source.startswith("."):
        parts: list[str] = []
        for part in (*PurePosixPath(path).parent.parts, *source.split("/")):
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        return ["/".join(parts)]
    if source.startswith(("@/", "~/")):
        return [f"{root}{source[2:]}" for root in ("src/", "", "app/")]
    return []
