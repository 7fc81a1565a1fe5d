"""What a function's own parameter reaches: a hole as open as its callers leave it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vibeaudit.flow.form import Function, Module
from vibeaudit.flow.summaries import Reach, Summary
from vibeaudit.model import Flow

PARAMETER = "parameter"  # of a helper: what its callers choose
FILTERED = "filtered-text"  # what a template hands to a filter or a tag of its own
_FILTER = re.compile(r"@\w+\.(?:app_)?(?:filter|simple_tag|template_filter|template_global)\b")
_ENTERED = re.compile(r"@(?:[\w.]+\.\w+\(|tool\b|function_tool\b)")  # from outside: what that brings is known
_TEXTS = frozenset(("str", "Any", "dict", "Dict", "Optional"))


def open_ends(modules: Mapping[str, Module], summaries: Mapping[tuple[str, str], Summary]) -> tuple[Flow, ...]:
    """A flow for each parameter that reaches a sink in its own function. Python's alone: no rule asks for others."""
    found = _found(modules, summaries)
    return tuple(sorted(found, key=lambda f: (f.steps[-1], f.source, f.field, f.sink, f.sanitized_by, f.steps)))


def _found(modules: Mapping[str, Module], summaries: Mapping[tuple[str, str], Summary]) -> Iterator[Flow]:
    for (path, key), summary in summaries.items():
        module = modules[path]
        function = module.functions.get(key)
        source = _source(function) if function is not None and module.language == "python" else ""
        if function is None or not source:
            continue
        for way in summary.sinks:
            name = function.parameters[way.parameter] if 0 <= way.parameter < len(function.parameters) else ""
            if name and _holds_text(function, name) and _ends_here(function, way):
                yield Flow(source, way.sink, (function.at, way.at), tuple(sorted(way.clean)), key, name)


def _source(function: Function) -> str:
    if any(_FILTER.match(d) for d in function.decorators):
        return FILTERED
    return "" if any(_ENTERED.match(d) for d in function.decorators) else PARAMETER


def _holds_text(function: Function, name: str) -> bool:
    kind = function.types.get((name,), ())
    return name not in ("self", "cls") and (not kind or kind[-1] in _TEXTS)


def _ends_here(function: Function, way: Reach) -> bool:
    """Whether the sink is this function's own, and gets what it needs: a helper that is called is looked at itself."""
    own = way.at.path == function.at.path and function.at.line <= way.at.line <= function.at.end_line
    return own and (not way.need or way.need in way.says)
