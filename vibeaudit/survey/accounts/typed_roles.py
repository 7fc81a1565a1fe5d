"""Roles that a form or a serializer of Django takes from whoever signs up, and that the new account is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\b(?:validated_data|cleaned_data)\b")
_TAKEN = re.compile(
    r"\b(?:validated_data|cleaned_data)(?:\.(?:get|pop)\(|\[)\s*"
    r"['\"](?P<name>(?:user_|account_)?role|user_?type|account_type|is_(?:admin|staff|superuser)|groups?)['\"]"
)
_OPENS = re.compile(r"\b(?:create_user|set_password|make_password)\(|UserCreationForm")
_JOINS = re.compile(r"(?i)register|sign_?up|registration")
# whoever gives roles to others: a page of the staff's, or one for those who are signed in
_FOR_FEW = re.compile(
    r"(?i)permission_required|has_perm|IsAdmin|AdminOnly|staff_member|user_passes_test|login_required|LoginRequired|IsAuthenticated"
    r"|UserPassesTest|\brequest\.user\.(?!is_authenticated)"
)
_CHECKED = re.compile(r"(?i)\bnot in\b|==\s*['\"](?:admin|staff|manager)|raise\b[^\n]*\brole|\ballowed")
_LISTED = r"\b{0}\s*=\s*(?:\w+\.)?(?:Typed)?ChoiceField\([^\n]*?choices\s*=\s*(?P<choices>[\[(][^\n]*)"
_HIGH = re.compile(
    r"(?i)admin|super|staff|moderator|manager|doctor|nurse|teacher|instructor|professor|librarian|employee|officer|editor"
    r"|\bhr\b|\bqa\b|operator|seller|vendor|owner"
)


def typed_roles(project: Project, module: Module) -> Iterator[Node]:
    """Where the role is read, in a method of the form or serializer, or in the view that fills a form."""
    for function in module.functions:
        said = module.code_in(function.body)
        taken = _TAKEN.search(said)
        if taken is None or _CHECKED.search(said) or not _gives(said, taken):
            continue
        around = _around(module, function)
        if (
            not (_OPENS.search(said + around) or _JOINS.search(function.name))
            or f"def validate_{taken['name']}(" in around
        ):
            continue
        if _for_few(project, module, function):
            continue
        if _only_low(taken["name"], said + around):
            continue
        yield _node(module, function, taken)


def _gives(said: str, taken: re.Match[str]) -> bool:
    """Whether the account gets it: as its column, or as the group that it joins."""
    name = re.escape(taken["name"])
    column = rf"\.{name}\s*=(?!=)|\b{name}\s*=\s*(?:{name}\b|\w*(?:validated|cleaned)_data)|\*\*"
    return (
        re.search(column, said) is not None or re.search(r"\bgroups\.(?:add|set)\(|user_set\.add\(", said) is not None
    )


def _around(module: Module, function: Function) -> str:
    klass = module.by_class.get(function.owner) if function.owner else None
    return text_of(klass.node) + " ".join(klass.bases) if klass is not None else ""


def _for_few(project: Project, module: Module, function: Function) -> bool:
    """Of a view, what it says itself; of a form or serializer, what the views say that use it."""
    if not function.owner or not re.search(r"(?:Form|Serializer)\w*$", function.owner):
        own = " ".join(text_of(d) for d in function.decorators) + module.code_in(function.body)
        return _FOR_FEW.search(own + " " + _bases(module, function)) is not None
    used = re.compile(rb"\b" + function.owner.encode() + rb"\b")
    views = [
        text_of(f.node) + " ".join(text_of(d) for d in f.decorators)
        for m in project.hinted(used, "python")
        for f in m.functions
        if not f.owner and function.owner in text_of(f.body)
    ]
    views += [
        text_of(k.node)
        for m in project.hinted(used, "python")
        for k in m.classes
        if k.name != function.owner and function.owner in text_of(k.node) and re.search(r"View|Set$", " ".join(k.bases))
    ]
    return not views or all(_FOR_FEW.search(v) for v in views)


def _bases(module: Module, function: Function) -> str:
    klass = module.by_class.get(function.owner) if function.owner else None
    return f"{klass.name} {' '.join(klass.bases)} {text_of(klass.node)[:600]}" if klass is not None else ""


def _only_low(name: str, text: str) -> bool:
    """Whether the field's own list of choices holds no role that is more than anybody's."""
    listed = re.search(_LISTED.format(re.escape(name)), text)
    return listed is not None and not _HIGH.search(listed["choices"])


def _node(module: Module, function: Function, taken: re.Match[str]) -> Node:
    for call in module.calls_in(function.body):
        if taken["name"] in text_of(call.node) and re.match(r".*_data(?:\.get|\.pop)?$", call.name):
            return call.node
    for assign in module.assigns_in(function.body):
        if re.search(rf"_data(?:\[|\.\w+\()['\"]{re.escape(taken['name'])}", text_of(assign.value)):
            return assign.node
    return function.body
