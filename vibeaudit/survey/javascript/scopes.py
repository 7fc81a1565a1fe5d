"""Where a JavaScript or TypeScript name was bound: by a declaration, a parameter, a function or a class around it."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


@dataclass(frozen=True, slots=True)
class Binding:
    """`node` is the value, the function, the class, or the parameter itself (then `function` says whose, and
    `index` the place). `key` is the property that destructuring takes out of it."""

    node: Node
    key: str = ""
    function: Function | None = None
    index: int = -1


@dataclass
class Scopes:
    """The bindings of one file, by the function that they are visible in."""

    module: Module
    _starts: list[int] = field(default_factory=list)
    _parents: list[int] = field(default_factory=list)
    _bindings: dict[tuple[int, str], Binding] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, module: Module) -> Scopes:
        key = ("scopes", module.path)
        if key not in project.memory:
            project.memory[key] = cls(module)._fill()
        return project.memory[key]  # type: ignore[return-value]

    def _fill(self) -> Scopes:
        stack: list[int] = []
        for number, function in enumerate(self.module.functions):
            while stack and self.module.functions[stack[-1]].node.end_byte <= function.node.start_byte:
                stack.pop()
            self._starts.append(function.node.start_byte)
            self._parents.append(stack[-1] if stack else -1)
            stack.append(number)
        for number, function in enumerate(self.module.functions):
            self._parameters(number, function)
            if function.node.type in ("function_declaration", "generator_function_declaration"):
                self._bindings.setdefault((self._parents[number], function.name), Binding(function.node))
        for klass in self.module.classes:
            self._bindings.setdefault((self._around(klass.node.start_byte - 1), klass.name), Binding(klass.node))
        for assign in self.module.assigns:
            self._declared(assign.node, assign.value)
        return self

    def _parameters(self, number: int, function: Function) -> None:
        single = function.node.child_by_field_name("parameter")
        parameters = function.node.child_by_field_name("parameters")
        children = [single] if single is not None else (parameters.named_children if parameters is not None else [])
        for index, child in enumerate(c for c in children if c.type != "comment"):
            pattern = child.child_by_field_name("pattern") or child
            if pattern.type == "assignment_pattern":
                pattern = pattern.child_by_field_name("left") or pattern
            for name, key in keyed_names(pattern):
                self._bindings.setdefault((number, name), Binding(child, key, function, index))

    def _declared(self, node: Node, value: Node) -> None:
        left = node.child_by_field_name("name" if node.type == "variable_declarator" else "left")
        if left is None or left.type == "member_expression":
            return
        around = self._around(node.start_byte)
        for name, key in keyed_names(left):
            if node.type == "variable_declarator":
                self._bindings.setdefault((around, name), Binding(value, key))
            else:  # `let app; function start() { app = express(); }`
                home = self._home(name, around)
                self._bindings.setdefault((home, name), Binding(value, key))

    def _home(self, name: str, around: int) -> int:
        while around != -1 and (around, name) not in self._bindings:
            around = self._parents[around]
        return around

    def _around(self, at: int) -> int:
        """The number of the innermost function that spans a byte; -1 for none."""
        number = bisect.bisect_right(self._starts, at) - 1
        while number != -1 and self.module.functions[number].node.end_byte <= at:
            number = self._parents[number]
        return number

    def binding(self, name: str, at: int) -> Binding | None:
        """What a name is bound to, as seen from a byte offset."""
        number = self._around(at)
        while True:
            if found := self._bindings.get((number, name)):
                return found
            if number == -1:
                return None
            number = self._parents[number]

    def around(self, at: int) -> list[Function]:
        """The functions that span a byte, innermost first."""
        found, number = [], self._around(at)
        while number != -1:
            found.append(self.module.functions[number])
            number = self._parents[number]
        return found


def keyed_names(pattern: Node, depth: int = 0) -> list[tuple[str, str]]:
    """(local name, property) of each name in a pattern; no property when the name takes the whole value."""
    if pattern.type == "identifier":
        return [(text_of(pattern), "")]
    if pattern.type != "object_pattern":
        return [(n, "[]") for n in javascript.names_in(pattern)]
    found = []
    for child in pattern.named_children:
        key = text_of(child.child_by_field_name("key"))
        for name in javascript.names_in(child):
            found.append((name, key or name))
    return found
