"""Components that show HTML as it is: Vue's `v-html`, Alpine's `x-html`, Svelte's `{@html}`, Astro's `set:html`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.pages import words
from vibeaudit.pages.browser import BrowserJudge
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.page import Output, Path, names_of
from vibeaudit.pages.renders import returned
from vibeaudit.source import SourceFile
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_RAW = {
    "vue": re.compile(r"\sv-html\s*=\s*(?P<quote>[\"'])(?P<what>.*?)(?P=quote)", re.DOTALL),
    "html": re.compile(r"\s(?:v-html|x-html)\s*=\s*(?P<quote>[\"'])(?P<what>.*?)(?P=quote)", re.DOTALL),
    "svelte": re.compile(r"\{@html\s+(?P<what>[^{}]+(?:\{[^{}]*\}[^{}]*)*)\}"),
    "astro": re.compile(r"\sset:html\s*=\s*\{(?P<what>[^{}]+(?:\{[^{}]*\}[^{}]*)*)\}"),
}
LANGUAGES = tuple(_RAW)
_HOLDERS = frozenset(
    ("ref", "shallowRef", "computed", "reactive", "useMemo", "derived", "$derived", "$state", "useState")
)
_STYLED = re.compile(r"<(?:style|script|component)\b[^<>]*$", re.IGNORECASE)


def raw_outputs(file: SourceFile) -> Iterator[Output]:
    """The values that a component shows without escaping."""
    text = file.data.decode("latin-1")
    for found in _RAW[file.language].finditer(text):
        if _STYLED.search(text, max(0, found.start() - 300), found.start() + 1):
            continue
        paths, calls = names_of(found["what"])
        yield Output(found.start() + 1, found.end(), found["what"].strip(), True, paths, calls)


def origin(judge: BrowserJudge, module: Module | None, output: Output) -> Origin:
    """Whose text it is, as far as the component's own script tells."""
    if any(
        words.own_call(c) or words.last(c) in words.SAFE or words.last(c) in ("$t", "$tc", "$n", "$d")
        for c in output.calls
    ):
        return Origin.OWN
    found = [_of_path(judge, module, p) for p in output.paths]
    found += [_of_path(judge, module, (c,)) for c in output.calls if "." not in c and module and c in module.by_name]
    return max(found, default=Origin.OWN)


def _of_path(judge: BrowserJudge, module: Module | None, path: Path) -> Origin:
    if module is None or not path:
        return Origin.UNKNOWN
    values = [a.value for a in module.assigns if a.targets in ((path[0],), (f"this.{path[0]}",), (f"{path[0]}.value",))]
    values += [n for f in module.functions if f.name == path[0] for n in returned(f.body)]
    values += list(_initial(module, path[0]))
    found = [judge.start(module, node, path[1:]) for value in values for node in _held(module, value)]
    return max(found, default=Origin.UNKNOWN)


def _held(module: Module, value: Node) -> Iterator[Node]:
    """What `ref(x)`, `computed(() => x)` and the like hold."""
    call = module.call_at(value)
    if call is None or call.last not in _HOLDERS:
        yield value
        return
    function = module.function_at(call.args[0]) if call.args else None
    yield from returned(function.body) if function is not None else call.args[:1]


def _initial(module: Module, name: str) -> Iterator[Node]:
    """What `data() { return { name: ... } }` starts with."""
    for function in module.functions:
        if function.name == "data":
            for node in returned(function.body):
                for child in node.named_children if node.type == "object" else ():
                    if text_of(child.child_by_field_name("key")) == name and (
                        value := child.child_by_field_name("value")
                    ):
                        yield value
