"""What fixers need to know of settings files: one value of a JSON document, changed in place."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit
from vibeaudit.remedy.syntax import add_item, items, remove_item, replace, text
from vibeaudit.source import SourceFile


def json_root(file: SourceFile) -> Node | None:
    """The outermost JSON value; comments and a stray comma do not matter."""
    if file.tree is None:
        return None
    return next((n for n in file.tree.root_node.named_children if n.type in ("object", "array")), None)


def json_pair(obj: Node, key: str) -> Node | None:
    """The member of a JSON object with this key."""
    for pair in items(obj):
        if pair.type == "pair" and text(pair.child_by_field_name("key")).strip('"') == key:
            return pair
    return None


def json_value(root: Node | None, *keys: str) -> Node | None:
    """The value at a path of keys, or None."""
    for key in keys:
        pair = json_pair(root, key) if root is not None and root.type == "object" else None
        root = pair.child_by_field_name("value") if pair is not None else None
    return root


def json_set(file: SourceFile, obj: Node, key: str, new: str) -> Edit:
    """Give a member of a JSON object this value (JSON text), adding the member when it is not there."""
    pair = json_pair(obj, key)
    old = pair.child_by_field_name("value") if pair is not None else None
    if old is not None:
        return replace(file, old, new)
    if not items(obj):
        return replace(file, obj, f'{{ "{key}": {new} }}')
    return add_item(file, obj, f'"{key}": {new}')


def json_drop(file: SourceFile, obj: Node, key: str) -> Edit | None:
    """Take a member out of a JSON object."""
    pair = json_pair(obj, key)
    return remove_item(file, obj, pair) if pair is not None else None
