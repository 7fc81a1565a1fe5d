"""JSON with comments and trailing commas, from the file's tree-sitter tree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.analyzers.configuration.nodes import (
    EMPTY,
    MAX_DEPTH,
    Document,
    Node,
    Unreadable,
    mapping,
    scalar,
    sequence,
)
from vibeaudit.source import SourceFile
from vibeaudit.source.trees import parse

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax


def documents(file: SourceFile) -> list[Document]:
    """The one document. What stands between errors of syntax is read all the same, and the flaw is told."""
    tree = file.tree if file.language == "json" else parse(file.data, "json")
    if tree is None:
        raise Unreadable("too large")
    values = [c for c in tree.root_node.named_children if c.type not in ("comment", "ERROR")]
    flaw = "" if not tree.root_node.has_error or _only_commas(tree.root_node) else "not valid JSON"
    if not values:
        if flaw:
            raise Unreadable(flaw)
        return [Document(file, EMPTY)]
    return [Document(file, _node(values[0], 0), flaw)]


def _node(syntax: Syntax, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise Unreadable("nested too deeply")
    start, end = syntax.start_byte, syntax.end_byte
    match syntax.type:
        case "object":
            pairs = [c for c in syntax.named_children if c.type == "pair"]
            return mapping([e for p in pairs if (e := _entry(p, depth))], start, end)
        case "array":
            values = [c for c in syntax.named_children if c.type not in ("comment", "ERROR") and not c.is_missing]
            return sequence([_node(c, depth + 1) for c in values], start, end)
        case "string":
            return scalar(_string(syntax), start, end)
        case "number":
            return scalar(_number(syntax), start, end)
        case "true" | "false":
            return scalar(syntax.type == "true", start, end)
        case _:
            return scalar(None, start, end)


def _entry(pair: Syntax, depth: int) -> tuple[str, Node] | None:
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    if key is None or value is None:
        return None
    return _string(key), replace(_node(value, depth + 1), key=key.start_byte)


def _string(syntax: Syntax) -> str:
    raw = (syntax.text or b"").decode("utf-8", "replace")
    try:
        return str(json.loads(raw, strict=False))
    except ValueError:
        return raw.strip("\"'")


def _number(syntax: Syntax) -> int | float | str:
    raw = (syntax.text or b"").decode("utf-8", "replace")
    for kind in (int, float):
        try:
            return kind(raw)
        except ValueError:
            continue
    return raw


def _only_commas(root: Syntax) -> bool:
    """Whether trailing commas are all that is wrong."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR":
            if (node.text or b"").strip() not in (b",", b""):
                return False
        elif node.is_missing:
            before = node.prev_sibling
            if before is None or before.type != ",":
                return False
        elif node.has_error:
            waiting.extend(node.children)
    return True
