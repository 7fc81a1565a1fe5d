"""The scripts that stand in a page, as one module: everything else blanked, values of the template as a name."""

from __future__ import annotations

import re

from vibeaudit.analyzers.pattern_scripts import scripts
from vibeaudit.source import SourceFile
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module

FILLED = "$PAGE"  # stands for a value that the server's template puts into a script
_TAG = re.compile(r"\{\{.*?\}\}|<%[=-].*?%>|\{%.*?%\}|<%.*?%>|\{#.*?#\}", re.DOTALL)
_NOT_LINE_END = re.compile(r"[^\r\n]")


def inline_module(file: SourceFile) -> Module | None:
    """The module of a page's scripts; None when it has none."""
    text = scripts(file.data.decode("latin-1"), "html" if file.language == "html" else file.language)
    if not text:
        return None
    code = SourceFile(file.path, data=_TAG.sub(_filled, text).encode("latin-1"))
    code.__dict__["language"] = "typescript"  # a superset of what stands in pages
    module = javascript.read(code)
    return None if module.error else module


def _filled(tag: re.Match[str]) -> str:
    blank = _NOT_LINE_END.sub(" ", tag[0])
    printing = tag[0].startswith(("{{", "<%=", "<%-")) and "\n" not in tag[0]
    return FILLED + blank[len(FILLED) :] if printing and len(tag[0]) >= len(FILLED) else blank
