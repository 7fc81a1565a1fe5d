"""Python's names: dotted paths, targets, parameters and imports."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow.form import Module, Path
from vibeaudit.flow.lowering import text

_WRAPPERS = ("Optional", "Annotated", "typing.Optional", "typing.Annotated")


def path_of(node: Node | None) -> Path:
    """The dotted path of a name, or nothing when it rests on a call or another expression."""
    if node is None:
        return ()
    if node.type == "identifier":
        return (text(node),)
    if node.type == "attribute":
        head = path_of(node.child_by_field_name("object"))
        return (*head, text(node.child_by_field_name("attribute"))) if head else ()
    if node.type == "subscript":
        head = path_of(node.child_by_field_name("value"))
        key = node.child_by_field_name("subscript")
        name = text(key)[1:-1] if key is not None and key.type == "string" else "*"
        return (*head, name) if head else ()
    if node.type in ("await", "parenthesized_expression") and len(node.named_children) == 1:
        return path_of(node.named_children[0])
    return ()


def targets(node: Node | None) -> tuple[Path, ...]:
    if node is None:
        return ()
    if path := path_of(node):
        return (path,)
    return tuple(t for child in node.named_children for t in targets(child))


def parameters(listed: Node | None) -> tuple[tuple[str, ...], dict[Path, Path]]:
    """Names by position, and what their annotations say."""
    names: list[str] = []
    types: dict[Path, Path] = {}
    for child in listed.named_children if listed is not None else ():
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        if name is None:
            inner = child.named_children[0] if child.type == "typed_parameter" and child.named_children else child
            name = (
                inner
                if inner.type == "identifier"
                else next((c for c in inner.named_children if c.type == "identifier"), None)
            )
        if name is not None and child.type != "comment":
            names.append(text(name))
            if kind := bounded(child) or plain_type(child.child_by_field_name("type")):
                types[(text(name),)] = kind
    return tuple(names), types


LEAST = ("PositiveInt",)
_FROM_BELOW = re.compile(r"\b(?:gt|ge|minimum|min_value)\s*=\s*\d|\bPositive(?:Int|Float)\b|NonNegative")


def bounded(node: Node) -> Path:
    """A type of its own for what is declared with a least value: `quantity: int = Field(ge=1)`."""
    declared = (node.child_by_field_name(f) for f in ("type", "value", "right"))
    return LEAST if _FROM_BELOW.search(" ".join(text(d) for d in declared)) else ()


_FIELD = re.compile(r"(?:\w+\.)*(?:Int|Integer|Float|Decimal|Number)\(")
_VALIDATED = re.compile(r"\bRange\(\s*(?:min\s*=\s*)?\d|\bvalidate\s*=\s*(?!\s*(?:\w+\.)*Range\()")


def bounded_field(value: Node | None) -> Path:
    """The same for a field of marshmallow, `fields.Int(validate=Range(min=1))`, or one that something else checks."""
    said = text(value) if value is not None else ""
    return LEAST if _FIELD.match(said) and _VALIDATED.search(said) else ()


def rests(listed: Node | None) -> tuple[str, str]:
    """The parameters that take all further arguments: `*args` and `**kwargs`."""
    found = {"list_splat_pattern": "", "dictionary_splat_pattern": ""}
    for child in listed.named_children if listed is not None else ():
        inner = child.named_children[0] if child.type == "typed_parameter" and child.named_children else child
        if inner.type in found and inner.named_children:
            found[inner.type] = text(inner.named_children[0])
    return found["list_splat_pattern"], found["dictionary_splat_pattern"]


def plain_type(node: Node | None) -> Path:
    """`T`, `m.T`, `T | None`, `Optional[T]`, `Annotated[T, ...]`: the path of T."""
    if node is None:
        return ()
    written = "".join(text(node).split()).strip("\"'")
    for wrapper in _WRAPPERS:
        if written.startswith(f"{wrapper}["):
            written = written[len(wrapper) + 1 : -1].split(",")[0]
    written = written.removesuffix("|None")
    return tuple(written.split(".")) if written.replace(".", "").replace("_", "").isalnum() else ()


def import_names(node: Node, module: Module) -> None:
    source = text(node.child_by_field_name("module_name"))
    for name in node.children_by_field_name("name"):
        real = name.child_by_field_name("name") if name.type == "aliased_import" else name
        alias = text(name.child_by_field_name("alias")) if name.type == "aliased_import" else text(name)
        if source:
            module.imports[alias] = (source, text(real))
        elif alias == text(real) and "." in alias:  # import a.b.c binds a, and is written out in full
            module.imports.setdefault(alias.split(".")[0], (alias.split(".")[0], "*"))
        else:
            module.imports[alias] = (text(real), "*")
    if source and any(c.type == "wildcard_import" for c in node.named_children):
        module.passed_on.append(source)
