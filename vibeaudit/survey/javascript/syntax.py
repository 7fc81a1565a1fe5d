"""What the nodes of a JavaScript or TypeScript tree say by themselves: names, strings, members, patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node


FIELDS = ("public_field_definition", "field_definition")
_WRAPPERS = frozenset(
    ("await_expression", "parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression")
)
_MAX_DEPTH = 60


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
        return f"{dotted(node.child_by_field_name('object'), depth + 1)}.{text_in(node, 'property')}"
    if node.type == "subscript_expression":
        return f"{dotted(node.child_by_field_name('object'), depth + 1)}.[]"
    if node.type == "call_expression":
        return dotted(node.child_by_field_name("function"), depth + 1)
    if node.type == "new_expression":
        return dotted(node.child_by_field_name("constructor"), depth + 1)
    return ""


def text_in(node: Node, name: str) -> str:
    """The text of a field of a node; empty when it has none."""
    return text_of(node.child_by_field_name(name))


def field_name(node: Node) -> str:
    """The name of a member of a class."""
    return text_in(node, "name") or text_in(node, "property")


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


def required(node: Node) -> str:
    """The spec of `require('x')` or `import('x')`, also as `require('x').y`; else empty."""
    if node.type == "member_expression" and (inner := node.child_by_field_name("object")) is not None:
        node = unwrap(inner)
    if node.type != "call_expression" or dotted(node.child_by_field_name("function")) not in ("require", "import"):
        return ""
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    return string_of(first)


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
        if child.type == "method_definition" and text_of(child.child_by_field_name("name")) == name:
            return child
    return None
