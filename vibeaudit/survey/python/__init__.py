"""A Python file's facts, from its tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Assign, Branch, Call, Function, Import, Klass, Module, Param, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.source import SourceFile

LANGUAGES = ("python",)
_QUERY = """
(call) @call
(function_definition) @function
(assignment right: (_)) @assign
(named_expression) @assign
(as_pattern) @assign
[(if_statement) (elif_clause)] @branch
(class_definition) @class
[(import_statement) (import_from_statement)] @import
"""
_MAX_DEPTH = 60
_MAX_DECORATORS = 40
_NONE: tuple[Node, ...] = ()


@lru_cache
def _query() -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    return Query(grammar("python"), _QUERY)


def read(file: SourceFile) -> Module:
    """The facts of a Python file."""
    from tree_sitter import QueryCursor

    module = Module(file, "python")
    if file.tree is None:
        module.error = True
        return module
    nodes = QueryCursor(_query()).captures(file.tree.root_node)
    module.calls = [_call(n) for n in _sorted(nodes, "call")]
    module.functions = [f for n in _sorted(nodes, "function") if (f := _function(module.path, n))]
    module.branches = [b for n in _sorted(nodes, "branch") if (b := _branch(n))]
    module.classes = [_class(n) for n in _sorted(nodes, "class")]
    module.assigns = [a for n in _sorted(nodes, "assign") if (a := _assign(n))]
    for node in _sorted(nodes, "import"):
        _import(module, node)
    return module


def _sorted(nodes: dict[str, list[Node]], name: str) -> list[Node]:
    return sorted(nodes.get(name, ()), key=lambda n: (n.start_byte, -n.end_byte))


def unwrap(node: Node) -> Node:
    """The expression inside await and parentheses."""
    while node.type in ("await", "parenthesized_expression") and node.named_children:
        node = node.named_children[0]
    return node


def dotted(node: Node | None, depth: int = 0) -> str:
    """`db.query.filter` for db.query(X).filter(...)."""
    if node is None or depth > _MAX_DEPTH:
        return ""
    node = unwrap(node)
    if node.type == "identifier":
        return text_of(node)
    if node.type == "attribute":
        name = text_of(node.child_by_field_name("attribute"))
        return f"{dotted(node.child_by_field_name('object'), depth + 1)}.{name}"
    if node.type == "call":
        return dotted(node.child_by_field_name("function"), depth + 1)
    if node.type == "subscript":
        return f"{dotted(node.child_by_field_name('value'), depth + 1)}.[]"
    return ""


def _call(node: Node) -> Call:
    arguments = node.child_by_field_name("arguments")
    args: list[Node] = []
    keywords: dict[str, Node] = {}
    if arguments is not None and arguments.type == "argument_list":
        for child in arguments.named_children:
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if child.type == "keyword_argument" and value is not None:
                keywords[text_of(name)] = value
            elif child.type != "comment":
                args.append(child)
    return Call(dotted(node.child_by_field_name("function")), tuple(args), keywords, node)


def _function(path: str, node: Node) -> Function | None:
    body, parameters = node.child_by_field_name("body"), node.child_by_field_name("parameters")
    if body is None:
        return None
    outer, decorators = node, _NONE
    if node.parent is not None and node.parent.type == "decorated_definition":
        outer = node.parent
        decorators = _decorators(outer)
    params = tuple(_params(parameters)) if parameters is not None else ()
    holder = outer.parent.parent if outer.parent is not None else None
    owner = (
        text_of(holder.child_by_field_name("name")) if holder is not None and holder.type == "class_definition" else ""
    )
    return Function(path, text_of(node.child_by_field_name("name")), outer, body, params, decorators, owner)


def _decorators(outer: Node) -> tuple[Node, ...]:
    found = (d.named_children[0] for d in outer.named_children if d.type == "decorator" and d.named_children)
    return tuple(islice(found, _MAX_DECORATORS))


def _params(parameters: Node) -> Iterator[Param]:
    for child in parameters.named_children:
        type_node = child.child_by_field_name("type")
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        if name is None and child.type == "typed_parameter" and child.named_children:
            name = child.named_children[0]
        if name is not None:
            yield Param(text_of(name), text_of(type_node), type_node, child.child_by_field_name("value"))


def _branch(node: Node) -> Branch | None:
    condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None or then is None:
        return None
    return Branch(condition, then, tuple(node.children_by_field_name("alternative")), node)


def _class(node: Node) -> Klass:
    bases = node.child_by_field_name("superclasses")
    outer, decorators = node, _NONE
    if node.parent is not None and node.parent.type == "decorated_definition":
        outer = node.parent
        decorators = _decorators(outer)
    named = tuple(text_of(b) for b in bases.named_children) if bases is not None else ()
    return Klass(text_of(node.child_by_field_name("name")), named, outer, decorators)


def _assign(node: Node) -> Assign | None:
    if node.type == "as_pattern":
        alias = node.child_by_field_name("alias")
        return Assign((text_of(alias),), node.named_children[0], node) if alias is not None else None
    left = node.child_by_field_name("left") or node.child_by_field_name("name")
    value = node.child_by_field_name("right") or node.child_by_field_name("value")
    if left is None or value is None:
        return None
    if left.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        return Assign(tuple(text_of(c) for c in left.named_children), value, node)
    return Assign((dotted(left),), value, node)


def _import(module: Module, node: Node) -> None:
    if node.type == "import_statement":
        for child in node.children_by_field_name("name"):
            name = text_of(child.child_by_field_name("name")) or text_of(child)
            alias = text_of(child.child_by_field_name("alias"))
            module.imports[alias or name.split(".")[0]] = Import(name if alias else name.split(".")[0], "*")
            if not alias and "." in name:
                module.imports[name] = Import(name, "*")
        return
    spec = text_of(node.child_by_field_name("module_name"))
    for child in node.children_by_field_name("name"):
        name = text_of(child.child_by_field_name("name")) or text_of(child)
        module.imports[text_of(child.child_by_field_name("alias")) or name] = Import(spec, name)
    if any(c.type == "wildcard_import" for c in node.children):
        module.star_exports.append(spec)


def string_of(node: Node | None) -> str:
    """A string literal's content; empty for anything else."""
    if node is None or node.type not in ("string", "concatenated_string"):
        return ""
    return "".join(
        text_of(c)
        for s in ([node] if node.type == "string" else node.named_children)
        for c in s.named_children
        if c.type in ("string_content", "interpolation")
    )
