"""The rows that viewsets and generic views of Django's REST framework hand out and change by the id in the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Route
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, enclosing, lineage
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.ownership import decides

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_GENERIC = re.compile(
    r"^(?:Generic|Model|ReadOnlyModel)ViewSet$|^(?:List|Retrieve|Create|Update|Destroy|Generic)\w*(?:APIView|ModelMixin)$"
)
_CHANGES = re.compile(r"^ModelViewSet$|Update|Destroy")
_ROWS = re.compile(r"\(*\s*(?:\w+\.)*([A-Z]\w*)\.(?:objects|_default_manager)\b")
_VERBS = {"GET": "read", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_TAKES = re.compile(r"self\.get_object\(|super\([^)]*\)\.(?:retrieve|update|partial_update|destroy)\(")
# where a view can ask whose row it is, whatever is done with it
_NARROWS = (
    "get_queryset", "get_object", "filter_queryset", "check_object_permissions", "check_permissions", "initial",
    "dispatch", "get_permissions",
)  # fmt: skip
_HOOKS = {
    "POST": ("create", "perform_create"),
    "PUT": ("update", "perform_update"),
    "PATCH": ("partial_update", "update", "perform_update"),
    "DELETE": ("destroy", "perform_destroy"),
    "GET": ("retrieve",),
}
_ASKS = re.compile(r"\brequest\.user\b|\brequest\.auth\b|PermissionDenied")
_PLAIN_FILTERS = re.compile(r"^(?:DjangoFilterBackend|SearchFilter|OrderingFilter)$")


def rows_of_rest_view(project: Project, module: Module, body: Node, route: Route) -> Iterator[Access]:
    """`class Bookings(ModelViewSet): queryset = Booking.objects.all()`: any booking, whoever asks."""
    body = definition(body)
    name = enclosing(body)
    held = lineage(project, module, name) if name else None
    if held is None or not held.inherits(_GENERIC) or _narrowed(project, held):
        return
    written = text_of(body) if body.type != "class_definition" else ""
    if written and (not _TAKES.search(written) or _ASKS.search(written) or decides(written)):
        return
    table = _model(held)
    for method in route.methods if table else ():
        if any((m := held.method(h)) and _ASKS.search(m[0].code_in(m[1].body)) for h in _HOOKS.get(method, ())):
            continue
        if _names_row(route, held):
            if verb := _VERBS.get(method, "update" if written and method == "POST" else ""):
                yield Access(table, verb, "id", route.location, route.body)
        elif method == "POST" and not written and not held.inherits(_CHANGES):  # whose change of rows says it already
            yield Access(table, "insert", "none", route.location, route.body)


_LISTS = re.compile(r"List|^(?:Model|ReadOnlyModel|Generic)ViewSet$")
# what a view that lists its rows asks before it does
_BEFORE_LIST = ("get_queryset", "filter_queryset", "list", "get", "initial", "dispatch")


def narrows_later(project: Project, module: Module, chain: Node) -> bool:
    """Whether `queryset = Note.objects.all()` stands in a view that lists less: only the caller's, or one row."""
    assign = chain.parent
    block = assign.parent.parent if assign is not None and assign.parent is not None else None
    name = enclosing(chain)
    if assign is None or assign.type != "assignment" or block is None or not name:
        return False
    if text_of(assign.child_by_field_name("left")) != "queryset" or text_of(block.parent)[:5] != "class":
        return False
    held = lineage(project, module, name)
    if held is None or not held.inherits(_GENERIC):
        return False
    asked = any((m := held.method(n)) and _ASKS.search(m[0].code_in(m[1].body)) for n in _BEFORE_LIST)
    return asked or _filtered(project, held) or not held.inherits(_LISTS)


def _names_row(route: Route, held: Lineage) -> bool:
    field = (held.attribute("lookup_url_kwarg") or held.attribute("lookup_field") or (None, None))[1]
    return re.search(rf"<(?:\w+:)?{re.escape(python.string_of(field) or 'pk')}>", route.path) is not None


def _model(held: Lineage) -> str:
    given = held.attribute("queryset")
    maker = held.method("get_queryset")
    text = text_of(given[1]) if given else ""
    if maker is not None:
        text = next((text_of(n) for n in _returned(maker[1].body)), text)
    found = _ROWS.match(text)
    return found[1] if found else ""


def _returned(body: Node) -> Iterator[Node]:
    for child in body.named_children:
        if child.type == "return_statement" and child.named_children:
            yield child.named_children[0]


def _narrowed(project: Project, held: Lineage) -> bool:
    """Whether the class asks whose row it is, in a hook, a filter or a permission of its own."""
    for name in _NARROWS:
        if (method := held.method(name)) and _ASKS.search(method[0].code_in(method[1].body)):
            return True
    return _filtered(project, held) or _permitted(project, held)


def _filtered(project: Project, held: Lineage) -> bool:
    listed = held.attribute("filter_backends")
    for name in re.findall(r"[\w.]+", text_of(listed[1])) if listed else ():
        own = lineage(project, listed[0], name) if listed else None
        if own is None and not _PLAIN_FILTERS.match(name.rsplit(".", 1)[-1]):
            return True
        asked = own.method("filter_queryset") if own else None
        if asked and _ASKS.search(text_of(asked[1].body)):
            return True
    return False


def _permitted(project: Project, held: Lineage) -> bool:
    """A permission of the app's own that looks at the row."""
    listed = held.attribute("permission_classes")
    for name in re.findall(r"[\w.]+", text_of(listed[1])) if listed else ():
        own = lineage(project, listed[0], name) if listed else None
        if own is not None and own.method("has_object_permission"):
            return True
    return False
