"""The modules of an app together: which function a called name means, across files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from weakref import proxy

from vibeaudit.flow.classes import Classes, Found
from vibeaudit.flow.form import ANY_FIELD, Function, Module, Path
from vibeaudit.flow.imports import Imports

_CONSTRUCTORS = ("__init__", "constructor")
MAX_HOPS = 6  # of names passed on from file to file


class Program:
    """Resolves names. Knows the functions, and nothing of taint."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules: Mapping[str, Module] = {m.path: m for m in modules}
        self._imports = Imports(self.modules)
        self._meanings: dict[tuple[str, Path], Found | None] = {}
        self._inside: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in sorted(self.modules, reverse=True):
            for function in self.modules[path].functions.values():
                if function.key:
                    self._inside[(path, function.outer)].append(function.key)
        own = proxy(self)  # without a circle, all that was lowered goes as soon as the flows are known
        self.classes = Classes(self.modules, lambda module, caller, written: own._named(module, caller, written))

    def inside(self, module: Module, function: Function) -> list[str]:
        """The keys of the functions written in this one."""
        return self._inside.get((module.path, function.key), [])

    def names(self, module: Module, written: Path) -> tuple[Path, ...]:
        """A name as written, and as its import says ("sp.run" -> "subprocess.run")."""
        start = 1 if written[:1] in (("new",), ("tag",)) else 0
        found = module.imports.get(written[start]) if len(written) > start else None
        if found is None:
            return (written,)
        source, name = found
        source = source.removeprefix("node:")
        head = tuple(source.split(".")) if name in ("*", "default") else (*source.split("."), name)
        return (written, (*written[:start], *head, *written[start + 1 :]))

    def resolve(self, module: Module, caller: Function, written: Path) -> Found | None:
        """The function that a called name means, or None when it is not the app's own. A class means its
        constructor."""
        written = written[1:] if written[:1] == ("new",) else written
        if not written or written[0] == "*":
            return None
        found = self._method(module, caller, written) or self._named(module, caller, written)
        if found is not None and found[1].is_class:
            return self.constructor(found) or found
        return found

    def listed_fields(self, module: Module, owner: Function, hops: int = 4) -> dict[Path, Path]:
        """The fields that a class declares with their types, and those of the app's classes that it extends."""
        found: dict[Path, Path] = {}
        for base in owner.bases if owner.is_class and hops else ():
            if (above := self.resolve(module, module.functions[""], base)) is not None and above[1] is not owner:
                found |= self.listed_fields(*above, hops - 1)
        return found | {p: t for p, t in owner.types.items() if len(p) == 1}

    def takes_any_field(self, module: Module, owner: Function, hops: int = 4) -> bool:
        """Whether a class of a schema, or one that it extends, keeps fields that it does not list."""
        if ANY_FIELD in owner.constants:
            return True
        above = (self.resolve(module, module.functions[""], b) for b in owner.bases if owner.is_class and hops)
        return any(self.takes_any_field(*a, hops - 1) for a in above if a is not None and a[1] is not owner)

    def constructor(self, found: Found) -> Found | None:
        """What makes an object of a class: its own or an inherited one, or the function that is one."""
        if not found[1].is_class:
            return found
        made = (self.classes.method(found, c) for c in _CONSTRUCTORS)
        return next((m for m in made if m is not None), None)

    def class_named(self, module: Module, caller: Function, written: Path) -> Found | None:
        """The class that a name means."""
        found = self._named(module, caller, written[1:] if written[:1] == ("new",) else written)
        return found if found is not None and self.classes.is_class(found) else None

    def names_anywhere(self, name: str) -> bool:
        """Whether any file imports something of this name."""
        return any(name in m.imports for m in self.modules.values())

    def uses(self, packages: tuple[str, ...]) -> bool:
        """Whether any file takes something from one of these packages."""
        return self._imports.uses(packages)

    def kind_of(self, module: Module, caller: Function, path: Path) -> tuple[Path, Path]:
        """What the object was made by that a name means, and what is read of it; nothing when that is not known."""
        if path[0] in ("self", "this") and len(path) > 2:
            owner = self.classes.owner(module, caller)
            return (module.functions[owner].types.get(path[1:2], ()) if owner else ()), path[2:]
        function: Function | None = caller
        while function is not None:
            if kind := function.types.get(path[:1]):
                return kind, path[1:]
            function = module.functions[function.outer] if function.key else None
        return (), ()

    def class_of(self, module: Module, caller: Function, path: Path) -> Found | None:
        """The class of the object that a name means, here or in the file that it is imported from."""
        kind, rest = self.kind_of(module, caller, path)
        if kind:
            return self.class_named(module, caller, kind) if not rest else None
        source, name = module.imports.get(path[0], ("", "")) if len(path) == 1 else ("", "")
        target = self._imports.module(module, source) if source else None
        made = target.functions[""].types.get((name,), ()) if target is not None else ()
        return self.class_named(target, target.functions[""], made) if target is not None and made else None

    def is_own(self, module: Module, source: str) -> bool:
        """Whether a file of the app is what an import names."""
        return self._imports.module(module, source) is not None

    def constant(self, module: Module, caller: Function, path: Path) -> str | None:
        """The text that a name holds for good. What no name leads to (`<b/>`) has an empty path."""
        function: Function | None = caller
        while function is not None:
            if path in function.constants:
                return function.constants[path]
            function = module.functions[function.outer] if function.key else None
        imported = module.imports.get(path[0]) if path else None
        if imported is not None and (target := self._imports.module(module, imported[0])) is not None:
            rest = path[1:] if imported[1] == "*" else (imported[1], *path[1:])
            return target.functions[""].constants.get(rest)
        return None

    def _named(self, module: Module, caller: Function, written: Path) -> Found | None:
        return self._local(module, caller, written) or self._imported(module, written, MAX_HOPS)

    def _method(self, module: Module, caller: Function, written: Path) -> Found | None:
        """`self.find()`, `this.find()`, `service.find()`: by the class that the name is an object of."""
        if len(written) < 2:
            return self._inherited(module, caller, ("super", *_CONSTRUCTORS)) if written == ("super",) else None
        if written[0] == "super":
            return self._inherited(module, caller, written)
        if written[0] in ("self", "this", "cls"):
            owner = self.classes.owner(module, caller)
            if not owner:
                return None
            kind = (module, module.functions[owner])
            if len(written) == 2:
                return self.classes.method(kind, written[1]) or self.classes.overriding(kind, written[1])
            for place, klass in self.classes.line(kind):
                if held := klass.types.get((written[1],)):
                    return self._of_class(place, klass, held, written[2:])
            return None
        function: Function | None = caller
        while function is not None:
            if made := function.types.get(written[:1]):
                return self._of_class(module, caller, made, written[1:])
            function = module.functions[function.outer] if function.key else None
        return None

    def _inherited(self, module: Module, caller: Function, written: Path) -> Found | None:
        """`super().find`, or the first of several names that is there."""
        owner = self.classes.owner(module, caller)
        kind = (module, module.functions[owner])
        found = (self.classes.above(kind, name) for name in written[1:]) if owner else iter(())
        return next((f for f in found if f is not None), None)

    def _of_class(self, module: Module, caller: Function, kind: Path, rest: Path) -> Found | None:
        found = self._named(module, caller, kind)
        if found is None or len(rest) != 1 or not self.classes.is_class(found):
            return None
        return self.classes.method(found, rest[0])

    @staticmethod
    def _local(module: Module, caller: Function, written: Path) -> Found | None:
        key, scope = ".".join(written), caller.key
        while True:
            if found := module.functions.get(f"{scope}.{key}" if scope else key):
                return module, found
            if not scope:
                return None
            scope = module.functions[scope].outer

    def _imported(self, module: Module, written: Path, hops: int) -> Found | None:
        found = module.imports.get(written[0])
        if found is None or not hops:
            return self._of_stars(module, written, hops)
        source, name = found
        target = self._imports.module(module, source)
        if module.language == "python" and name != "*":  # from package import module
            inner = self._imports.module(module, f"{source}{'' if source.endswith('.') else '.'}{name}")
            if inner is not None and len(written) > 1:
                return self._exported(inner, written[1:], hops)
        if module.language == "python" and name == "*":  # import package.module
            for cut in range(len(written) - 1, 1, -1):
                inner = self._imports.module(module, ".".join((source, *written[1:cut])))
                if inner is not None:
                    return self._exported(inner, written[cut:], hops)
        if target is None:
            return None
        if name == "*" and len(written) == 1 and module.language != "python":  # const send = require("./send")
            return self._exported(target, ("default",), hops)
        return self._exported(target, written[1:] if name == "*" else (name, *written[1:]), hops)

    def _of_stars(self, module: Module, written: Path, hops: int) -> Found | None:
        """What `from .tools import *` brings along; in a script, such names are only passed on."""
        for source in module.passed_on if module.language == "python" and hops else ():
            target = self._imports.module(module, source)
            if target is not None and (found := self._exported(target, written, hops - 1)):
                return found
        return None

    def _exported(self, module: Module, name: Path, hops: int) -> Found | None:
        """What a name means to those who import it from a file. What a longer way did not find, a shorter one may."""
        if not name or not hops:
            return None
        key = (module.path, name)
        if key not in self._meanings:
            found = self._sought(module, name, hops)
            if found is None and hops < MAX_HOPS:
                return None
            self._meanings[key] = found
        return self._meanings[key]

    def _sought(self, module: Module, name: Path, hops: int) -> Found | None:
        if name[0] == "default" and "default" not in module.exports:
            name = name[1:]  # an older module's exports, taken as one object
            if not name:
                return None
        local = module.exports.get(name[0])
        written = (*local.split("."), *name[1:]) if local is not None else name
        top = module.functions[""]
        if found := module.functions.get(".".join(written)):
            return module, found
        if len(written) == 2 and (kind := top.types.get(written[:1])):
            return self._of_class(module, top, kind, written[1:])
        if written[0] in module.imports and (found_there := self._imported(module, written, hops - 1)):
            return found_there
        for source in module.passed_on:
            target = self._imports.module(module, source)
            if target is not None and (passed_on := self._exported(target, name, hops - 1)):
                return passed_on
        if local is None and module.exports.get("default", "exports") != "exports" and name[0] != "default":
            return self._sought(module, ("default", *name), hops)  # `module.exports = model`, an object or a class
        return None
