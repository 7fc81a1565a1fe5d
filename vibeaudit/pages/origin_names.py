"""Where a name's text comes from: assignments, loops, parameters, callbacks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.pages.origins import Origin, reads_store
from vibeaudit.pages.own_rows import is_column
from vibeaudit.pages.page import Path, path_of
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.model import Route
    from vibeaudit.survey.project import Project

_READER = re.compile(
    r"(?:^|\.)(?:get|find|load|fetch|list|search|query|select|read|all|exec|execute|each|retrieve)", re.I
)
_ELEMENT_METHODS = frozenset("map forEach filter each find some every flatMap reduce".split())
_GROWS = frozenset(("append", "push", "add", "unshift", "update", "extend"))
_ERRORS = re.compile(r"^(?:_|e|err|error|ex|exc|exception)\d?$|[Ee]rr(?:or)?$")
_NUMBERS = re.compile(r"^(?:int|float|bool|uuid|number|date|datetime|decimal)\b", re.I)


@dataclass
class Frame:
    """The arguments that a function of the app was called with."""

    function: Function
    given: dict[str, tuple[Module, Node, Frame | None]]


@dataclass
class Names:
    """Follows a name to what it was given. Remembers nothing but how long the judge has worked."""

    project: Project
    routes: dict[tuple[str, int], Route] = field(default_factory=dict)
    steps: int = 0
    grown: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)

    def of(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        raise NotImplementedError

    def _name(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        return self._look_up(module, node, text_of(node), path, frame, depth)

    def _look_up(self, module: Module, node: Node, name: str, path: Path, frame: Frame | None, depth: int) -> Origin:
        """What a name stands for, seen from a node."""
        around: Node | None = node
        while around is not None:
            if (source := _bound(around, name)) is not None:
                return self.of(module, source, ("[]", *path), frame, depth + 1)
            function = module.function_at(around)
            if function is not None and around.type != "decorated_definition":
                assigned = self._assigned(module, function.node, node, name, path, frame, depth)
                if assigned is not None:
                    return assigned
                if any(name == p.name or name in p.name.strip("{}").split(",") for p in function.params):
                    return self._parameter(module, function, name, path, frame, depth)
            around = around.parent
        root = module.file.tree.root_node if module.file.tree else None
        assigned = self._assigned(module, root, node, name, path, frame, depth) if root is not None else None
        if assigned is not None:
            return assigned
        meant = self.project.meaning(module, name) if name in module.imports else None
        if meant and meant.value is not None and meant.module is not module:
            return self.of(meant.module, meant.value, path, None, depth + 1)
        return self._nobodys(name, path)

    def _nobodys(self, name: str, path: Path) -> Origin:
        """What to make of a value of which nobody says where it comes from."""
        return Origin.UNKNOWN

    def _assigned(
        self, module: Module, scope: Node, used: Node, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin | None:
        """The worst of what the name, or the field of it, is given in this scope."""
        found: list[Origin] = []
        for assign in module.assigns_in(scope):
            if assign.node.start_byte <= used.start_byte < assign.node.end_byte and name in assign.targets:
                continue
            for target in assign.targets:
                if target == name:
                    found.append(self._value_given(module, assign.node, assign.value, name, path, frame, depth))
                elif target.startswith(f"{name}."):
                    left = assign.node.child_by_field_name("left")
                    field_path = path_of(text_of(left))[1:] if left is not None else ()
                    if field_path and path[: len(field_path)] == field_path:
                        found.append(self.of(module, assign.value, path[len(field_path) :], frame, depth + 1))
        if found:
            for grown, value in self._grown(module):
                if grown == name and scope.start_byte <= value.start_byte < scope.end_byte and not _holds(value, used):
                    found.append(self.of(module, value, path, frame, depth + 1))
            for call in module.calls_in(scope):
                holder, _, verb = call.name.rpartition(".")
                if holder == name and verb in _GROWS and call.args:
                    inner = path if verb in ("update", "extend") else path[1:]
                    found.append(self.of(module, call.args[0], inner, frame, depth + 1))
        return max(found) if found else None

    def _grown(self, module: Module) -> list[tuple[str, Node]]:
        """The names that text is added to with `+=`, and that text."""
        if module.path not in self.grown:
            found: list[tuple[str, Node]] = []
            waiting = [module.file.tree.root_node] if module.file.tree and b"+=" in module.file.data else []
            while waiting:
                node = waiting.pop()
                if node.type in ("augmented_assignment_expression", "augmented_assignment"):
                    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                    if left is not None and right is not None and left.type == "identifier":
                        found.append((text_of(left), right))
                waiting += node.named_children
            self.grown[module.path] = found
        return self.grown[module.path]

    def _value_given(
        self, module: Module, at: Node, value: Node, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        left = at.child_by_field_name("name") or at.child_by_field_name("left")
        if left is not None and left.type == "object_pattern":
            path = (name, *path)
        elif left is not None and left.type in ("array_pattern", "pattern_list", "tuple_pattern"):
            path = ("[]", *path)
        if value.start_byte == at.start_byte and value.end_byte == at.end_byte:
            return Origin.UNKNOWN
        return self.of(module, value, path, frame, depth + 1)

    def _parameter(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        if frame is not None and frame.function.key == function.key and name in frame.given:
            other, node, outer = frame.given[name]
            return self.of(other, node, path, outer, depth + 1)
        route = self._route(function)
        for parameter in route.parameters if route else ():
            if parameter.name == name:
                return Origin.OWN if _NUMBERS.match(parameter.type) else Origin.CALLER
        if module.kind == "javascript":
            return self._callback(module, function, name, path, frame, depth)
        return Origin.STORED if function.owner and is_column(module, function, name, path) else Origin.UNKNOWN

    def _route(self, function: Function) -> Route | None:
        line = function.node.start_point[0] + 1
        inner = function.body.start_point[0] + 1
        return next((r for n in range(line, inner + 1) if (r := self.routes.get((function.path, n)))), None)

    def _callback(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        """A parameter of a function that is handed to a call: what that call gives it."""
        if _ERRORS.search(name) or function.node.parent is None or function.node.parent.type != "arguments":
            return Origin.UNKNOWN
        outer = function.node.parent.parent
        call = module.call_at(outer) if outer is not None else None
        if call is None:
            return Origin.UNKNOWN
        callee = call.node.child_by_field_name("function")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if call.last == "then" and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.last in _ELEMENT_METHODS and receiver is not None and not reads_store(call.name):
            return self.of(module, receiver, ("[]", *path), frame, depth + 1)
        return Origin.STORED if _READER.search(call.last) or reads_store(call.name) else Origin.UNKNOWN


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _bound(around: Node, name: str) -> Node | None:
    """What a loop or a comprehension around takes the name from."""
    clauses = [around] if around.type in ("for_statement", "for_in_statement") else []
    if around.type.endswith("comprehension") or around.type == "generator_expression":
        clauses = [c for c in around.named_children if c.type == "for_in_clause"]
    for clause in clauses:
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if left is None or right is None:
            continue
        if name in re.findall(r"[\w$]+", text_of(left)):
            return right
    return None
