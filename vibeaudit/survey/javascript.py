"""A JavaScript or TypeScript file's facts, from its tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Assign, Branch, Call, Function, Import, Klass, Module, Param, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.source import SourceFile

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
FIELDS = ("public_field_definition", "field_definition")
_WRAPPERS = frozenset(
    ("await_expression", "parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression")
)
_MAX_DEPTH = 60


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
            _import(module, node)
        else:
            _export(module, node)
    return module


def _sorted(nodes: dict[str, list[Node]], name: str) -> list[Node]:
    return sorted(nodes.get(name, ()), key=lambda n: (n.start_byte, -n.end_byte))


def unwrap(node: Node) -> Node:
    """The expression inside await, parentheses, `!`, `as T`."""
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def dotted(node: Node | None, depth: int = 0) -> str:
    """`supabase.from.insert` for supabase.from('x').insert(...); empty when it is no chain of names."""
    if node is None or depth > _MAX_DEPTH:
        return ""
    node = unwrap(node)
    if node.type in ("identifier", "this", "property_identifier", "super", "import"):
        return text_of(node)
    if node.type == "member_expression":
        return f"{dotted(node.child_by_field_name('object'), depth + 1)}.{_field(node, 'property')}"
    if node.type == "subscript_expression":
        return f"{dotted(node.child_by_field_name('object'), depth + 1)}.[]"
    if node.type == "call_expression":
        return dotted(node.child_by_field_name("function"), depth + 1)
    if node.type == "new_expression":
        return dotted(node.child_by_field_name("constructor"), depth + 1)
    return ""


def _field(node: Node, name: str) -> str:
    return text_of(node.child_by_field_name(name))


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
    name, owner = _field(node, "name"), ""
    parent = node.parent
    if node.type == "method_definition" and parent is not None and parent.parent is not None:
        owner = _field(parent.parent, "name") if parent.type == "class_body" else ""
        if parent.type == "object":
            owner = "{}"
    elif (
        parent is not None and parent.type in FIELDS and parent.parent is not None and parent.parent.parent is not None
    ):
        name, owner = field_name(parent), _field(parent.parent.parent, "name")  # `create = async (req) => { ... }`
    elif not name and parent is not None:
        name = _name_given(node, parent)
    return Function(path, name, node, body, tuple(_params(node)), decorators(node), owner)


def field_name(node: Node) -> str:
    """The name of a member of a class."""
    return _field(node, "name") or _field(node, "property")


def decorators(node: Node) -> tuple[Node, ...]:
    """The expressions of the decorators of a class, a method, a field or a parameter."""
    own = [c for c in node.named_children if c.type == "decorator"]
    if node.type in ("method_definition", "class_declaration", "abstract_class_declaration"):
        before = node.prev_named_sibling
        while before is not None and before.type in ("decorator", "comment"):
            own += [before] if before.type == "decorator" else []
            before = before.prev_named_sibling
        if node.parent is not None and node.parent.type == "export_statement":
            own += [c for c in node.parent.named_children if c.type == "decorator" and c not in own]
    return tuple(d.named_children[0] for d in sorted(own, key=lambda d: d.start_byte) if d.named_children)


def _name_given(node: Node, parent: Node) -> str:
    """`const f = () => ...`, `f = wrap(async () => ...)`, `exports.f = ...`."""
    for _ in range(4):
        if parent.type == "variable_declarator":
            return _field(parent, "name")
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
            yield Param(text_of(pattern), _field(child, "type").lstrip(": "))
        else:
            yield Param("{" + ",".join(names_in(pattern)) + "}", _field(child, "type").lstrip(": "))


def names_in(pattern: Node, depth: int = 0) -> tuple[str, ...]:
    """The local names that a (destructuring) pattern binds."""
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        return (text_of(pattern),)
    if depth > _MAX_DEPTH:
        return ()
    if pattern.type == "pair_pattern":
        value = pattern.child_by_field_name("value")
        return names_in(value, depth + 1) if value is not None else ()
    if pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        left = pattern.child_by_field_name("left") or (pattern.named_children[0] if pattern.named_children else None)
        return names_in(left, depth + 1) if left is not None else ()
    return tuple(n for c in pattern.named_children for n in names_in(c, depth + 1))


def _branch(node: Node) -> Branch | None:
    condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None or then is None:
        return None
    otherwise = node.child_by_field_name("alternative")
    return Branch(condition, then, (otherwise,) if otherwise is not None else (), node)


def _class(node: Node) -> Klass | None:
    name = _field(node, "name")
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
        _commonjs_export(module, name, value)
        return
    module.assigns.append(Assign(names_in(left), value, node))
    inner = unwrap(value)
    if node.type == "variable_declarator" and (spec := required(inner)):
        _required_names(module, left, spec)


def required(node: Node) -> str:
    """The spec of `require('x')` or `import('x')`, also as `require('x').y`; else empty."""
    if node.type == "member_expression" and (inner := node.child_by_field_name("object")) is not None:
        node = unwrap(inner)
    if node.type != "call_expression" or dotted(node.child_by_field_name("function")) not in ("require", "import"):
        return ""
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    return string_of(first)


def _required_names(module: Module, left: Node, spec: str) -> None:
    if left.type == "identifier":
        value = left.parent.child_by_field_name("value") if left.parent is not None else None
        value = unwrap(value) if value is not None else None
        picked = _field(value, "property") if value is not None and value.type == "member_expression" else "*"
        module.imports[text_of(left)] = Import(spec, picked)
        return
    for child in left.named_children:
        if child.type == "pair_pattern":
            value = child.child_by_field_name("value")
            for name in names_in(value) if value is not None else ():
                module.imports[name] = Import(spec, _field(child, "key"))
        else:
            for name in names_in(child):
                module.imports[name] = Import(spec, name)


def string_of(node: Node | None) -> str:
    """A string literal's content (a template's too, `${...}` kept); empty for anything else."""
    if node is None or node.type not in ("string", "template_string"):
        return ""
    return text_of(node)[1:-1]


def property_of(node: Node, name: str) -> Node | None:
    """What an object literal has under a name."""
    for child in node.named_children:
        key = child.child_by_field_name("key")
        if key is not None and text_of(key).strip("'\"") == name:
            return child.child_by_field_name("value")
        if child.type == "shorthand_property_identifier" and text_of(child) == name:
            return child
    return None


def _commonjs_export(module: Module, name: str, value: Node) -> None:
    if name == "module.exports":
        if value.type == "object":
            for child in value.named_children:
                if child.type == "shorthand_property_identifier":
                    module.exports[text_of(child)] = text_of(child)
                elif child.type == "pair" and (inner := child.child_by_field_name("value")) is not None:
                    module.exports[_field(child, "key")] = _target(inner)
                elif child.type == "method_definition":
                    module.exports[_field(child, "name")] = child
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


def _import(module: Module, node: Node) -> None:
    spec = string_of(node.child_by_field_name("source"))
    clause = next((c for c in node.named_children if c.type == "import_clause"), None)
    for child in clause.named_children if clause is not None else ():
        if child.type == "identifier":
            module.imports[text_of(child)] = Import(spec, "default")
        elif child.type == "namespace_import":
            module.imports[text_of(child.named_children[0])] = Import(spec, "*")
        else:
            for item in (i for i in child.named_children if i.type == "import_specifier"):
                name = _field(item, "name")
                module.imports[_field(item, "alias") or name] = Import(spec, name)


def _export(module: Module, node: Node) -> None:
    spec = string_of(node.child_by_field_name("source"))
    declaration = node.child_by_field_name("declaration")
    if node.child_by_field_name("value") is not None:
        module.exports["default"] = _target(node.child_by_field_name("value"))  # type: ignore[arg-type]
    elif declaration is not None:
        default = any(c.type == "default" for c in node.children)
        for name in _declared(declaration):
            module.exports["default" if default else name] = name
        if default and not _field(declaration, "name"):
            module.exports["default"] = declaration
    clause = next((c for c in node.named_children if c.type == "export_clause"), None)
    for item in clause.named_children if clause is not None else ():
        name = _field(item, "name")
        module.exports[_field(item, "alias") or name] = Import(spec, name) if spec else name
    if spec and clause is None:
        module.star_exports.append(spec)


def _declared(declaration: Node) -> tuple[str, ...]:
    if declaration.type in ("lexical_declaration", "variable_declaration"):
        found: list[str] = []
        for child in declaration.named_children:
            pattern = child.child_by_field_name("name")
            found += names_in(pattern) if pattern is not None else ()
        return tuple(found)
    return (_field(declaration, "name"),) if _field(declaration, "name") else ()
