"""What `holder.name` stands for: a property of an object, a class, an instance, a constructor function or a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.javascript import decorations, injected
from vibeaudit.survey.javascript import values as script_values
from vibeaudit.survey.javascript.ends import CLASSES, MAX_DEPTH, Value, returns
from vibeaudit.survey.javascript.scopes import Scopes

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HANDS_OUT = frozenset("resolve get inject getInstance".split())


def member_of(project: Project, module: Module, holder: Node, name: str, depth: int) -> Value | None:
    """What `holder.name` stands for."""
    holder = javascript.unwrap(holder)
    return _member_of(project, module, holder, name, depth) or decorations.hung(project, holder, name, depth)


def _member_of(project: Project, module: Module, holder: Node, name: str, depth: int) -> Value | None:
    if holder.type == "this":
        around = _around_this(project, module, holder)
        return member(project, Value(module, around), name, depth + 1) if around is not None else None
    if text_of(holder) in ("exports", "module.exports"):
        return script_values.exported(project, module, name, depth + 1)
    if name == "exports" and text_of(holder) == "module":
        return None
    found = script_values.value_of(project, module, holder, depth + 1)
    if found.node is not None and (
        found.node.id == holder.id and found.kind not in ("new_expression", "call_expression")
    ):
        return _assigned(project, module, text_of(holder), name, depth)
    return member(project, found, name, depth + 1)


def member(project: Project, holder: Value, name: str, depth: int = 0) -> Value | None:
    """A property of an object, a class, an instance, a constructor function, or a module."""
    if depth > MAX_DEPTH:
        return None
    if holder.kind == "module":
        return script_values.exported(project, holder.module, name, depth + 1)
    node = holder.node
    assert node is not None
    if holder.kind == "object":
        return _property(project, holder.module, node, name, depth)
    if holder.kind == "class":
        return _of_class(project, holder.module, node, name, depth)
    if holder.kind == "function":
        return _of_constructor(project, holder, name, depth)
    if holder.kind == "new_expression" and (made := node.child_by_field_name("constructor")) is not None:
        return member(project, script_values.value_of(project, holder.module, made, depth + 1), name, depth + 1)
    if holder.kind == "call_expression":
        for value in script_values.returned(project, holder.module, node, depth + 1):
            if found := member(project, value, name, depth + 1):
                return found
        if (asked := _asked_for(project, holder.module, node, depth)) is not None:
            return member(project, asked, name, depth + 1)
    if holder.kind in ("required_parameter", "optional_parameter", *javascript.FIELDS) and (
        k := class_of_type(project, holder, depth)
    ):
        return member(project, k, name, depth + 1)
    return None


def _asked_for(project: Project, module: Module, call: Node, depth: int) -> Value | None:
    """The class of which a container is asked for an instance: `container.resolve(Users)`, `app.get(Users)`."""
    callee, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    verb = text_of(callee.child_by_field_name("property") or callee) if callee is not None else ""
    if verb not in _HANDS_OUT or given is None or not given.named_children:
        return None
    found = script_values.value_of(project, module, given.named_children[0], depth + 1)
    return found if found.kind == "class" else None


def class_of_type(project: Project, holder: Value, depth: int = 0) -> Value | None:
    """The class of this app that a parameter or a field is annotated with."""
    assert holder.node is not None
    annotation = holder.node.child_by_field_name("type")
    named = annotation.named_children[0] if annotation is not None and annotation.named_children else None
    if named is None or named.type != "type_identifier":
        return None
    name = text_of(named)
    klass = holder.module.by_class.get(name)
    found = Value(holder.module, klass.node) if klass else None
    if name in holder.module.imports:
        found = script_values.imported(project, holder.module, holder.module.imports[name], depth + 1)
    if found is None or found.node is None or found.node.type not in ("class_declaration", "class"):
        return injected.class_for(project, holder, name) or found
    return found


def _property(project: Project, module: Module, node: Node, name: str, depth: int) -> Value | None:
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name") or child
        if child.type == "spread_element" and child.named_children:
            if found := member(
                project, script_values.value_of(project, module, child.named_children[0], depth + 1), name, depth + 1
            ):
                return found
        elif text_of(key).strip("'\"") == name:
            if child.type == "method_definition":
                return Value(module, child)
            return script_values.value_of(project, module, child.child_by_field_name("value") or child, depth + 1)
    return None


def _of_class(project: Project, module: Module, node: Node, name: str, depth: int) -> Value | None:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        if child.type == "method_definition" and text_of(child.child_by_field_name("name")) == name:
            return _got(project, module, child, depth)
        if child.type in javascript.FIELDS and javascript.field_name(child) == name:
            if (value := child.child_by_field_name("value")) is not None:
                return script_values.value_of(project, module, value, depth + 1)
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
    return (
        member(project, script_values.value_of(project, module, base, depth + 1), name, depth + 1)
        if base is not None
        else None
    )


def _got(project: Project, module: Module, method: Node, depth: int) -> Value:
    """A method; for `get router() { return this.x; }` what it gives."""
    if any(c.type == "get" for c in method.children):
        for given in returns(module, method):
            return script_values.value_of(project, module, given, depth + 1)
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
            return script_values.value_of(project, module, assign.value, depth + 1)
    return None


def _rebound(value: Node, name: str) -> bool:
    """`this.create = this.create.bind(this)` says nothing new."""
    return text_of(value).startswith(f"this.{name}.bind")


def _assigned(project: Project, module: Module, holder: str, name: str, depth: int) -> Value | None:
    value = module.values.get(f"{holder}.{name}") if holder else None
    return script_values.value_of(project, module, value, depth + 1) if value is not None else None


def _around_this(project: Project, module: Module, node: Node) -> Node | None:
    """The class, or the constructor function, that `this` belongs to."""
    for function in Scopes.of(project, module).around(node.start_byte):
        if function.node.type == "arrow_function" and not _is_field(function):
            continue
        up = function.node.parent
        for _ in range(3):
            if up is None:
                break
            if up.type in CLASSES or up.type == "object":
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
    while up is not None and up.type not in CLASSES:
        up = up.parent
    return up


def _is_field(function: Function) -> bool:
    return function.node.parent is not None and function.node.parent.type in javascript.FIELDS
