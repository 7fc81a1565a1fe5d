"""Python classes with what they inherit from the app's own classes: methods, attributes, decorators, foreign bases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAX_CLASSES = 12


@dataclass(frozen=True)
class Lineage:
    """A class and the app's own classes above it, nearest first. `foreign` are the bases from outside the app."""

    classes: tuple[tuple[Module, Klass], ...]
    foreign: tuple[str, ...]

    @property
    def home(self) -> Module:
        return self.classes[0][0]

    @property
    def klass(self) -> Klass:
        return self.classes[0][1]

    @property
    def name(self) -> str:
        return self.klass.name

    @cached_property
    def bases(self) -> str:
        """All base names as written, the foreign ones included."""
        return " ".join((*(b for _, k in self.classes for b in k.bases), *self.foreign))

    def method(self, name: str) -> tuple[Module, Function] | None:
        """The method that an instance has under this name, if the app wrote it."""
        for module, klass in self.classes:
            if function := module.by_name.get(f"{klass.name}.{name}"):
                return module, function
        return None

    def attribute(self, name: str) -> tuple[Module, Node] | None:
        """What a class attribute is set to."""
        for module, klass in self.classes:
            for assign in module.assigns_in(klass.node):
                if name in assign.targets and _is_in_body(assign.node, klass):
                    return module, assign.value
        return None

    def inherits(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(base.rsplit(".", 1)[-1]) for base in self.foreign)


def _is_in_body(node: Node, klass: Klass) -> bool:
    """Whether an assignment stands in the class itself and not in one of its methods."""
    statement = node.parent
    block = statement.parent if statement is not None else None
    holder = block.parent if block is not None else None
    return holder is not None and holder.type == "class_definition" and holder.end_byte == klass.node.end_byte


def lineage(project: Project, module: Module, name: str) -> Lineage | None:
    """The class that a name stands for in a module; None when the app does not define it."""
    first = _find(project, module, name)
    if first is None:
        return None
    found: list[tuple[Module, Klass]] = []
    foreign: list[str] = []
    waiting = [first]
    while waiting and len(found) < _MAX_CLASSES:
        home, klass = waiting.pop(0)
        if any(k is klass for _, k in found):
            continue
        found.append((home, klass))
        above = []
        for base in klass.bases:
            base = base.split("[", 1)[0]
            if "=" in base:
                continue
            inner = _find(project, home, base)
            if inner is None or inner[1] is klass:
                foreign.append(base)
            else:
                above.append(inner)
        waiting = above + waiting
    return Lineage(tuple(found), tuple(dict.fromkeys(foreign)))


def _find(project: Project, module: Module, name: str) -> tuple[Module, Klass] | None:
    if name in module.by_class:
        return module, module.by_class[name]
    found = project.meaning(module, name)
    if found and found.name in found.module.by_class:
        return found.module, found.module.by_class[found.name]
    return None


def enclosing(node: Node) -> str:
    """The name of the class around a node; empty outside of classes."""
    held: Node | None = node
    while held is not None and held.type != "class_definition":
        held = held.parent
    return text_of(held.child_by_field_name("name")) if held is not None else ""


def definition(node: Node) -> Node:
    """The `def` or `class` line itself, below the decorators."""
    inner = node.child_by_field_name("definition")
    return inner if inner is not None else node


def words_in(node: Node | None) -> tuple[str, ...]:
    """The strings of a list, tuple or set literal, or the one string."""
    return tuple(re.findall(r"['\"]([\w.-]+)['\"]", text_of(node)[:4000])) if node is not None else ()
