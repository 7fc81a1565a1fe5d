"""What a route asks its caller for in a form class or a list of validators, and what these check first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript, python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.javascript.values import value_of
from vibeaudit.survey.words import personal

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_FORM = re.compile(r"(?:Model)?Form$")
_CLEANS = re.compile(r"(?:clean|validate)(?:_\w+)?$")
_CHECKERS = frozenset(("body", "check", "sanitizeBody"))  # of express-validator


def forms_in(project: Project, module: Module, function: Function) -> list[Lineage]:
    """The app's form classes that a function makes: `LoginForm(request.POST)`, `self.form()` of a class view."""
    found: dict[tuple[str, str], Lineage] = {}
    for call in module.calls_in(function.body):
        home, name = module, call.name
        if name.startswith("self.") and function.owner and name.count(".") == 1:
            owner = lineage(project, module, function.owner)
            given = owner.attribute(name[5:]) if owner is not None else None
            home, name = (given[0], python.dotted(given[1])) if given is not None else (module, "")
        form = lineage(project, home, name) if name.rsplit(".", 1)[-1][:1].isupper() else None
        if form is not None and form.inherits(_FORM):
            found.setdefault((form.home.path, form.name), form)
    return list(found.values())


def kinds_of(forms: Iterable[Lineage]) -> frozenset[str]:
    """The kinds of personal data among the fields of forms."""
    fields = (t for f in forms for m, k in f.classes for a in m.assigns_in(k.node) for t in a.targets if "." not in t)
    return frozenset(kind for name in fields if (kind := personal(name)))


def limits_of(project: Project, forms: Iterable[Lineage]) -> tuple[Guard, ...]:
    """The limits that forms keep when they look at what was sent: in `clean`, `clean_email`, `validate_email`."""
    found: list[Guard] = []
    for form in forms:
        for module, klass in form.classes:
            for function in module.functions:
                if function.owner == klass.name and _CLEANS.fullmatch(function.name):
                    inside = guarding.in_function(project, module, function).guards
                    named = f"{klass.name}.{function.name}"
                    found += [replace(g, name=named) for g in inside if g.kind == "rate-limit"]
    return tuple(found)


def validated(project: Project, module: Module, nodes: Iterable[Node]) -> frozenset[str]:
    """The kinds of personal data that the validators among middleware look at: `[body("email"), body("password")]`."""
    kinds: set[str] = set()
    for node in nodes:
        value = value_of(project, module, node)
        if value.node is None or value.function is not None:
            continue
        for call in value.module.calls_in(value.node):
            if call.name in _CHECKERS and call.args:
                kinds.add(personal(javascript.string_of(call.args[0])))
    return frozenset(kinds - {""})
