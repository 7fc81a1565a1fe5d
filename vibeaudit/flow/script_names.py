"""JavaScript's names: paths, targets, parameters, types, imports and exports."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow.form import Module, Path
from vibeaudit.flow.lowering import text

_STRIPPED = ("non_null_expression", "parenthesized_expression", "as_expression", "satisfies_expression")


def path_of(node: Node | None) -> Path:
    """The dotted path of a name, or nothing when it rests on a call or another expression."""
    if node is None:
        return ()
    if node.type in (
        "identifier",
        "this",
        "super",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
    ):
        return (text(node),)
    if node.type in _STRIPPED and node.named_children:
        return path_of(node.named_children[0])
    if node.type == "member_expression":
        head = path_of(node.child_by_field_name("object"))
        return (*head, text(node.child_by_field_name("property"))) if head else ()
    if node.type == "subscript_expression":
        head = path_of(node.child_by_field_name("object"))
        index = node.child_by_field_name("index")
        name = text(index)[1:-1] if index is not None and index.type == "string" else "*"
        return (*head, name) if head else ()
    return ()


def targets(node: Node | None) -> tuple[Path, ...]:
    if node is None:
        return ()
    if path := path_of(node):
        return (path,)
    return tuple(t for child in node.named_children for t in targets(child))


def parameters(listed: Node | None, spread: list[tuple[Path, Node]]) -> tuple[tuple[str, ...], dict[Path, Path]]:
    """Names by position, and their types; a destructured one gets a made-up name, and goes to `spread` to be
    unpacked."""
    if listed is None:
        return (), {}
    if listed.type == "identifier":
        return (text(listed),), {}
    names: list[str] = []
    types: dict[Path, Path] = {}
    for child in (c for c in listed.named_children if c.type != "comment"):
        pattern = child.child_by_field_name("pattern") or child.child_by_field_name("left") or child
        if pattern.type == "assignment_pattern":
            pattern = pattern.child_by_field_name("left") or pattern
        if pattern.type in ("object_pattern", "array_pattern"):
            names.append(f"<{len(names)}>")
            spread.append(((names[-1],), pattern))
        else:
            names.append(text(pattern).removeprefix("..."))
            if kind := plain_type(child.child_by_field_name("type")):
                types[(names[-1],)] = kind
    return tuple(names), types


def fields_of_constructor(listed: Node | None) -> dict[Path, Path]:
    """`constructor(private readonly users: UserService)`: the fields that it makes, and their types (or nothing)."""
    found: dict[Path, Path] = {}
    for child in listed.named_children if listed is not None else ():
        kept = any(c.type in ("accessibility_modifier", "readonly") for c in child.children)
        if kept:
            found[(text(child.child_by_field_name("pattern")),)] = plain_type(child.child_by_field_name("type"))
    return found


def plain_type(node: Node | None) -> Path:
    written = text(node).removeprefix(":").strip()
    return tuple(written.split(".")) if written.replace(".", "").replace("_", "").isalnum() else ()


def import_names(node: Node, module: Module) -> None:
    source = text(node.child_by_field_name("source")).strip("'\"")
    clause = next((c for c in node.named_children if c.type == "import_clause"), None)
    for part in clause.named_children if clause is not None else ():
        if part.type == "identifier":
            module.imports[text(part)] = (source, "default")
        elif part.type == "namespace_import":
            module.imports[text(part.named_children[0])] = (source, "*")
        for specifier in (c for c in part.named_children if c.type == "import_specifier"):
            name = text(specifier.child_by_field_name("name"))
            module.imports[text(specifier.child_by_field_name("alias")) or name] = (source, name)


def required(node: Node | None) -> str:
    """The module of `require("x")`, `await import("x")`, or an empty string."""
    while node is not None and node.type in ("await_expression", *_STRIPPED) and node.named_children:
        node = node.named_children[0]
    if node is None or node.type != "call_expression":
        return ""
    function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    given = listed.named_children if listed is not None else []
    if function is None or not (text(function) == "require" or function.type == "import") or not given:
        return ""
    return text(given[0])[1:-1] if given[0].type == "string" else ""


def member_required(node: Node) -> tuple[str, str] | None:
    """`require("child_process").exec`, also as `promisify(...)` gives it: the module, and the name there."""
    if node.type == "call_expression" and text(node.child_by_field_name("function")).endswith("promisify"):
        listed = node.child_by_field_name("arguments")
        node = listed.named_children[0] if listed is not None and listed.named_children else node
    if node.type != "member_expression":
        return None
    source = required(node.child_by_field_name("object"))
    return (source, text(node.child_by_field_name("property"))) if source else None


def promisified(node: Node) -> str:
    """The name in `promisify(exec)`."""
    if node.type != "call_expression" or not text(node.child_by_field_name("function")).endswith("promisify"):
        return ""
    listed = node.child_by_field_name("arguments")
    given = listed.named_children if listed is not None else []
    return text(given[0]) if given and given[0].type == "identifier" else ""


def require_names(target: Node, source: str, module: Module) -> None:
    if target.type == "identifier":
        module.imports[text(target)] = (source, "*")
    for part in target.named_children:
        if part.type == "shorthand_property_identifier_pattern":
            module.imports[text(part)] = (source, text(part))
        elif part.type == "pair_pattern":
            name = text(part.child_by_field_name("key"))
            module.imports[text(part.child_by_field_name("value"))] = (source, name)


def export_names(node: Node, module: Module) -> None:
    """`export { a as b } from "x"`, `export * from "x"`, `export default name`."""
    source = text(node.child_by_field_name("source")).strip("'\"")
    clause = next((c for c in node.named_children if c.type == "export_clause"), None)
    for part in clause.named_children if clause is not None else ():
        name = text(part.child_by_field_name("name"))
        shown = text(part.child_by_field_name("alias")) or name
        if source:
            module.imports[f"<{shown}>"] = (source, name)
        module.exports[shown] = f"<{shown}>" if source else name
    if source and clause is None:
        module.passed_on.append(source)
    value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
    if any(c.type == "default" for c in node.children) and value is not None:
        name = text(value) if value.type == "identifier" else text(value.child_by_field_name("name"))
        module.exports["default"] = name or "default"


def common_exports(left: Node | None, right: Node | None, module: Module) -> str:
    """`module.exports = ...` and `exports.name = ...`, noted. Gives the name that a function there is kept under."""
    path = path_of(left)
    if path[:2] == ("module", "exports"):
        path = path[2:]
    elif path[:1] == ("exports",) and len(path) > 1:
        path = path[1:]
    else:
        return ""
    if right is None or len(path) > 1:
        return ""
    if right.type == "identifier":
        module.exports[path[0] if path else "default"] = text(right)
    elif right.type == "object" and not path:
        for part in right.named_children:
            if part.type == "shorthand_property_identifier":
                module.exports[text(part)] = text(part)
            elif part.type == "pair" and (value := part.child_by_field_name("value")) is not None:
                name = text(part.child_by_field_name("key"))
                module.exports[name] = text(value) if value.type == "identifier" else f"exports.{name}"
            elif part.type == "method_definition":
                name = text(part.child_by_field_name("name"))
                module.exports[name] = f"exports.{name}"
        return "exports"
    elif path:
        module.exports[path[0]] = f"exports.{path[0]}"
    else:
        module.exports["default"] = "exports"
    return f"exports.{path[0]}" if path else "exports"
