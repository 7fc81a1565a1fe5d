"""Forms and serializers of Django that fill every column of a table, those about rights and money too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Klass, Module, text_of

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
        if model is None or not _ALL.search(said) or re.search(r"ReadOnly|exclude\s*=", said):
            continue
        protected = " ".join(m["names"] for m in _READ_ONLY.finditer(said))
        protected += " ".join(re.findall(r"(\w+)\s*=\s*[\w.]+\([^()]*read_only\s*=\s*True", said))
        name = model["name"] or "User"
        columns = [c for c in _columns(project, name) if _RIGHTS.match(c) and not re.search(rf"\b{c}\b", protected)]
        if columns and (node := _line(module, klass)) is not None:
            yield "fills every column", node, columns[0]


def _columns(project: Project, name: str) -> tuple[str, ...]:
    """The columns of a model, by the name of its class."""
    from vibeaudit.survey import orm

    key = ("columns", name)
    if key not in project.memory:
        found: list[str] = list(_BUILT_IN) if name == "User" else []
        for module in project.hinted(orm.PYTHON_HINT, "python"):
            klass = module.by_class.get(name)
            table = orm.model(module, klass) if klass is not None else None
            if table is not None and klass is not None:
                built_in = _BUILT_IN if any("AbstractUser" in b or "AbstractBaseUser" in b for b in klass.bases) else ()
                found = [*table.columns, *built_in]
        project.memory[key] = tuple(found)
    return project.memory[key]  # type: ignore[return-value]


def _line(module: Module, klass: Klass) -> Node | None:
    """The assignment of `fields`."""
    return next((a.node for a in module.assigns_in(klass.node) if "fields" in a.targets), None)
