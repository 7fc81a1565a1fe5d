"""Forms and serializers of Django that fill every column of a table, those about rights and money too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Klass, Module, text_of
from vibeaudit.survey.logic.form_uses import fills, only_shows, takes

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"ModelSerializer|ModelForm|modelform_factory|generic\.edit|CreateView|UpdateView")
_FORMS = re.compile(r"(?:Model(?:Form|Serializer)|HyperlinkedModelSerializer|CreateView|UpdateView)$")
_ALL = re.compile(r"\bfields\s*=\s*(?:['\"]__all__['\"]|forms\.ALL_FIELDS|ALL_FIELDS|serializers\.ALL_FIELDS)")
_MODEL = re.compile(r"\bmodel\s*=\s*(?:get_user_model\(\)|(?:\w+\.)*(?P<name>\w+))")
_RIGHTS = re.compile(
    r"^(?:is_(?:staff|superuser|admin|verified|approved|paid|moderator)|role|roles|user_type|account_type|permissions?|balance"
    r"|credits|wallet|points|groups|user_permissions|verified|approved|paid|payment_status)$"
)
# what only the shop itself settles; `status` alone says so of few tables
_STATES = re.compile(r"^(?:(?:order|booking|payment|subscription|reservation|approval)_?status|is_confirmed)$")
_SETTLED = frozenset(
    "order booking payment invoice reservation transaction loan withdrawal refund subscription leave claim".split()
)
_LISTED = re.compile(r"\bfields\s*=\s*[\[(](?P<names>[^\])]*)[\])]")
_EXCLUDED = re.compile(r"\bexclude\s*=\s*[\[(](?P<names>[^\])]*)[\])]")
# what somebody who signs up may well say of themselves
_CHOSEN = re.compile(r"^(?:role|roles|user_type|account_type|verified)$")
_RANKS = re.compile(r"^(?:rank|purse|is_\w*(?:er|or|admin))$")
_READ_ONLY = re.compile(r"read_only_fields\s*=\s*[\[(](?P<names>[^\])]*)", re.DOTALL)
_BUILT_IN = ("is_staff", "is_superuser")  # of Django's own user


def open_forms(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """Where `fields = "__all__"` stands, if the table holds rights or money that the form does not protect."""
    if module.kind != "python":
        return
    for klass in module.classes:
        if not any(_FORMS.search(b) for b in klass.bases):
            continue
        said = text_of(klass.node)
        model = _MODEL.search(said)
        if model is None or "ReadOnly" in said:
            continue
        name = model["name"] or "User"
        if any(b.endswith("ModelForm") for b in klass.bases) and not _ALL.search(said):
            columns = _left_in(project, klass, said, name)
            if columns and (node := _line(module, klass)) is not None and fills(project, klass):
                yield "fills every column", node, columns[0]
            continue
        if _EXCLUDED.search(said):
            continue
        open_ones = [c for c in _columns(project, name) if not re.search(rf"\b{c}\b", _protected(said))]
        columns = [c for c in open_ones if _RIGHTS.match(c)] if _ALL.search(said) else []
        is_serializer = "Serializer" in " ".join(klass.bases)
        if columns and is_serializer and only_shows(project, klass):
            continue
        if not columns and is_serializer and takes(project, klass, said):
            listed = None if _ALL.search(said) else set(re.findall(r"\w+", " ".join(_LISTED.findall(said))))
            settled = bool({w.lower() for w in re.findall(r"[A-Z][a-z]+", name)} & _SETTLED)
            columns = [
                c
                for c in open_ones
                if (_RIGHTS.match(c) or _STATES.match(c) or (settled and c == "status"))
                and (listed is None or c in listed)
            ]
        if columns and (node := _line(module, klass)) is not None:
            yield "fills every column", node, columns[0]


def _left_in(project: Project, klass: Klass, said: str, model: str) -> list[str]:
    """The columns about rights or money that a form names among its fields, or forgets among those it leaves out."""
    listed, excluded = _LISTED.search(said), _EXCLUDED.search(said)
    if listed is None and excluded is None:
        return []
    columns = [c for c in _columns(project, model) if not re.search(rf"['\"]{c}['\"]", _taken_out(said))]
    if listed is not None:
        named = set(re.findall(r"\w+", listed["names"]))
        return [c for c in columns if c in named and _RIGHTS.match(c) and not _CHOSEN.match(c)]
    out = set(re.findall(r"\w+", excluded["names"])) if excluded is not None else set()
    return [c for c in columns if c not in out and (_RIGHTS.match(c) or _RANKS.match(c))]


def _taken_out(said: str) -> str:
    """The fields that a form takes out, or switches off, when it is made."""
    return " ".join(re.findall(r"(?:fields\.pop\(|del self\.fields\[|fields\[)\s*['\"]\w+['\"]", said))


def _protected(said: str) -> str:
    """The names of the columns that a form or a serializer only shows, or looks at by itself."""
    named = [m["names"] for m in _READ_ONLY.finditer(said)]
    named += re.findall(r"(\w+)\s*=\s*[\w.]+\([^()]*read_only\s*=\s*True", said)
    named += re.findall(r"['\"](\w+)['\"]\s*:\s*\{[^{}]*read_only['\"]\s*:\s*True", said)
    named += re.findall(
        r"(\w+)\s*=\s*(?:serializers\.)?(?:SerializerMethodField|ReadOnlyField|HiddenField|StringRelatedField)\(", said
    )
    named += re.findall(r"def validate_(\w+)\(", said)
    return " ".join(named)


def _columns(project: Project, name: str) -> tuple[str, ...]:
    """The columns of a model, by the name of its class."""
    from vibeaudit.survey import orm

    key = ("columns", name)
    if key not in project.memory:
        found: list[str] = list(_BUILT_IN) if name == "User" else []
        for module in project.hinted(orm.PYTHON_HINT, "python"):
            klass = module.by_class.get(name)
            table = orm.model(project, module, klass) if klass is not None else None
            if table is not None and klass is not None:
                built_in = _BUILT_IN if any("AbstractUser" in b or "AbstractBaseUser" in b for b in klass.bases) else ()
                found = [*table.columns, *built_in]
        project.memory[key] = tuple(found)
    return project.memory[key]  # type: ignore[return-value]


def _line(module: Module, klass: Klass) -> Node | None:
    """The assignment of `fields`, or of what is left out of them."""
    return next((a.node for a in module.assigns_in(klass.node) if {"fields", "exclude"} & set(a.targets)), None)
