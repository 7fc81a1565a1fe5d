"""The classes of an app: their methods, what they inherit, and which of them a method's bare name can mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from vibeaudit.flow.form import Function, Module, Path

MAX_MEANT = 3  # classes whose method an object of unknown class may have
MAX_BASES = 5  # classes above one another
_COMMON = frozenset(
    ("get", "set", "add", "put", "post", "run", "call", "apply", "bind", "send", "save", "find", "close", "open",
     "read", "write", "update", "delete", "create", "remove", "list", "load", "init", "start", "stop", "next", "then",
     "catch", "emit", "on", "use", "log", "info", "error", "warn", "warning", "debug", "query", "execute", "render",
     "count", "index", "filter", "map", "join", "split", "items", "keys", "values", "copy", "pop", "format", "encode",
     "decode", "strip", "lower", "upper", "replace", "toString", "push", "constructor", "exec", "test", "match",
     "forEach", "reduce", "sort", "slice", "includes", "commit", "fetch", "connect", "handle", "process", "parse",
     "dump", "dumps", "loads", "append", "extend", "insert", "search", "validate", "json", "text", "end", "status")
)  # fmt: skip
Found = tuple[Module, Function]
Key = tuple[str, str]


class Classes:
    """A class is one that is written so, and a function that gives `this` or its prototype methods."""

    def __init__(self, modules: Mapping[str, Module], named: Callable[[Module, Function, Path], Found | None]) -> None:
        self._modules, self._named = modules, named
        self._methods: dict[Key, dict[str, str]] = defaultdict(dict)
        self._owners: dict[Key, str] = {}
        self._by_name: dict[str, list[Found]] = defaultdict(list)
        self.getters: set[str] = set()
        self._below: dict[Key, list[Key]] | None = None
        for path in sorted(modules):
            for function in modules[path].functions.values():
                self._note(modules[path], function)

    def _note(self, module: Module, function: Function) -> None:
        owner, name = _owner_of(module, function)
        if not name:
            return
        self._methods[(module.path, owner)].setdefault(name, function.key)
        self._owners[(module.path, function.key)] = owner
        self._by_name[name].append((module, function))
        if function.is_getter:
            self.getters.add(name)

    def is_class(self, found: Found) -> bool:
        return found[1].is_class or (found[0].path, found[1].key) in self._methods

    def owner(self, module: Module, function: Function) -> str:
        """The key of the class that `self` and `this` are an object of, or nothing."""
        current: Function | None = function
        while current is not None and current.key:
            if owner := self._owners.get((module.path, current.key)):
                return owner
            if current is not function and self.is_class((module, current)):
                return current.key
            current = module.functions.get(current.outer)
        return function.key if self.is_class((module, function)) else ""

    def method(self, found: Found, name: str) -> Found | None:
        """The method of a class, its own or inherited."""
        for module, kind in self.line(found):
            if key := self._methods.get((module.path, kind.key), {}).get(name):
                return module, module.functions[key]
        return None

    def above(self, found: Found, name: str) -> Found | None:
        """The method that a class inherits, as `super()` means it."""
        line = list(self.line(found))[1:]
        return self.method(line[0], name) if line else None

    def overriding(self, found: Found, name: str) -> Found | None:
        """The method that the one class below has, when the class itself has none: an abstract one."""
        if self._below is None:
            self._below = defaultdict(list)
            for path, key in list(self._methods):
                line = list(self.line((self._modules[path], self._modules[path].functions[key])))
                for module, kind in line[1:]:
                    self._below[(module.path, kind.key)].append((path, key))
        below = self._below.get((found[0].path, found[1].key), [])
        meant = [(self._modules[p], self._modules[p].functions[k]) for p, k in below if name in self._methods[(p, k)]]
        return self.method(meant[0], name) if meant else None

    def meant(self, name: str, arguments: int) -> list[Found]:
        """The methods that `x.name(...)` can mean where the class of `x` is not known."""
        found = self._by_name.get(name, []) if name not in _COMMON else []
        fitting = [f for f in found if len(f[1].parameters) >= arguments]
        return fitting if len(fitting) <= MAX_MEANT else []

    def inherits(self, module: Module, function: Function, ending: str) -> bool:
        """Whether the class around a function is below one whose name ends so, of the app's or of a library's."""
        key = self.owner(module, function)
        line = self.line((module, module.functions[key])) if key else iter(())
        return any(base[-1].endswith(ending) for _, kind in line for base in kind.bases if base)

    def line(self, found: Found) -> Iterator[Found]:
        """A class and those above it."""
        turn, seen = [found], 0
        while turn and seen < MAX_BASES:
            module, kind = turn.pop(0)
            yield module, kind
            seen += 1
            for base in kind.bases:
                above = self._named(module, kind, base)
                if above is not None and self.is_class(above) and above[1] is not kind:
                    turn.append(above)


def _owner_of(module: Module, function: Function) -> tuple[str, str]:
    """The class whose method a function is, and the method's name; or nothing."""
    outer = module.functions.get(function.outer)
    if outer is not None and outer.is_class and not function.is_class:
        return outer.key, function.key.removeprefix(f"{outer.key}.").removeprefix("this.").rstrip("'")
    for mark in (".prototype.", ".this."):
        head, found, name = function.key.rpartition(mark)
        if found and head in module.functions and "." not in name:
            return head, name.rstrip("'")
    return "", ""
