"""The audited app's code files, read on demand, with names resolved from file to file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Call, Function, Import, Module
from vibeaudit.survey.import_paths import ImportPaths

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.source import SourceFile

_TEST = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|spec|specs|e2e|cypress|fixtures|examples?|migrations/versions)/"
    r"|(^|/)(test_[^/]*\.py|[^/]*_test\.py|conftest\.py)$|\.(test|spec|stories|d)\.[cm]?[jt]sx?$"
    r"|(^|/)stories/.*\.[cm]?[jt]sx?$"
)
_MAX_HOPS = 8
T = TypeVar("T")
_MANIFEST_BYTES = 200_000  # more is nobody's own list of packages
APP_BYTES = 100_000_000  # of code whose trees and facts are held at once: each byte takes some 20 of memory


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: a function of this app, or else the expression that it was given."""

    module: Module
    function: Function | None = None
    value: Node | None = None
    name: str = ""


@dataclass
class Project:
    """`left_out` grows as files turn out to be unreadable, or to be more than `app_bytes` together."""

    snapshot: Snapshot
    left_out: list[LeftOut] = field(default_factory=list)
    _modules: dict[str, Module | None] = field(default_factory=dict)
    memory: dict[object, object] = field(default_factory=dict)  # what guards and effects worked out, by function
    app_bytes: int = APP_BYTES
    _held: int = 0

    @cached_property
    def paths(self) -> ImportPaths:
        """Which file an import names."""
        return ImportPaths(self.snapshot, self.left_out)

    def sources(self, *languages: str) -> Iterator[SourceFile]:
        """The app's own code in these languages: tests, mocks and type declarations are left aside."""
        return (f for f in self.snapshot.of(*languages) if not _TEST.search(str(f.path)))

    def once(self, key: str, work: Callable[[], T]) -> T:
        """What the work gives, done for whoever asks first. `key` is the asking function's own."""
        if ("once", key) not in self.memory:
            self.memory[("once", key)] = work()
        return cast("T", self.memory[("once", key)])

    def says(self, pattern: re.Pattern[bytes], *languages: str) -> bool:
        """Whether any of the app's own files in these languages holds the pattern; looked for once."""
        key = ("says", pattern, languages)
        if key not in self.memory:
            self.memory[key] = any(f.holds(pattern) for f in self.sources(*languages))
        return bool(self.memory[key])

    def manifests_say(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether any `package.json` holds the pattern; looked for once."""
        return self.once(
            f"manifests say {pattern.pattern!r}",
            lambda: any(
                pattern.search(f.data)
                for f in self.snapshot.files
                if f.path.name == "package.json" and len(f.data) < _MANIFEST_BYTES
            ),
        )

    def module(self, path: str) -> Module | None:
        """A file's facts; None when it is no code file or cannot be read."""
        if path not in self._modules:
            self._modules[path] = self._read(path)
        return self._modules[path]

    def _read(self, path: str) -> Module | None:
        file = self.snapshot.file(path)
        if file is None:
            return None
        reader = (
            python
            if file.language in python.LANGUAGES
            else javascript
            if file.language in javascript.LANGUAGES
            else None
        )
        if reader is None:
            return None
        if self._held + len(file.data) > self.app_bytes:
            self.left_out.append(LeftOut(path, f"beyond the {self.app_bytes:,} bytes of code that are held at once"))
            return None
        self._held += len(file.data)
        try:
            module: Module = reader.read(file)
        except Exception as error:  # one bad file costs only itself
            self.left_out.append(LeftOut(path, f"could not be surveyed: {type(error).__name__}"))
            return None
        if module.error:
            self.left_out.append(LeftOut(path, "too large to be parsed"))
            return None
        return module

    def hinted(self, hint: re.Pattern[bytes], *languages: str) -> Iterator[Module]:
        """The modules whose bytes match a framework's hint, in path order; looked for once."""
        key = ("hinted", hint, languages)
        if key not in self.memory:
            self.memory[key] = [str(f.path) for f in self.sources(*languages) if f.holds(hint)]
        for path in self.memory[key]:  # type: ignore[attr-defined]
            if module := self.module(path):
                yield module

    def meaning(self, module: Module, name: str, hops: int = 0) -> Meaning | None:
        """What a (dotted) name stands for, followed through imports. None when it leaves the app."""
        if hops > _MAX_HOPS or not name:
            return None
        if function := module.by_name.get(name):
            # `try: from x import f` with a stand-in below for when the import fails: the import counts
            real = self.imported(module, module.imports[name], hops) if name in module.imports else None
            return real if real and real.function else Meaning(module, function, function.node, name)
        head, _, rest = name.partition(".")
        if name in module.imports and _is_defined_anew(module, name):
            return self._class(module, name)
        if name in module.imports:
            return self.imported(module, module.imports[name], hops)
        if rest and head in module.imports:
            entry = module.imports[head]
            inner = self.target(module, entry.spec) if entry.name == "*" else None
            if inner is None and module.kind == "python":
                inner = self.target(
                    module, f"{entry.spec}.{entry.name}".replace("..", ".") if entry.spec != "." else f".{entry.name}"
                )
            if inner is not None:
                return self._exported(inner, rest, hops + 1)
            if holder := self.imported(module, entry, hops):
                return self._member(holder, rest, hops)
            return None
        if name in module.values:
            return Meaning(module, module.function_at(module.values[name]), module.values[name], name)
        if rest and head in module.values:
            return self._member(Meaning(module, None, module.values[head], head), rest, hops)
        return self._starred(module, name, hops) if module.kind == "python" else None

    def _starred(self, module: Module, name: str, hops: int) -> Meaning | None:
        """A name that comes from a `from x import *`."""
        if name in module.by_class:
            return None
        for spec in module.star_exports:
            inner = self.target(module, spec)
            if inner is not None and (found := self._exported(inner, name, hops + 1)):
                return found
        return None

    def _member(self, holder: Meaning, rest: str, hops: int) -> Meaning | None:
        """`controller.create` where controller is an object literal or an instance of a class of this app."""
        if holder.value is None:
            return self._exported(holder.module, rest, hops + 1) if holder.name == "*" else None
        if holder.value.type == "object":
            for child in holder.value.named_children:
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if child.type == "shorthand_property_identifier" and child.text == rest.encode():
                    return self.meaning(holder.module, rest, hops + 1)
                if child.type == "pair" and key is not None and value is not None and key.text == rest.encode():
                    return Meaning(holder.module, holder.module.function_at(value), value, rest)
                if (
                    child.type == "method_definition"
                    and (n := child.child_by_field_name("name")) is not None
                    and n.text == rest.encode()
                ):
                    return Meaning(holder.module, holder.module.function_at(child), child, rest)
        call = holder.module.call_at(holder.value)
        if call and call.name:
            function = holder.module.by_name.get(f"{call.name}.{rest}")
            if function:
                return Meaning(holder.module, function, function.node, rest)
            if (made := self.meaning(holder.module, call.name, hops + 1)) and (
                f := made.module.by_name.get(f"{made.name}.{rest}")
            ):
                return Meaning(made.module, f, f.node, rest)
            if holder.module.kind == "python" and (method := self._inherited(holder.module, call.name, rest)):
                return Meaning(method[0], method[1], method[1].node, rest)
        return None

    def _inherited(self, module: Module, name: str, method: str) -> tuple[Module, Function] | None:
        from vibeaudit.survey.classes import lineage

        key = ("inherited", module.path, name, method)
        if key not in self.memory:
            self.memory[key] = None  # `rows = rows.filter()`: a name that is given itself stands for nothing
            held = lineage(self, module, name)
            self.memory[key] = held.method(method) if held is not None else None
        return self.memory[key]  # type: ignore[return-value]

    def imported(self, module: Module, entry: Import, hops: int) -> Meaning | None:
        """What an import stands for."""
        target = self.target(module, entry.spec)
        if target is None and module.kind == "python" and entry.spec.startswith("."):
            target = None
        if module.kind == "python" and entry.name != "*":
            joined = entry.spec + entry.name if entry.spec.endswith(".") else f"{entry.spec}.{entry.name}"
            if (inner := self.target(module, joined)) is not None:
                return Meaning(inner, None, None, "*")
        return self._exported(target, entry.name, hops + 1) if target is not None else None

    def _exported(self, module: Module, name: str, hops: int) -> Meaning | None:
        if hops > _MAX_HOPS:
            return None
        if module.kind == "python":
            if name == "*":
                return Meaning(module, None, None, "*")
            if found := self.meaning(module, name, hops + 1):
                return found
            if name in module.by_class:
                return Meaning(module, None, module.by_class[name].node, name)
        else:
            wanted = "default" if name == "*" and "default" in module.exports else name
            if name == "*" and wanted == "*":
                return Meaning(module, None, None, "*")
            target = module.exports.get(wanted)
            if isinstance(target, str):
                return self.meaning(module, target, hops + 1) or self._class(module, target)
            if isinstance(target, Import):
                return self.imported(module, target, hops + 1)
            if target is not None:
                return Meaning(module, module.function_at(target), target, name)
        for spec in module.star_exports:
            inner = self.target(module, spec)
            if inner is not None and (found := self._exported(inner, name, hops + 1)):
                return found
        return None

    @staticmethod
    def _class(module: Module, name: str) -> Meaning | None:
        return Meaning(module, None, module.by_class[name].node, name) if name in module.by_class else None

    def function_called(self, module: Module, call: Call) -> tuple[Module, Function] | None:
        """The app's own function that a call reaches; looked for once."""
        if call not in module.reached:
            module.reached[call] = self._function_called(module, call)
        return module.reached[call]  # type: ignore[return-value]

    def _function_called(self, module: Module, call: Call) -> tuple[Module, Function] | None:
        if module.kind == "javascript" and (reached := self._script_function(module, call)):
            return reached
        name = call.name.removeprefix("this.").removeprefix("self.")
        found = self.meaning(module, name)
        if found and found.function:
            return found.module, found.function
        if module.kind == "python" and (method := self._python_method(module, call)):
            return method
        if name == call.name or "." in name:
            return None
        own = [f for n, f in module.by_name.items() if n.endswith(f".{name}")]  # a method of the class around it
        return (module, own[0]) if len(own) == 1 else None

    def _python_method(self, module: Module, call: Call) -> tuple[Module, Function] | None:
        from vibeaudit.survey.python.methods import method_called

        return method_called(self, module, call)

    def _script_function(self, module: Module, call: Call) -> tuple[Module, Function] | None:
        from vibeaudit.survey.javascript.values import function_of

        callee = call.node.child_by_field_name("function")
        if callee is None or callee.type not in ("identifier", "member_expression"):
            return None
        return function_of(self, module, callee)

    def target(self, module: Module, spec: str) -> Module | None:
        """The file of this app that an import names, read."""
        key = ("target", module.path, spec)
        if key not in self.memory:
            path = (self.paths.python if module.kind == "python" else self.paths.javascript)(module.path, spec)
            self.memory[key] = self.module(path) if path and path != module.path else None
        return self.memory[key]  # type: ignore[return-value]


def _is_defined_anew(module: Module, name: str) -> bool:
    """`from models import User`, and below it a schema `class User(BaseModel)`: the name is the class of this file. One
    inside of `try` stands in for an import that fails."""
    klass = module.by_class.get(name) if module.kind == "python" else None
    return klass is not None and klass.node.start_point[1] == 0
