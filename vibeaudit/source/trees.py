"""Tree-sitter parsers, one a language, loaded when first asked for."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Tree

# language -> (module, function that gives the grammar)
_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "json": ("tree_sitter_json", "language"),
    "notebook": ("tree_sitter_json", "language"),
    "yaml": ("tree_sitter_yaml", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "sql": ("tree_sitter_sql", "language"),
    "html": ("tree_sitter_html", "language"),
    "css": ("tree_sitter_css", "language"),
    "bash": ("tree_sitter_bash", "language"),
    "dockerfile": ("tree_sitter_containerfile", "language"),
}
PARSED = frozenset(_GRAMMARS)


@lru_cache
def grammar(language: str) -> Language:
    """The grammar of a language in `PARSED`. Raises KeyError for another."""
    from tree_sitter import Language

    module, function = _GRAMMARS[language]
    return Language(getattr(importlib.import_module(module), function)())


def parse(data: bytes, language: str) -> Tree | None:
    """The tree of these bytes, or None for a language without a grammar and for what no memory would do for."""
    from vibeaudit.source.broken import bearable

    return None if language == "python" and not bearable(data) else parse_bearable(data, language)


def parse_bearable(data: bytes, language: str) -> Tree | None:
    """The same for bytes that are known to be bearable."""
    from tree_sitter import Parser

    return Parser(grammar(language)).parse(data) if language in _GRAMMARS else None
