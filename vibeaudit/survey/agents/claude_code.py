"""Claude Code. Rules count as deny, then ask, then allow; settings.local.json wins over settings.json.
Source: https://code.claude.com/docs/en/settings and .../permissions"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.survey.agents.product import ConfigFile, Product

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node


def effective(documents: Sequence[Document]) -> list[Document]:
    """The settings without the values that the other file of the same folder overrules, and without the
    allowed tools that a deny or ask rule of either file stops."""
    return [_pruned(d, [o for o in documents if o.file.path.parent == d.file.path.parent]) for d in documents]


def _pruned(document: Document, together: list[Document]) -> Document:
    stopped = {rule for d in together for word in ("deny", "ask") for rule in _rules(d.root, word)}
    local = [d.root for d in together if d is not document and d.file.path.name == "settings.local.json"]
    root = document.root
    for other in local:
        root = _overruled(root, other)
    return replace(document, root=_without_stopped(root, stopped))


def _rules(root: Node, word: str) -> Iterable[str]:
    listed = root.get("permissions", word)
    return (_normal(n.text) for n in listed.items) if listed else ()


def _normal(rule: str) -> str:
    """A tool's bare name and its `(*)` and `(:*)` forms are one rule."""
    for form in ("(*)", "(:*)", "(**)"):
        rule = rule.removesuffix(form)
    return rule.replace(":*)", " *)")


def _overruled(root: Node, local: Node) -> Node:
    """The mapping without the scalars that `local` sets too."""
    entries = []
    for key, node in root.entries:
        other = local.get(key)
        if node.kind == "mapping":
            entries.append((key, _overruled(node, other) if other else node))
        elif other is None or node.kind == "sequence":
            entries.append((key, node))
    return replace(root, entries=tuple(entries))


def _without_stopped(root: Node, stopped: set[str]) -> Node:
    permissions = root.get("permissions")
    allow = root.get("permissions", "allow")
    if permissions is None or allow is None or not stopped:
        return root
    kept = replace(allow, items=tuple(n for n in allow.items if not _is_stopped(_normal(n.text), stopped)))
    inner = replace(permissions, entries=tuple((k, kept if n is allow else n) for k, n in permissions.entries))
    return replace(root, entries=tuple((k, inner if n is permissions else n) for k, n in root.entries))


def _is_stopped(rule: str, stopped: set[str]) -> bool:
    """Whether a deny or ask rule names the same, the whole tool, or the beginning of this command."""
    if rule in stopped or rule.split("(", 1)[0] in stopped:
        return True
    return any(s.endswith(" *)") and rule.startswith(s[:-2]) for s in stopped)


PRODUCT = Product(
    "claude-code",
    "Claude Code",
    (
        ConfigFile("settings", "json", ".claude/settings.json"),
        ConfigFile("settings", "json", ".claude/settings.local.json"),
        ConfigFile("mcp", "json", ".mcp.json", "mcpServers"),
        ConfigFile("rules", "markdown", "CLAUDE.md"),
        ConfigFile("rules", "markdown", "CLAUDE.local.md"),
        ConfigFile("rules", "markdown", ".claude/rules/**/*.md"),
        ConfigFile("agent", "markdown", ".claude/agents/**/*.md"),
        ConfigFile("command", "markdown", ".claude/commands/**/*.md"),
        ConfigFile("skill", "markdown", ".claude/skills/**/*.md"),
        ConfigFile("hook", "text", ".claude/hooks/*"),
        ConfigFile("mcp", "json", "claude_desktop_config.json", "mcpServers"),
    ),
    effective,
)
