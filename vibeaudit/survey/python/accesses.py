"""Which rows a Python handler reaches for by what its caller chose, in its own body and in the app's functions that it
hands the choice to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Location, Route
from vibeaudit.survey import memory_rows, python
from vibeaudit.survey.breadth import mixes_owners, names_owners, takes_all
from vibeaudit.survey.classes import definition, enclosing, lineage
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.accesses import whole_chain
from vibeaudit.survey.python.bodies import TAKEN, Place, tells_who
from vibeaudit.survey.python.form_rows import of_form
from vibeaudit.survey.python.generic_views import rows_of_view
from vibeaudit.survey.python.handed import bodies_called, place_of
from vibeaudit.survey.python.methods import class_named, is_model, model_of
from vibeaudit.survey.python.own_models import ATTRIBUTE, around, of_receiver
from vibeaudit.survey.python.presence import by_role, only_asked, only_linked
from vibeaudit.survey.python.rest_views import narrows_later, rows_of_rest_view
from vibeaudit.survey.python.row_changes import changed_rows
from vibeaudit.survey.python.stores import Touch, touch
from vibeaudit.survey.python.whose import asks_whose, bound_to, without_new_values

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CHOSEN = frozenset(("path", "query", "body", "form"))


def of_route(project: Project, module: Module, body: Node, route: Route) -> list[Access]:
    """The accesses of a route's handler; one that stands in another function is where the handler calls for it."""
    given = {p.name for p in route.parameters if p.source in _CHOSEN}
    found = list(rows_of_view(project, module, body, route)) if definition(body).type == "class_definition" else []
    found += rows_of_rest_view(project, module, body, route)
    waiting, seen = [place_of(project, module, body, given, (), 0)], {(module.path, body.start_byte)}
    while waiting:
        place = waiting.pop(0)
        reached = list(_of_place(project, place, route.body if place.depth else None))
        if asks_whose(project, place):
            found += [replace(a, bound="caller") if a.bound == "id" else a for a in reached]
            continue  # nor is what it calls any business of ours
        found += reached
        for inner in bodies_called(project, place):
            key = (inner.module.path, inner.body.start_byte)
            if key not in seen:
                seen.add(key)
                waiting.append(inner)
    return found


def _of_place(project: Project, place: Place, handler: Location | None) -> Iterator[Access]:
    chains = _chains(place)
    for call, touched, chain in chains.values():
        text = f"{text_of(chain)[:3000]} {touched.said} {_added_later(place, chain)}"
        if not touched.table:
            named, text = _named(project, place, chains, call, touched, text)
            if (saved := of_form(place, project, call, named, text)) is None:
                continue
            touched, text = saved
        if not touched.table or (touched.verb == "read" and (only_asked(chain) or only_linked(place, chain))):
            continue
        home = place.owner[0].home if touched.own and place.owner is not None else place.module
        table = _stored_as(project, home, touched.table)
        bound = bound_to(place, touched, without_new_values(call, text))
        at = place.via or place.module.file.locate(call.node)
        everything = touched.verb == "read" and bound == "none" and takes_all(text, place.chosen)
        everybodys = not narrows_later(project, place.module, chain) and not by_role(chain)
        everything = everything and everybodys
        alone = touched.verb == "read" and bound == "none" and definition(place.body).type != "class_definition"
        mixed = everything or (alone and everybodys and mixes_owners(text))
        yield Access(table, touched.verb, bound, at, handler, everything, names_owners(text), mixed)
    for model, fetched, change in changed_rows(project, place.module, place.body):
        touched = Touch(model, "update")
        bound = bound_to(place, touched, text_of(fetched.value)[:3000])
        table = _stored_as(project, place.module, model)
        yield Access(table, "update", bound, place.via or place.module.file.locate(change), handler)
    yield from _in_memory(project, place, handler)


def _in_memory(project: Project, place: Place, handler: Location | None) -> Iterator[Access]:
    """Rows that a module keeps in a list or a dictionary."""
    for use in memory_rows.uses(project, place.module, place.body):
        asked = bool(place.chosen & set(re.findall(r"\w+", use.said)) or TAKEN.search(use.said))
        bound = "caller" if tells_who(place, use.said) else "id" if asked and use.verb != "insert" else "none"
        at = place.via or place.module.file.at(use.start, use.end)
        yield Access(use.table, use.verb, bound, at, handler, names_owner=names_owners(use.said))


def _added_later(place: Place, chain: Node) -> str:
    """The conditions that a query gets after it was begun: `query = select(Note)`, then `query = query.where(...)`."""
    held = [a for a in place.module.assigns_in(place.body) if a.value == chain and len(a.targets) == 1]
    names = {a.targets[0] for a in held}
    later = (a for a in place.module.assigns_in(place.body) if names & set(a.targets) and a not in held)
    return " ".join(t for a in later if (t := text_of(a.value)[:600]).partition(".")[0] in names)


def _chains(place: Place) -> dict[int, tuple[Call, Touch, Node]]:
    """What each query of a body does, by the outermost call of its chain."""
    chains: dict[int, tuple[Call, Touch, Node]] = {}
    for call in place.module.calls_in(place.body):
        if touched := touch(place.module, call):
            if touched.own and place.owner is not None:  # `self.model`, in a base class of the one that is called
                touched = replace(touched, table=of_receiver(*place.owner, touched.own) or touched.table)
            chain = whole_chain(call.node)
            before = chains.get(chain.id)
            if before is None or before[1].verb == "read":
                chains[chain.id] = (call, touched, chain)
    return chains


def _named(
    project: Project, place: Place, chains: dict[int, tuple[Call, Touch, Node]], call: Call, touched: Touch, text: str
) -> tuple[Touch, str]:
    """`note.delete()` and `session.delete(note)`: about the row that `note` was given, or that it is made as."""
    stored = call.args and call.last not in (
        "update",
        "set",
    )  # `query.update({...})` changes what the query before the dot finds
    held = text_of(call.args[0]) if stored else call.name.rpartition(".")[0]
    if stored and (inner := place.module.call_at(call.args[0])) and (source := touch(place.module, inner)):
        return replace(touched, table=source.table), f"{held[:3000]} {source.said}"  # `delete(session.get(Note, id))`
    for assign in reversed(place.module.assigns_in(place.body)):
        if held not in assign.targets or assign.node.start_byte >= call.node.start_byte:
            continue
        value = assign.value
        for _, source, chain in chains.values():
            if value.start_byte <= chain.start_byte < value.end_byte and source.table:
                # `Note.objects.create(...)`, and then `.save()`: a new row, stored again
                verb = "insert" if source.verb == "insert" and touched.verb == "update" else touched.verb
                return Touch(source.table, verb, touched.said), f"{text_of(chain)[:3000]} {source.said}"
        if own := re.match(rf"{ATTRIBUTE.pattern}\(", text_of(value)):
            verb = "insert" if touched.verb == "update" else touched.verb  # `self.model(**values)`
            table = of_receiver(*place.owner, own[1]) if place.owner else ""
            return Touch(table or around(place.module, call.node, own[1]), verb), text_of(value)[:3000]
        if made := re.match(r"(?:\w+\.)*([A-Z]\w*[a-z]\w*)\(", text_of(value)):
            verb = "insert" if touched.verb == "update" else touched.verb  # `Note(...).save()`
            return Touch(
                made[1], verb
            ), f"{text_of(value)[:3000]} {_given_request(project, place.module, made[1], value)}"
        if model := model_of(project, place.module, value):
            return replace(touched, table=model), text_of(value)[:3000]
        break
    return replace(touched, table=_around(project, place, call)), text


def _around(project: Project, place: Place, call: Call) -> str:
    """The model whose own method stores what it is given: `def remove(self, row): db.session.delete(row)`."""
    name = enclosing(call.node) if place.depth else ""
    held = lineage(project, place.module, name) if name else None
    return name if held and is_model(held) else ""


def _given_request(project: Project, module: Module, name: str, value: Node) -> str:
    """What one of the app's own classes does with the request that it is given whole: `NoteForm(request).save()`."""
    if not re.search(r"[(,=]\s*(?:self\.)?request\s*[,)]", text_of(value)[:2000]):
        return ""
    found = project.meaning(module, name)
    klass = found.module.by_class.get(found.name) if found and found.name else None
    return text_of(klass.node)[:8000] if klass else ""


def _stored_as(project: Project, module: Module, model: str) -> str:
    """The table of a model, when its class names one."""
    held = class_named(project, module, model)
    home, klass = (held.home, held.klass) if held is not None else (module, module.by_class.get(model))
    for assign in home.assigns_in(klass.node) if klass else ():
        if "__tablename__" in assign.targets and (name := python.string_of(assign.value)):
            return name
    return model
