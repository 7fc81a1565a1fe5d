"""What a JavaScript or TypeScript expression stands for, followed through names, imports, objects, instances and
`this`, until nothing is left to follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Import, Module, text_of
from vibeaudit.survey.javascript import members as script_members
from vibeaudit.survey.javascript.ends import MAX_DEPTH, Value, returns
from vibeaudit.survey.javascript.scopes import Scopes

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project


def value_of(project: Project, module: Module, node: Node, depth: int = 0) -> Value:
    """Where an expression ends: a function, a class, a literal, a call that is not ours, a parameter."""
    node = javascript.unwrap(node)
    if depth > MAX_DEPTH:
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
        if holder is not None and (found := script_members.member_of(project, module, holder, name, depth)):
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
    made = bound is not None and bound.node.type == "new_expression"  # beside an imported type of the same name
    if name in module.imports and not made and (bound is None or bound.function is None):
        return imported(project, module, module.imports[name], depth) or Value(module, node)
    if bound is None or bound.function is not None:
        return Value(module, bound.node if bound else node)
    if bound.key and bound.key != "[]":
        return script_members.member_of(project, module, bound.node, bound.key, depth) or Value(module, node)
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
    if depth > MAX_DEPTH:
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
        return script_members.member(project, found_whole, name, depth + 1) if found_whole else None
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
        return script_members.member_of(project, module, bound.node, bound.key, depth)
    if target in module.imports and javascript.required(javascript.unwrap(bound.node)):
        return imported(project, module, module.imports[target], depth)
    return value_of(project, module, bound.node, depth)


def returned(project: Project, module: Module, call: Node, depth: int = 0) -> Iterator[Value]:
    """What a call of the app's own function gives."""
    callee = call.child_by_field_name("function")
    if callee is None or depth > MAX_DEPTH:
        return
    found = value_of(project, module, callee, depth + 1)
    if found.function is not None and found.node is not None:
        for given in returns(found.module, found.node):
            yield value_of(project, found.module, given, depth + 1)
