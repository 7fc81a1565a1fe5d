"""What we know of one product: its files, what each is for, and where its MCP servers are listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """`part`: what the file is for (settings, mcp, rules, agent, skill...). `format`: json, yaml, toml, markdown,
    text... `glob`: `*` within a name, `**/` any folders; below any folder unless it starts with `/`.
    `servers`: the key under which MCP servers are listed, dotted."""

    part: str
    format: str
    glob: str
    servers: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """`effective` leaves out of the files' values those that the product itself overrules."""

    name: str
    title: str
    files: tuple[ConfigFile, ...]
    effective: Callable[[Sequence[Document]], list[Document]] | None = None


@lru_cache(maxsize=1024)
def glob(text: str) -> re.Pattern[str]:
    """`*` within a name, `**/` any folders; below any folder unless it starts with `/`."""
    out = "" if text.startswith("/") else "(?:.*/)?"
    for piece in re.findall(r"\*\*/|\*\*|\*|[^*]+", text.lstrip("/")):
        out += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}.get(piece) or re.escape(piece)
    return re.compile(out, re.DOTALL)
