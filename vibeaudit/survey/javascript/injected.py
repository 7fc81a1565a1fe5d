"""The class that is handed over where an interface, an abstract class or a token is asked for: what a module of Nest
provides for it, or the one class of the app that implements it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.javascript import values as script_values
from vibeaudit.survey.javascript.ends import Value

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"\bimplements\b|\bprovide\s*:")
_PROVIDES = re.compile(r"\bprovide\s*:\s*(?P<asked>[\w.'\"`]+)\s*,\s*use(?:Class|Existing)\s*:\s*(?P<given>\w+)")
_TOKEN = re.compile(r"@Inject\(\s*(?:forwardRef\(\s*\(\)\s*=>\s*)?(?P<token>[\w.'\"`]+)")
_NOT_OURS = frozenset("CanActivate NestMiddleware PipeTransform OnModuleInit ExceptionFilter NestInterceptor".split())


def class_for(project: Project, holder: Value, name: str) -> Value | None:
    """The class behind the type `name` of a field or a parameter, or behind the token that stands before it."""
    given, implemented = _index(project)
    token = _TOKEN.search(text_of(holder.node)[:300])
    asked = [_key(token["token"])] if token is not None else []
    for key in (*asked, name):
        if key in given:
            return given[key]
    found = implemented.get(name, [])
    return found[0] if len(found) == 1 else None


def _key(said: str) -> str:
    return said.strip("'\"`").rsplit(".", 1)[-1]


def _index(project: Project) -> tuple[dict[str, Value], dict[str, list[Value]]]:
    """What is provided, by what is asked for; the classes that implement something, by its name."""
    key = ("injected",)
    if key not in project.memory:
        given: dict[str, Value] = {}
        implemented: dict[str, list[Value]] = {}
        project.memory[key] = (given, implemented)
        for module in project.hinted(_HINT, *javascript.LANGUAGES):
            for klass in module.classes:
                said = " ".join(klass.bases).partition("implements ")[2]
                for name in set(re.findall(r"\w+", said)) - _NOT_OURS:
                    implemented.setdefault(name, []).append(Value(module, klass.node))
            for found in _PROVIDES.finditer(module.file.text):
                if (value := _class_named(project, module, found["given"])) is not None:
                    given.setdefault(_key(found["asked"]), value)
    return project.memory[key]  # type: ignore[return-value]


def _class_named(project: Project, module: Module, name: str) -> Value | None:
    klass = module.by_class.get(name)
    if klass is not None:
        return Value(module, klass.node)
    entry = module.imports.get(name)
    found = script_values.imported(project, module, entry) if entry is not None else None
    return found if found is not None and found.kind == "class" else None
