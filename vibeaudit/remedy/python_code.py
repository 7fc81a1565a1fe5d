"""What fixers need to know of Python: calls, keyword arguments, imports, quotes."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit
from vibeaudit.remedy.syntax import add_item, after_line, insert, items, nodes, remove_item, replace, text
from vibeaudit.source import SourceFile


def arguments(call: Node) -> Node | None:
    """The argument list of a call."""
    found = call.child_by_field_name("arguments")
    return found if found is not None and found.type == "argument_list" else None


def positional(call: Node) -> list[Node]:
    """The arguments without keyword and without splat."""
    listing = arguments(call)
    skipped = ("keyword_argument", "dictionary_splat", "list_splat")
    return [n for n in items(listing) if n.type not in skipped] if listing is not None else []


def keyword(call: Node, name: str) -> Node | None:
    """The keyword argument of that name."""
    listing = arguments(call)
    for node in items(listing) if listing is not None else ():
        if node.type == "keyword_argument" and text(node.child_by_field_name("name")) == name:
            return node
    return None


def value(argument: Node | None) -> Node | None:
    """A keyword argument's value."""
    return argument.child_by_field_name("value") if argument is not None else None


def set_keyword(file: SourceFile, call: Node, name: str, new: str) -> Edit:
    """Give a keyword argument this value, adding it when it is not there. Raises ValueError for a call
    without an argument list."""
    if (old := value(keyword(call, name))) is not None:
        return replace(file, old, new)
    listing = arguments(call)
    if listing is None:
        raise ValueError("a call without arguments")
    return add_item(file, listing, f"{name}={new}")


def drop_keyword(file: SourceFile, call: Node, name: str) -> Edit | None:
    """Take a keyword argument out."""
    listing, argument = arguments(call), keyword(call, name)
    return remove_item(file, listing, argument) if listing is not None and argument is not None else None


def ensure_import(file: SourceFile, line: str) -> tuple[Edit, ...]:
    """The edit that adds an import line such as "import os" or "from html import escape" where imports
    stand; nothing when the file has it already at its top level."""
    assert file.tree is not None
    root = file.tree.root_node
    imports = [n for n in root.children if n.type in ("import_statement", "import_from_statement")]
    future = [n for n in root.children if n.type == "future_import_statement"]
    if any(_provides(text(node), line) for node in imports):
        return ()
    if (joined := _joined(file, imports, line)) is not None:
        return (joined,)
    plain = [n for n in imports if n.type == "import_statement"]
    group = plain if line.startswith("import ") and plain else imports
    if group:
        later = next((n for n in group if text(n) > line), None) if line.startswith("import ") else None
        if later is not None:
            return (insert(file, later.start_byte, line + "\n"),)
        return (insert(file, after_line(file, group[-1]), line + "\n"),)
    if future:
        return (insert(file, after_line(file, future[-1]), f"\n{line}\n"),)
    return (insert(file, _after_docstring(file, root), line + "\n\n"),)


def module_name(file: SourceFile, module: str) -> str:
    """What a module is called in this file ("import numpy as np" -> "np"); the module itself when unknown."""
    assert file.tree is not None
    for node in nodes(file.tree.root_node, "aliased_import"):
        parent = node.parent
        if (
            text(node.child_by_field_name("name")) == module
            and parent is not None
            and parent.type == "import_statement"
        ):
            return text(node.child_by_field_name("alias"))
    return module


def quote_of(file: SourceFile) -> str:
    """The quote that the file's literals use most; what stands inside them does not count."""
    starts = [text(n)[-1:] for n in nodes(file.tree.root_node, "string_start")] if file.tree is not None else []
    return "'" if starts.count("'") > starts.count('"') else '"'


def called(call: Node | None) -> str:
    """What a call calls, as written: "yaml.load"."""
    return text(call.child_by_field_name("function")) if call is not None else ""


def _joined(file: SourceFile, imports: list[Node], line: str) -> Edit | None:
    """One more name in a statement that imports from the same module already, where the alphabet wants it."""
    wanted = re.fullmatch(r"from (\S+) import (\w+)", line)
    for node in imports:
        if wanted is None or text(node.child_by_field_name("module_name")) != wanted[1]:
            continue
        names = node.children_by_field_name("name")
        if not names or node.type != "import_from_statement":
            continue
        later = next((n for n in names if text(n) > wanted[2]), None)
        if later is not None:
            gap = _gap_before(file, later)
            return insert(file, later.start_byte, f"{wanted[2]},{gap}")
        return insert(file, names[-1].end_byte, f",{_gap_before(file, names[-1])}{wanted[2]}")
    return None


def _gap_before(file: SourceFile, node: Node) -> str:
    """A line of its own for a name where the names have one each."""
    line = file.data[file.offset(node.start_point[0] + 1) : node.start_byte]
    return "\n" + line.decode() if not line.strip() else " "


def _provides(statement: str, line: str) -> bool:
    """Whether an import statement already gives what `line` would."""
    flat = " ".join(statement.replace("(", " ").replace(")", " ").split())
    if line.startswith("import "):
        names = [n.strip() for n in flat.removeprefix("import ").split(",")] if flat.startswith("import ") else []
        return line.removeprefix("import ") in names
    wanted = re.fullmatch(r"from (\S+) import (\w+)", line)
    given = re.fullmatch(r"from (\S+) import (.+)", flat)
    if not wanted or not given or wanted[1] != given[1]:
        return False
    return wanted[2] in [n.strip() for n in given[2].split(",")]


def _after_docstring(file: SourceFile, root: Node) -> int:
    """Where the first code may stand: after shebang, comments and docstring."""
    at = 0
    for child in root.children:
        is_docstring = child.type == "expression_statement" and child.children[0].type == "string"
        if child.type == "comment" or (is_docstring and at == 0) or is_docstring:
            at = after_line(file, child)
            continue
        break
    return at
