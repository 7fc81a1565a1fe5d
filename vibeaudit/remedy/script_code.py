"""What fixers need to know of JavaScript and TypeScript: calls, object properties, imports, quotes."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit
from vibeaudit.remedy.syntax import add_item, after_line, insert, items, nodes, replace, text
from vibeaudit.source import SourceFile

LANGUAGES = ("javascript", "typescript", "tsx")


def arguments(call: Node) -> list[Node]:
    """A call's arguments."""
    found = call.child_by_field_name("arguments")
    return items(found) if found is not None and found.type == "arguments" else []


def property_of(obj: Node, name: str) -> Node | None:
    """The `name: value` pair of an object literal."""
    for pair in items(obj):
        if pair.type == "pair" and text(pair.child_by_field_name("key")).strip("'\"") == name:
            return pair
    return None


def value(pair: Node | None) -> Node | None:
    return pair.child_by_field_name("value") if pair is not None else None


def set_property(file: SourceFile, obj: Node, name: str, new: str) -> Edit:
    """Give an object literal's property this value, adding it when it is not there."""
    if (old := value(property_of(obj, name))) is not None:
        return replace(file, old, new)
    listed = items(obj)
    if not listed and text(obj).strip("{} \t\n") == "":
        return replace(file, obj, f"{{ {name}: {new} }}")
    return add_item(file, obj, f"{name}: {new}")


def quote_of(file: SourceFile) -> str:
    """The quote that the file uses most."""
    return '"' if file.text.count('"') > file.text.count("'") else "'"


def semicolon_of(file: SourceFile) -> str:
    """ ";" when most of the file's statements end in one."""
    ends = [line.rstrip()[-1:] for line in file.lines if line.strip()]
    return ";" if ends.count(";") * 4 >= len(ends) else ""


def uses_require(file: SourceFile) -> bool:
    """Whether the file loads modules by require() and not by import."""
    assert file.tree is not None
    has_import = any(n.type == "import_statement" for n in file.tree.root_node.children)
    return not has_import and "require(" in file.text


def ensure_import(file: SourceFile, names: str, module: str) -> tuple[Edit, ...]:
    """The edit that imports `names` ("{ timingSafeEqual }", "crypto") from `module` where imports stand; nothing
    when the file has these very names from it."""
    assert file.tree is not None
    quote, end = quote_of(file), semicolon_of(file)
    if uses_require(file):
        line = f"const {names} = require({quote}{module}{quote}){end}"
    else:
        line = f"import {names} from {quote}{module}{quote}{end}"
    statements = [n for n in file.tree.root_node.children if _loads(n)]
    bare = names.strip("{} ")
    if any(_names(n, bare) and f"{module}" in text(n) for n in statements):
        return ()
    if statements:
        return (insert(file, after_line(file, statements[-1]), line + "\n"),)
    return (insert(file, _after_directives(file), line + "\n"),)


def after_imports(file: SourceFile) -> int:
    """Where the file's own code starts: behind its last import or require."""
    assert file.tree is not None
    statements = [n for n in file.tree.root_node.children if _loads(n)]
    return after_line(file, statements[-1]) if statements else _after_directives(file)


def crypto_name(file: SourceFile) -> tuple[str, tuple[Edit, ...]]:
    """What node's crypto module is called in a file, and the edit that imports it where it is not; an empty name in
    a file for another runtime or for the browser."""
    assert file.tree is not None
    if "Deno." in file.text or '"use client"' in file.text or "'use client'" in file.text:
        return "", ()
    for statement in filter(_loads, file.tree.root_node.children):
        if not re.search(r"""["'](?:node:)?crypto["']""", text(statement)):
            continue
        found = re.search(r"""(?:import|const|let|var)\s+(?:\*\s+as\s+)?(\w+)\s*(?:from|=)""", text(statement))
        if found:
            return found[1], ()
    return "crypto", ensure_import(file, "crypto", "node:crypto")


def _loads(node: Node) -> bool:
    if node.type == "import_statement":
        return True
    return node.type in ("lexical_declaration", "variable_declaration") and "require(" in text(node)


def _names(statement: Node, name: str) -> bool:
    return any(text(n) == name for n in nodes(statement, "identifier", "shorthand_property_identifier_pattern"))


def _after_directives(file: SourceFile) -> int:
    """After a shebang, leading comments and "use client" / "use strict"."""
    assert file.tree is not None
    at = 0
    for child in file.tree.root_node.children:
        directive = child.type == "expression_statement" and child.children[0].type == "string"
        if child.type in ("hash_bang_line", "comment") or directive:
            at = after_line(file, child)
            continue
        break
    return at
