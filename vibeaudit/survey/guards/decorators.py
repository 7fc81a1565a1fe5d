"""The guards that Python decorators stand for, beyond what their names say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards.trades import ROLE_OF_MANY, of_many

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_BOTH = ("authentication", "authorization")
# what libraries call their decorators where no word in the name says so
_KNOWN = {
    "user_passes_test": _BOTH,
    "permission_required": _BOTH,
    "staff_member_required": _BOTH,
    "has_perm": _BOTH,
    "allows.requires": _BOTH,  # Flask-Allows
    "access_control": _BOTH,
    "requires_permission": _BOTH,
    "tornado.web.authenticated": ("authentication",),
    "web.authenticated": ("authentication",),
    "authenticated": ("authentication",),
    "protected": ("authentication",),
    "inject_user": (),
    "use_args": ("validation",),
    "use_kwargs": ("validation",),
    "validate": ("validation",),
    "expects_json": ("validation",),
    "expect": ("validation",),
}
# `anonymous_required`: turns away those who are signed in
_FOR_STRANGERS = re.compile(
    r"anonymous_?(?:user_?)?(?:required|only)|requires?_?(?:anonymous|unactivated)|(?:guest|logged_?out)_?(?:required|only)",
    re.IGNORECASE,
)
_ASKS_STAFF = re.compile(r"is_staff|is_superuser|is_admin|has_perm|\bgroups?\b|\brole", re.IGNORECASE)


def of_decorators(project: Project, module: Module, decorators: Iterable[Node]) -> tuple[Guard, ...]:
    """The guards of decorators, from the outermost."""
    return tuple(g for d in decorators for g in of_decorator(project, module, d))


def of_decorator(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    """The guards of one decorator; `method_decorator([...])` stands for those that it holds."""
    found = _of_decorator(project, module, node)
    role = next((g for g in found if g.kind == "authorization"), None)
    return (*found, replace(role, kind=ROLE_OF_MANY)) if role and of_many(node) else found


def _of_decorator(project: Project, module: Module, node: Node) -> tuple[Guard, ...]:
    call = module.call_at(node)
    if call is not None and call.last == "method_decorator":
        return _held(project, module, call)
    if node.type in ("list", "tuple"):
        return of_decorators(project, module, node.named_children)
    name = call.name if call else python.dotted(node)
    last = name.rsplit(".", 1)[-1]
    if _FOR_STRANGERS.search(last):
        return ()
    found = project.meaning(module, name) if name else None
    if found is None or found.function is None:
        at = module.file.locate(node)
        if last == "user_passes_test" and call is not None:
            return _by_test(project, module, call)
        for known in (name, last):
            if known in _KNOWN:
                return tuple(Guard(kind, "decorator", name, at) for kind in _KNOWN[known])
        if found is not None and found.value is not None and found.module.call_at(found.value) is not None:
            inner = of_decorator(project, found.module, found.value)  # `admin_only = user_passes_test(f)`
            if inner:
                return tuple(replace(g, name=name, location=at) for g in inner)
    read = guarding.of_expression(project, module, node, "decorator")
    if call is not None and found is not None and found.function is not None and _names_no_role(call, found.function):
        return tuple(g for g in read if g.kind != "authorization")
    return read


# `def needs(*roles)`, `def login_required(role=None)`: what need not be given
_MAY_LACK = re.compile(
    r"(?<!\*)\*\s*(?P<all>\w+)|\b(?P<one>\w+)\s*(?::[^,=()]{1,60})?=\s*(?:None|False|\(\s*\)|\[\s*\]|\"\"|'')\s*(?=[,)])"
)
_ROLES = re.compile(r"(?i)role|permission|scope|group")


def _names_no_role(call: Call, maker: Function) -> bool:
    """`@needs()` of a maker that looks at roles only where some are given: whoever is signed in passes."""
    wanted = text_of(maker.node.child_by_field_name("parameters"))[:1000]
    for parameter in _MAY_LACK.finditer(wanted):
        name = parameter["all"] or parameter["one"]
        given = bool(call.args) or name in call.keywords or any(_ROLES.search(k) for k in call.keywords)
        looks = re.search(rf"\bif\s+\(?{name}\b(?:\s+and\b|\s+is not None\b|\s*:)", text_of(maker.body)[:4000])
        if not given and looks:
            return True
    return False


def _held(project: Project, module: Module, call: Call) -> tuple[Guard, ...]:
    return of_decorator(project, module, call.args[0]) if call.args else ()


def _by_test(project: Project, module: Module, call: Call) -> tuple[Guard, ...]:
    """`user_passes_test(lambda u: u.is_staff)`: nobody is refused by a test that is always true."""
    tested = text_of(call.args[0]) if call.args else ""
    found = project.meaning(module, python.dotted(call.args[0])) if call.args else None
    if found and found.function:
        tested = text_of(found.function.body)
    at = module.file.locate(call.node)
    kinds = _BOTH if _ASKS_STAFF.search(tested) or not re.search(r"is_authenticated|is_active", tested) else _BOTH[:1]
    return tuple(Guard(kind, "decorator", "user_passes_test", at) for kind in kinds)


def names(module: Module, decorators: Iterable[Node]) -> tuple[str, ...]:
    """The last word of each decorator, those in `method_decorator(...)` included."""
    found = []
    for node in decorators:
        call = module.call_at(node)
        if call is not None and call.last == "method_decorator" and call.args:
            held = call.args[0].named_children if call.args[0].type in ("list", "tuple") else [call.args[0]]
            found += [(c.last if (c := module.call_at(h)) else python.dotted(h).rsplit(".", 1)[-1]) for h in held]
        else:
            found.append((call.name if call else python.dotted(node)).rsplit(".", 1)[-1])
    return tuple(found)


def applies_to(module: Module, decorator: Node, method: str) -> bool:
    """Whether a class decorator covers a method: `method_decorator(f, name='post')` covers one."""
    call = module.call_at(decorator)
    if call is None or call.last != "method_decorator":
        return True
    named = python.string_of(call.keywords.get("name") or (call.args[1] if len(call.args) > 1 else None))
    return named in ("", "dispatch", method)


def names_dotted(module: Module, decorators: Iterable[Node]) -> tuple[str, ...]:
    """Each decorator's dotted name."""
    return tuple(call.name if (call := module.call_at(d)) else python.dotted(d) for d in decorators)
