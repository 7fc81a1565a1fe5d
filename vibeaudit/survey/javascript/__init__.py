"""A JavaScript or TypeScript file's facts, from its tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Assign, Branch, Call, Function, Klass, Module, Param, text_of
from vibeaudit.survey.javascript.exports import commonjs_export, exported, imported, required_names
from vibeaudit.survey.javascript.syntax import (
    FIELDS,
    decorators,
    dotted,
    field_name,
    names_in,
    property_of,
    required,
    string_of,
    text_in,
    unwrap,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.source import SourceFile

__all__ = [
    "FIELDS",
    "LANGUAGES",
    "decorators",
    "dotted",
    "field_name",
    "names_in",
    "property_of",
    "read",
    "required",
    "string_of",
    "unwrap",
]

LANGUAGES = ("javascript", "typescript", "tsx")
_FUNCTIONS = ("function_declaration", "generator_function_declaration", "arrow_function", "function_expression")
_QUERY = """
(call_expression) @call
(new_expression) @call
[(function_declaration) (generator_function_declaration) (arrow_function) (function_expression)
 (method_definition)] @function
[(variable_declarator value: (_)) (assignment_expression)] @assign
(if_statement) @branch
(ternary_expression) @branch
[(class_declaration) (class)] @class
[(import_statement) (export_statement)] @module
(comment) @comment
"""


@lru_cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    abstract = "" if language == "javascript" else "\n(abstract_class_declaration) @class"
    return Query(grammar(language), _QUERY + abstract)


def read(file: SourceFile) -> Module:
    """The facts of a file in one of LANGUAGES."""
    from tree_sitter import QueryCursor

    module = Module(file, "javascript")
    if file.tree is None:
        module.error = True
        return module
    nodes = QueryCursor(_query(file.language)).captures(file.tree.root_node)
    module.calls = [_call(n) for n in _sorted(nodes, "call")]
    module.functions = [f for n in _sorted(nodes, "function") if (f := _function(module.path, n))]
    module.branches = [b for n in _sorted(nodes, "branch") if (b := _branch(n))]
    module.classes = [k for n in _sorted(nodes, "class") if (k := _class(n))]
    module.comments = _sorted(nodes, "comment")
    for node in _sorted(nodes, "assign"):
        _assign(module, node)
    for node in _sorted(nodes, "module"):
        if node.type == "import_statement":
            imported(module, node)
        else:
            exported(module, node)
    return module


def _sorted(nodes: dict[str, list[Node]], name: str) -> list[Node]:
    return sorted(nodes.get(name, ()), key=lambda n: (n.start_byte, -n.end_byte))


def _call(node: Node) -> Call:
    callee = node.child_by_field_name("constructor" if node.type == "new_expression" else "function")
    arguments = node.child_by_field_name("arguments")
    args: tuple[Node, ...] = ()
    if arguments is not None and arguments.type == "arguments":
        args = tuple(a for a in arguments.named_children if a.type != "comment")
    elif arguments is not None:
        args = (arguments,)  # a tagged template
    return Call(dotted(callee), args, {}, node)


def _function(path: str, node: Node) -> Function | None:
    body = node.child_by_field_name("body")
    if body is None:
        return None
    name, owner = text_in(node, "name"), ""
    parent = node.parent
    if node.type == "method_definition" and parent is not None and parent.parent is not None:
        owner = text_in(parent.parent, "name") if parent.type == "class_body" else ""
        if parent.type == "object":
            owner = "{}"
    elif (
        parent is not None and parent.type in FIELDS and parent.parent is not None and parent.parent.parent is not None
    ):
        name, owner = field_name(parent), text_in(parent.parent.parent, "name")  # `create = async (req) => { ... }`
    elif not name and parent is not None:
        name = _name_given(node, parent)
    return Function(path, name, node, body, tuple(_params(node)), decorators(node), owner)


def _name_given(node: Node, parent: Node) -> str:
    """`const f = () => ...`, `f = wrap(async () => ...)`, `exports.f = ...`."""
    for _ in range(4):
        if parent.type == "variable_declarator":
            return text_in(parent, "name")
        if parent.type == "assignment_expression":
            return dotted(parent.child_by_field_name("left")).rsplit(".", 1)[-1]
        if parent.type not in ("call_expression", "arguments", "parenthesized_expression", "as_expression"):
            return ""
        if parent.parent is None:
            return ""
        parent = parent.parent
    return ""


def _params(node: Node) -> Iterator[Param]:
    single = node.child_by_field_name("parameter")
    if single is not None:
        yield Param(text_of(single))
    parameters = node.child_by_field_name("parameters")
    for child in parameters.named_children if parameters is not None else ():
        pattern = child.child_by_field_name("pattern") or child
        if pattern.type == "assignment_pattern":
            pattern = pattern.child_by_field_name("left") or pattern
        if pattern.type == "identifier":
            yield Param(text_of(pattern), text_in(child, "type").lstrip(": "))
        else:
            yield Param("{" + ",".join(names_in(pattern)) + "}", text_in(child, "type").lstrip(": "))


def _branch(node: Node) -> Branch | None:
    condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None or then is None:
        return None
    otherwise = node.child_by_field_name("alternative")
    return Branch(condition, then, (otherwise,) if otherwise is not None else (), node)


def _class(node: Node) -> Klass | None:
    name = text_in(node, "name")
    heritage = next((c for c in node.named_children if c.type == "class_heritage"), None)
    return Klass(name, (text_of(heritage),) if heritage is not None else (), node, decorators(node)) if name else None


def _assign(module: Module, node: Node) -> None:
    left = node.child_by_field_name("name" if node.type == "variable_declarator" else "left")
    value = node.child_by_field_name("value" if node.type == "variable_declarator" else "right")
    if left is None or value is None:
        return
    if node.type == "assignment_expression" and left.type == "member_expression":
        name = dotted(left)
        module.assigns.append(Assign((name,), value, node))
        commonjs_export(module, name, value)
        return
    module.assigns.append(Assign(names_in(left), value, node))
    inner = unwrap(value)
    if node.type == "variable_declarator" and (spec := required(inner)):
        required_names(module, left, spec)
