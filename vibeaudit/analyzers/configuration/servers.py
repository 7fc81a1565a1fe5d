"""The MCP servers that any product's files list, in one shape."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.analyzers.configuration.nodes import Document, Node, mapping, sequence

_ONE_NAME = {
    "serverUrl": "url",
    "httpUrl": "url",
    "environment": "env",
    "http_headers": "headers",
    "alwaysAllow": "autoApprove",
}


def listed(document: Document, key: str) -> Document:
    """A document that maps each server's name to its `command`, `args`, `env`, `url`, `headers`..."""
    place = document.root.get(key) or document.root.get(*key.split("."))
    if place is None:
        return replace(document, root=mapping([], 0, 0))
    if place.kind == "sequence":
        named = [((n.get("name") or Node("null")).text or str(i), n) for i, n in enumerate(place.items)]
        entries = [(name, replace(n, key=n.start)) for name, n in named]
    else:
        entries = list(place.entries)
    return replace(document, root=mapping([(k, _one_shape(n)) for k, n in entries], place.start, place.end, place.key))


def _one_shape(server: Node) -> Node:
    entries: list[tuple[str, Node]] = []
    for key, node in server.entries:
        name = _ONE_NAME.get(key, key)
        if name == "command" and node.kind == "sequence" and node.items:
            entries.append(("command", replace(node.items[0], key=node.key)))
            entries.append(("args", sequence(list(node.items[1:]), node.start, node.end, node.key)))
        else:
            entries.append((name, node))
    return replace(server, entries=tuple(entries))
