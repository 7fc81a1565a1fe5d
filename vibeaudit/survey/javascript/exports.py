"""What a JavaScript or TypeScript file imports and exports, in the ways of modules and of CommonJS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.survey.code import Import, Module, text_of
from vibeaudit.survey.javascript.syntax import names_in, required, string_of, text_in, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node


def required_names(module: Module, left: Node, spec: str) -> None:
    if left.type == "identifier":
        value = left.parent.child_by_field_name("value") if left.parent is not None else None
        value = unwrap(value) if value is not None else None
        picked = text_in(value, "property") if value is not None and value.type == "member_expression" else "*"
        module.imports[text_of(left)] = Import(spec, picked)
        return
    for child in left.named_children:
        if child.type == "pair_pattern":
            value = child.child_by_field_name("value")
            for name in names_in(value) if value is not None else ():
                module.imports[name] = Import(spec, text_in(child, "key"))
        else:
            for name in names_in(child):
                module.imports[name] = Import(spec, name)


def commonjs_export(module: Module, name: str, value: Node) -> None:
    if name == "module.exports":
        if value.type == "object":
            for child in value.named_children:
                if child.type == "shorthand_property_identifier":
                    module.exports[text_of(child)] = text_of(child)
                elif child.type == "pair" and (inner := child.child_by_field_name("value")) is not None:
                    module.exports[text_in(child, "key")] = _target(inner)
                elif child.type == "method_definition":
                    module.exports[text_in(child, "name")] = child
        module.exports["default"] = _target(value)
    elif name.startswith(("module.exports.", "exports.")):
        module.exports[name.rsplit(".", 1)[-1]] = _target(value)


def _target(value: Node) -> str | Import | Node:
    value = unwrap(value)
    if value.type == "identifier":
        return text_of(value)
    if spec := required(value):
        return Import(spec, "*")
    return value


def imported(module: Module, node: Node) -> None:
    spec = string_of(node.child_by_field_name("source"))
    clause = next((c for c in node.named_children if c.type == "import_clause"), None)
    for child in clause.named_children if clause is not None else ():
        if child.type == "identifier":
            module.imports[text_of(child)] = Import(spec, "default")
        elif child.type == "namespace_import":
            module.imports[text_of(child.named_children[0])] = Import(spec, "*")
        else:
            for item in (i for i in child.named_children if i.type == "import_specifier"):
                name = text_in(item, "name")
                module.imports[text_in(item, "alias") or name] = Import(spec, name)


def exported(module: Module, node: Node) -> None:
    spec = string_of(node.child_by_field_name("source"))
    declaration = node.child_by_field_name("declaration")
    if node.child_by_field_name("value") is not None:
        module.exports["default"] = _target(node.child_by_field_name("value"))  # type: ignore[arg-type]
    elif declaration is not None:
        default = any(c.type == "default" for c in node.children)
        for name in _declared(declaration):
            module.exports["default" if default else name] = name
        if default and not text_in(declaration, "name"):
            module.exports["default"] = declaration
    clause = next((c for c in node.named_children if c.type == "export_clause"), None)
    for item in clause.named_children if clause is not None else ():
        name = text_in(item, "name")
        module.exports[text_in(item, "alias") or name] = Import(spec, name) if spec else name
    if spec and clause is None:
        module.star_exports.append(spec)


def _declared(declaration: Node) -> tuple[str, ...]:
    if declaration.type in ("lexical_declaration", "variable_declaration"):
        found: list[str] = []
        for child in declaration.named_children:
            pattern = child.child_by_field_name("name")
            found += names_in(pattern) if pattern is not None else ()
        return tuple(found)
    return (text_in(declaration, "name"),) if text_in(declaration, "name") else ()
