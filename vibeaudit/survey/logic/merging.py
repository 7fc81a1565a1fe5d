"""Functions of the app's own that write any names an object holds or a dotted path spells, `__proto__` as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\bin\s+\w+\s*\)|Object\.(?:keys|entries)|\.split\(\s*['\"`]\.")
_EACH = re.compile(
    r"for\s*\(\s*(?:const|let|var)\s+(?P<key>\w+)\s+in\s+(?P<of>[\w.]+)\s*\)"
    r"|(?:for\s*\(\s*(?:const|let)\s+(?:\[\s*)?(?P<key2>\w+)[^;{)]*?\s+of\s+)?Object\.(?:keys|entries)\(\s*(?P<of2>[\w.]+)\s*\)"
    r"(?:\s*\.forEach\(\s*(?:function\s*)?\(?\[?\s*(?P<key3>\w+))?"
)
_SPLIT = re.compile(r"\b(?P<path>\w+)\s*\.split\(\s*['\"`/][^)]*\)")
_STEPS_DOWN = re.compile(r"\b(?P<at>\w+)\s*=\s*(?P=at)\s*\[")
_WRITES = re.compile(r"\b\w+(?:\.\w+)*\s*\[[^\]\n]+(?:\[[^\]]*\])?[^\]\n]*\]\s*=(?!=)")
_MINDS = re.compile(
    r"__proto__|['\"`]prototype|['\"`]constructor|\b(?:FORBIDDEN|UNSAFE|BLOCKED|DANGEROUS|ALLOWED)\w*|Object\.create\(\s*null"
    r"|isSafeKey|isUnsafe\w*|isPrototypePolluted|\bnew Map\b"
)
_ASKS_OWN = re.compile(r"hasOwn(?:Property)?(?:\.call)?\(\s*(\w+)|(\w+)\.hasOwnProperty\(")
# `if (!(key in known)) continue`
_LEFT_OUT = r"!\(\s*KEY\s+in\s+\w+\s*\)\s*\)\s*\{?\s*(?:if\s*\([^)]*\)\s*\{?\s*)?(?:continue|throw|return)\b"
_FROM_CALLER = re.compile(
    r"\b(?:req|request|ctx|event)\b[\w.?]*\.(?:body|query|params|json)\b|\b(?:req\w*)?[bB]ody\b|\bpayload\b|\binput\b|\bchanges\b"
    r"|\bpatch\b|\bJSON\.parse\("
)


def merging(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The functions that a caller's names reach."""
    for function in module.functions:
        if not function.name or function.body.end_byte - function.body.start_byte > 3000:
            continue
        text = module.code_in(function.body)
        writes = not _MINDS.search(text) and (_copies(function, text) or _walks(function, text))
        if writes and _reached(project, function.name):
            yield "writes any name", function.node, function.name


def _copies(function: Function, text: str) -> bool:
    """`for (const key in from) { if (...) merge(into[key], from[key]); else into[key] = from[key]; }`"""
    each = _EACH.search(text)
    if each is None:
        return False
    key = each["key"] or each["key2"] or each["key3"]
    source = each["of"] or each["of2"]
    if not key or source not in {p.name for p in function.params}:
        return False
    if re.search(_LEFT_OUT.replace("KEY", re.escape(key)), text):
        return False  # only names that another object has
    own = {a or b for a, b in _ASKS_OWN.findall(text)}
    if own - {source}:
        return False  # only names that the target has already
    again = re.search(rf"\b{re.escape(function.name)}\s*\([^;\n]*\[\s*{key}\s*\]", text)
    return bool(again) and bool(re.search(rf"\w\[\s*{key}\s*\]\s*(?:\?\?|\|\|)?=(?!=)", text))


def _walks(function: Function, text: str) -> bool:
    """`for (const part of path.split(".")) node = node[part]`, and a value is put at the end."""
    split = _SPLIT.search(text)
    if split is None or split["path"] not in {p.name for p in function.params}:
        return False
    return bool(_STEPS_DOWN.search(text)) and bool(_WRITES.search(text)) and not _ASKS_OWN.search(text)


def _reached(project: Project, name: str) -> bool:
    """Whether somewhere the function is given what a caller sent."""
    hint = re.compile(rb"\b" + re.escape(name.encode()) + rb"\s*\(")
    for module in project.hinted(hint, *javascript.LANGUAGES):
        if is_test(module.path):
            continue
        for call in module.calls:
            if call.last == name and any(_FROM_CALLER.search(text_of(a)[:300]) for a in call.args):
                return True
    return False
