"""Amounts and quantities in forms and serializers of Python for which no lower bound is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(
    rb"(?i)(?:amount|quantity|qty|units|credits|coins|points)\w*\s*=\s*(?:\w+\.)?(?:Integer|Float|Decimal)Field\("
)
_COUNTED = re.compile(
    r"(?i)^(?:(?:deposit|withdraw(?:al)?|transfer|send|pay(?:ment)?|bid|order|item|product|loan)_?)?"
    r"(?:amount|quantity|qty|units|credits|coins|points)$"
)
_NUMBER = re.compile(r"^(?:\w+\.)?(?:Integer|Float|Decimal)Field$")
_TAKES = re.compile(r"(?:Form|Serializer)$")
_BOUND = re.compile(
    r"\bmin(?:_value)?\s*=|MinValueValidator|NumberRange\(\s*[\d(]|positive|read_only\s*=\s*True|disabled\s*=\s*True"
)


def unbounded(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The field of such a form, unless the form itself or a module that uses it refuses what is too small."""
    if module.kind != "python":
        return
    for klass in module.classes:
        if not any(_TAKES.search(b) for b in klass.bases):
            continue
        for name, call in _numbers(module, klass):
            if _BOUND.search(_declared(module, call)) or _refused(project, module, klass, name):
                continue
            yield "takes a number without bounds", call.node, name


def _numbers(module: Module, klass: Klass) -> Iterator[tuple[str, Call]]:
    for assign in module.assigns_in(klass.node):
        call = module.call_at(assign.value)
        if call is not None and _NUMBER.match(call.name) and len(assign.targets) == 1:
            name = assign.targets[0]
            if _COUNTED.match(name):
                yield name, call


def _declared(module: Module, call: Call) -> str:
    """What the field is given, with the values of names: `validators=MONEY`."""
    said = text_of(call.node)
    named = (module.values[n] for n in re.findall(r"\b[A-Za-z_]\w*\b", said) if n in module.values)
    return " ".join((said, *(text_of(v) for v in named)))


def _refused(project: Project, module: Module, klass: Klass, name: str) -> bool:
    """Whether some line asks if the number is too small: the form's own methods, or whoever uses the form."""
    held = rf"(?:\b{name}\b|\bvalue\b|\bfield\b)(?:\.data|['\"]\]|['\"]\))*"
    small = re.compile(rf"{held}\s*<=?(?!=)|>=?\s*(?:[\w.]+\.)?{held}|\b\d+\s*<=?\s*{held}|abs\([^()]*\b{name}\b")
    if small.search(text_of(klass.node)):
        return True
    users = project.hinted(re.compile(rb"\b" + re.escape(klass.name.encode()) + rb"\b"), "python")
    return any(small.search(m.file.text) for m in users if m.path != module.path)
