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
# what only the shop itself settles; `status` alone says so of few tables
_STATES = re.compile(r"^(?:(?:order|booking|payment|subscription|reservation|approval)_?status|is_confirmed)$")
_SETTLED = frozenset(
    "order booking payment invoice reservation transaction loan withdrawal refund subscription leave claim".split()
)
_LISTED = re.compile(r"\bfields\s*=\s*[\[(](?P<names>[^\])]*)[\])]")
_FOR_OTHERS = re.compile(
    r"(?i)admin|staff|read|list|detail|response|output|public|summary|nested|simple|mini|basic|login|token"
)
_WRITING = re.compile(
    r"^(?:ModelViewSet|(?:Create|Update|ListCreate|RetrieveUpdate(?:Destroy)?)APIView|(?:Create|Update)ModelMixin)$"
)
_FOR_FEW = re.compile(r"(?i)admin|staff|superuser|manager|DjangoModelPermissions|is_?owner_?of|role")
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
        if model is None or re.search(r"ReadOnly|exclude\s*=", said):
            continue
        name = model["name"] or "User"
        open_ones = [c for c in _columns(project, name) if not re.search(rf"\b{c}\b", _protected(said))]
        columns = [c for c in open_ones if _RIGHTS.match(c)] if _ALL.search(said) else []
        if not columns and "Serializer" in " ".join(klass.bases) and _takes(project, klass, said):
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


def _takes(project: Project, klass: Klass, said: str) -> bool:
    """Whether callers who are nobody in particular fill rows through this serializer."""
    if _FOR_OTHERS.search(klass.name):
        return False
    if re.search(r"\bdef create\(", said) and not re.search(r"\*\*\w*(?:data|attrs)|super\(\)\.create", said):
        return False  # it writes the columns that it names
    used = re.compile(rf"\b{klass.name}\(\s*[^()]*\bdata\s*=\s*(?:self\.)?request\.")
    named = re.compile(rf"\bserializer_class\s*=\s*(?:\w+\.)?{klass.name}\b")
    for module in project.hinted(re.compile(klass.name.encode()), "python"):
        for view in module.classes:
            text = text_of(view.node)
            writes = used.search(text) or (
                named.search(text) and any(_WRITING.match(b.split(".")[-1]) for b in view.bases)
            )
            if writes and not _FOR_FEW.search(text):
                return True
        for function in module.functions:
            whole = text_of(function.node)
            if not function.owner and used.search(whole) and not _FOR_FEW.search(whole):
                return True
    return False


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
