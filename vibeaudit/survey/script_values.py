"""What a JavaScript or TypeScript expression stands for, followed through names, imports, objects, instances and
`this`, until nothing is left to follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Import, Module, text_of
from vibeaudit.survey.script_scopes import Scopes

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_FUNCTIONS = frozenset(
    "function_declaration generator_function_declaration arrow_function function_expression method_definition".split()
)
_CLASSES = frozenset(("class_declaration", "abstract_class_declaration", "class"))
_BINDS = frozenset(("bind", "default"))
_MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Value:
    """The expression at the end of the way, and its file. `node` is None for a whole module."""

    module: Module
    node: Node | None

    @property
    def function(self) -> Function | None:
        return self.module.function_at(self.node) if self.node is not None else None

    @property
    def kind(self) -> str:
        if self.node is None:
            return "module"
        return "function" if self.node.type in _FUNCTIONS else "class" if self.node.type in _CLASSES else self.node.type


def value_of(project: Project, module: Module, node: Node, depth: int = 0) -> Value:
    """Where an expression ends: a function, a class, a literal, a call that is not ours, a parameter."""
    node = javascript.unwrap(node)
    if depth > _MAX_DEPTH:
        return Value(module, node)
    key = ("value", module.path, node.start_byte, node.end_byte)
    if key not in project.memory:
        project.memory[key] = Value(module, node)  # a name that leads back to itself stays what it is
        project.memory[key] = _follow(project, module, node, depth)
    return project.memory[key]  # type: ignore[return-value]


def function_of(project: Project, module: Module, node: Node) -> tuple[Module, Function] | None:
    """The app's own function that an expression stands for."""
    found = value_of(project, module, node)
    return (found.module, found.function) if found.function else None


def _follow(project: Project, module: Module, node: Node, depth: int) -> Value:
    if node.type in ("identifier", "shorthand_property_identifier"):
        return _name(project, module, node, depth)
    if node.type == "member_expression":
        holder, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("property"))
        if holder is not None and (found := _member_of(project, module, holder, name, depth)):
            return found
    if node.type == "assignment_expression" and (right := node.child_by_field_name("right")) is not None:
        return value_of(project, module, right, depth + 1)  # `const app = module.exports = express()`
    if node.type == "call_expression":
        if spec := javascript.required(node):
            return _module(project, module, spec, depth) or Value(module, node)
        callee = node.child_by_field_name("function")
        if (
            callee is not None
            and callee.type == "member_expression"
            and text_of(callee.child_by_field_name("property")) == "bind"
            and (held := callee.child_by_field_name("object")) is not None
        ):
            return value_of(project, module, held, depth + 1)
    return Value(module, node)


def _name(project: Project, module: Module, node: Node, depth: int) -> Value:
    name = text_of(node)
    bound = Scopes.of(project, module).binding(name, node.start_byte)
    if name in module.imports and (bound is None or bound.function is None):
        return imported(project, module, module.imports[name], depth) or Value(module, node)
    if bound is None or bound.function is not None:
        return Value(module, bound.node if bound else node)
    if bound.key and bound.key != "[]":
        return _member_of(project, module, bound.node, bound.key, depth) or Value(module, node)
    if bound.key:
        return Value(module, node)
    return value_of(project, module, bound.node, depth + 1)


def imported(project: Project, module: Module, entry: Import, depth: int = 0) -> Value | None:
    """What an import stands for; None when it leaves the app."""
    if entry.name == "*":
        return _module(project, module, entry.spec, depth)
    target = project.target(module, entry.spec)
    return exported(project, target, entry.name, depth + 1) if target is not None else None


def _module(project: Project, module: Module, spec: str, depth: int) -> Value | None:
    """A whole module: what `module.exports` was set to, if it was."""
    target = project.target(module, spec)
    if target is None:
        return None
    whole = target.exports.get("default")
    commonjs = any(t in ("module.exports", "exports") for a in target.assigns for t in a.targets)
    if whole is not None and commonjs:
        return _target(project, target, whole, depth + 1)
    return Value(target, None)


def exported(project: Project, module: Module, name: str, depth: int = 0) -> Value | None:
    """What a module exports under a name."""
    if depth > _MAX_DEPTH:
        return None
    target = module.exports.get(name)
    if target is None and name == "default":
        return Value(module, None)
    if target is not None:
        return _target(project, module, target, depth + 1)
    for spec in module.star_exports:
        inner = project.target(module, spec)
        if inner is not None and (found := exported(project, inner, name, depth + 1)):
            return found
    whole = module.exports.get("default")
    if whole is not None and any("module.exports" in a.targets for a in module.assigns):
        found_whole = _target(project, module, whole, depth + 1)
        return member(project, found_whole, name, depth + 1) if found_whole else None
    return None


def _target(project: Project, module: Module, target: str | Import | Node, depth: int) -> Value | None:
    if isinstance(target, Import):
        return imported(project, module, target, depth)
    if not isinstance(target, str):
        return value_of(project, module, target, depth)
    bound = Scopes.of(project, module).binding(target, 0)
    if target in module.imports and bound is None:
        return imported(project, module, module.imports[target], depth)
    if bound is None:
        return None
    if bound.key:
        return _member_of(project, module, bound.node, bound.key, depth)
    if target in module.imports and javascript.required(javascript.unwrap(bound.node)):
        return imported(project, module, module.imports[target], depth)
    return value_of(project, module, bound.node, depth)


def _member_of(project: Project, module: Module, holder: Node, name: str, depth: int) -> Value | None:
    """What `holder.name` stands for."""
    holder = javascript.unwrap(holder)
    if holder.type == "this":
        around = _around_this(project, module, holder)
        return member(project, Value(module, around), name, depth + 1) if around is not None else None
    if text_of(holder) in ("exports", "module.exports"):
        return exported(project, module, name, depth + 1)
    if name == "exports" and text_of(holder) == "module":
        return None
    found = value_of(project, module, holder, depth + 1)
    if found.node is not None and (
        found.node.id == holder.id and found.kind not in ("new_expression", "call_expression")
    ):
        return _assigned(project, module, text_of(holder), name, depth)
    return member(project, found, name, depth + 1)


def member(project: Project, holder: Value, name: str, depth: int = 0) -> Value | None:
    """A property of an object, a class, an instance, a constructor function, or a module."""
    if depth > _MAX_DEPTH:
        return None
    if holder.kind == "module":
        return exported(project, holder.module, name, depth + 1)
    node = holder.node
    assert node is not None
    if holder.kind == "object":
        return _property(project, holder.module, node, name, depth)
    if holder.kind == "class":
        return _of_class(project, holder.module, node, name, depth)
    if holder.kind == "function":
        return _of_constructor(project, holder, name, depth)
    if holder.kind == "new_expression" and (made := node.child_by_field_name("constructor")) is not None:
        return member(project, value_of(project, holder.module, made, depth + 1), name, depth + 1)
    if holder.kind == "call_expression":
        for value in returned(project, holder.module, node, depth + 1):
            if found := member(project, value, name, depth + 1):
                return found
    if holder.kind in ("required_parameter", "optional_parameter", *javascript.FIELDS) and (
        k := _of_type(project, holder, depth)
    ):
        return member(project, k, name, depth + 1)
    return None


def _of_type(project: Project, holder: Value, depth: int) -> Value | None:
    """The class of this app that a parameter or a field is annotated with."""
    assert holder.node is not None
    annotation = holder.node.child_by_field_name("type")
    named = annotation.named_children[0] if annotation is not None and annotation.named_children else None
    if named is None or named.type != "type_identifier":
        return None
    name = text_of(named)
    if name in holder.module.imports:
        return imported(project, holder.module, holder.module.imports[name], depth + 1)
    klass = holder.module.by_class.get(name)
    return Value(holder.module, klass.node) if klass else None


def _property(project: Project, module: Module, node: Node, name: str, depth: int) -> Value | None:
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name") or child
        if child.type == "spread_element" and child.named_children:
            if found := member(project, value_of(project, module, child.named_children[0], depth + 1), name, depth + 1):
                return found
        elif text_of(key).strip("'\"") == name:
            if child.type == "method_definition":
                return Value(module, child)
            return value_of(project, module, child.child_by_field_name("value") or child, depth + 1)
    return None


def _of_class(project: Project, module: Module, node: Node, name: str, depth: int) -> Value | None:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        if child.type == "method_definition" and text_of(child.child_by_field_name("name")) == name:
            return _got(project, module, child, depth)
        if child.type in javascript.FIELDS and javascript.field_name(child) == name:
            if (value := child.child_by_field_name("value")) is not None:
                return value_of(project, module, value, depth + 1)
            if child.child_by_field_name("type") is not None:  # `private notes: Repository<Note>`
                return Value(module, child)
    if body is not None and (found := _set_on_this(project, module, body, name, depth)):
        return found
    for function in module.functions:
        if function.name == "constructor" and body is not None and function.node.parent == body:
            for child in _parameters(function):
                if text_of(child.child_by_field_name("pattern")) == name:
                    return Value(module, child)
    heritage = next((c for c in node.named_children if c.type == "class_heritage"), None)
    base = heritage.named_children[0] if heritage is not None and heritage.named_children else None
    if base is not None and base.type == "extends_clause":
        base = base.child_by_field_name("value")
    return member(project, value_of(project, module, base, depth + 1), name, depth + 1) if base is not None else None


def _got(project: Project, module: Module, method: Node, depth: int) -> Value:
    """A method; for `get router() { return this.x; }` what it gives."""
    if any(c.type == "get" for c in method.children):
        for given in _returns(module, method):
            return value_of(project, module, given, depth + 1)
    return Value(module, method)


def _parameters(function: Function) -> list[Node]:
    parameters = function.node.child_by_field_name("parameters")
    return parameters.named_children if parameters is not None else []


def _of_constructor(project: Project, holder: Value, name: str, depth: int) -> Value | None:
    """`function Handler(db) { this.list = ... }`, `Handler.prototype.list = ...`, `handler.list = ...`."""
    function = holder.function
    if function is None:
        return None
    if found := _set_on_this(project, holder.module, function.body, name, depth):
        return found
    return _assigned(project, holder.module, f"{function.name}.prototype", name, depth) or _assigned(
        project, holder.module, function.name, name, depth
    )


def _set_on_this(project: Project, module: Module, body: Node, name: str, depth: int) -> Value | None:
    wanted = (f"this.{name}", f"self.{name}", f"that.{name}", f"_this.{name}")
    for assign in module.assigns_in(body):
        if len(assign.targets) == 1 and assign.targets[0] in wanted and not _rebound(assign.value, name):
            return value_of(project, module, assign.value, depth + 1)
    return None


def _rebound(value: Node, name: str) -> bool:
    """`this.create = this.create.bind(this)` says nothing new."""
    return text_of(value).startswith(f"this.{name}.bind")


def _assigned(project: Project, module: Module, holder: str, name: str, depth: int) -> Value | None:
    value = module.values.get(f"{holder}.{name}") if holder else None
    return value_of(project, module, value, depth + 1) if value is not None else None


def _around_this(project: Project, module: Module, node: Node) -> Node | None:
    """The class, or the constructor function, that `this` belongs to."""
    for function in Scopes.of(project, module).around(node.start_byte):
        if function.node.type == "arrow_function" and not _is_field(function):
            continue
        up = function.node.parent
        for _ in range(3):
            if up is None:
                break
            if up.type in _CLASSES or up.type == "object":
                return up
            up = up.parent
        if function.node.type in ("function_declaration", "function_expression"):
            holder = function.node.parent
            left = holder.child_by_field_name("left") if holder is not None else None
            if left is not None and ".prototype." in text_of(left):
                made = module.by_name.get(text_of(left).split(".")[0])
                return made.node if made else None
            if any(a.targets and a.targets[0].startswith("this.") for a in module.assigns_in(function.body)):
                return function.node
    up = node.parent  # a field's own value
    while up is not None and up.type not in _CLASSES:
        up = up.parent
    return up


def _is_field(function: Function) -> bool:
    return function.node.parent is not None and function.node.parent.type in javascript.FIELDS


def returned(project: Project, module: Module, call: Node, depth: int = 0) -> Iterator[Value]:
    """What a call of the app's own function gives."""
    callee = call.child_by_field_name("function")
    if callee is None or depth > _MAX_DEPTH:
        return
    found = value_of(project, module, callee, depth + 1)
    if found.function is not None and found.node is not None:
        for given in _returns(found.module, found.node):
            yield value_of(project, found.module, given, depth + 1)


def returns(module: Module, function: Node) -> Iterator[Node]:
    """The expressions that a function returns, without those of functions inside it."""
    return _returns(module, function)


def _returns(module: Module, function: Node) -> Iterator[Node]:
    body = function.child_by_field_name("body")
    if body is None:
        return
    if body.type != "statement_block":
        yield body
        return
    waiting = list(reversed(body.named_children))
    while waiting:
        node = waiting.pop()
        if node.type == "return_statement" and node.named_children:
            yield node.named_children[0]
        elif node.type in (
            "if_statement",
            "statement_block",
            "else_clause",
            "try_statement",
            "switch_statement",
            "switch_body",
            "switch_case",
            "switch_default",
            "catch_clause",
            "finally_clause",
        ):
            waiting.extend(reversed(node.named_children))
