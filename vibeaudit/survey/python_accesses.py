"""Which rows a Python handler reaches for by what its caller chose, in its own body and in the app's functions that it
hands the choice to; and whether anything ties the row, or the choice, to whoever is calling."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Location, Route
from vibeaudit.survey import effects as doing
from vibeaudit.survey import python, signed_links
from vibeaudit.survey.breadth import names_owners, takes_all
from vibeaudit.survey.classes import enclosing, lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.ownership import decides, owner_column
from vibeaudit.survey.python_methods import is_model, model_of
from vibeaudit.survey.python_row_changes import changed_rows
from vibeaudit.survey.python_stores import Touch, touch
from vibeaudit.survey.script_accesses import whole_chain

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CHOSEN = frozenset(("path", "query", "body", "form"))
_TAKEN = re.compile(
    r"\b(?:request|req|self\.request|flask\.request)\.(?:GET|POST|form|args|json\b|get_json|data|values|query_params|match_info"
    r"|path_params|query|params|body|forms|query_args)|\bself\.(?:kwargs|get_(?:query_|body_)?argument)\b|\.cleaned_data\b"
    r"|\.validated_data\b|\bparse_qs\("
)
# who is calling, in the ways that frameworks offer
_WHO = re.compile(
    r"\b(?:request|self\.request|req)\.(?:user|auth|session|ctx|state\.\w*user\w*|state\.session"
    # what a guard of the app's own hangs on the request: whose key it was, the caller's team
    r"|user_profile|profile|account|member|membership|project|team|tenant|workspace|org|organi[sz]ation|company|customer)\b"
    r"|\bcurrent_(?:user|identity)\b"
    r"|\bg\.\w+|\bsession(?:\[|\.get\(\s*['\"])|\bget_(?:jwt_identity|jwt|current_user\w*|user_id|uid|session_user)\b"
    r"|\bself\.(?:current_\w+|get_current_user)\b|\bcurrent_(?:org\w*|team|tenant|account|member|customer)\b|\binfo\.context\b|\blogged_in_user\b"
    r"|\.(?:COOKIES|cookies)\b|\bdecode_\w*token|jwt\.decode|\.get_secure_cookie"
)
_CALLER = re.compile(
    r"^(?:(?:current|auth|logged_in|request|signed_in)_?)?(?:user|admin|account|member|principal|identity)(?:_data|_info|_dict)?$"
    r"|^(?:me|auth|claims|payload|jwt_data|user_session|owner)$|^current_\w+$"
)
_SQL_ID = re.compile(r"\bwhere\b.{0,400}?\b(?:\w+\.)?(?:\w*id|uuid)\b[\"`]?\s*(?:=|in\b)", re.I | re.S)
_ID = re.compile(
    r"\.(?:get|get_or_404|get_or_none|get_by_id|get_one)\(|\b(?:pk|id|uuid|_id)\b\s*(?:=|['\"]?\s*:|,|\))|\w_(?:id|pk|uuid)\b"
    r"|\bby_id\b|\b(?:pk|id)__\w+\s*=|get_object_or_404\("
)
_PERSON = re.compile(
    r"\b(?:user|owner|author|username|user_?name|email|login|account|customer|patient|member)\b['\"]?\s*(?:==?|:)"
)
_STAFF = re.compile(
    r"\b\w*(?:staff|admin|manager|moderator|superuser)\w*\b.*\b(?:exists|first|count|get|is_)", re.I | re.S
)
_LINK = re.compile(r"\b(?:check|verify|validate|valid)_?\w*token\w*\(")  # whoever has the link was sent it
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class _Place:
    """A body that is read: `chosen` are its names that hold what the caller chose, `known` those that say who it is."""

    module: Module
    body: Node
    chosen: frozenset[str]
    known: frozenset[str]
    depth: int = 0
    via: Location | None = None  # the handler's call that leads here

    def holds(self, module: Module, function: Function) -> bool:
        """Whether the function stands in this body, where it is read anyway."""
        here = self.body.start_byte <= function.node.start_byte < self.body.end_byte
        return here and module.path == self.module.path


def of_route(project: Project, module: Module, body: Node, route: Route) -> list[Access]:
    """The accesses of a route's handler; one that stands in another function is where the handler calls for it."""
    given = {p.name for p in route.parameters if p.source in _CHOSEN}
    found: list[Access] = []
    waiting, seen = [_place(project, module, body, given, (), 0)], {(module.path, body.start_byte)}
    while waiting:
        place = waiting.pop(0)
        reached = list(_of_place(project, place, route.body if place.depth else None))
        if _asks_whose(project, place):
            found += [replace(a, bound="caller") if a.bound == "id" else a for a in reached]
            continue  # nor is what it calls any business of ours
        found += reached
        for inner in _called(project, place):
            key = (inner.module.path, inner.body.start_byte)
            if key not in seen:
                seen.add(key)
                waiting.append(inner)
    return found


def _place(
    project: Project, module: Module, body: Node, given: Collection[str], known: Collection[str], depth: int
) -> _Place:
    function = module.function_at(body)
    params = [p.name for p in function.params] if function else []
    who = {*known, *(p for p in params if _CALLER.match(p) and depth == 0)}
    chosen = {n for n in given if n not in who and not _CALLER.match(n)}
    for assign in module.assigns_in(body):
        text = text_of(assign.value)[:2000]
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        targets = {t for t in assign.targets if t.isidentifier()}
        if _WHO.search(text) or words & who or _settled(project, module, assign.value, chosen, who, depth):
            who |= targets
        elif signed_links.opened_in(text):
            chosen -= targets
        elif (_TAKEN.search(text) or words & chosen) and not _reads(module, assign.value):
            chosen |= targets
    return _Place(module, body, frozenset(chosen - who), frozenset(who), depth)


def _settled(
    project: Project, module: Module, node: Node, chosen: Collection[str], known: Collection[str], depth: int
) -> bool:
    """Whether a value comes from one of the app's own functions that asks whose the row is before it gives it."""
    call = module.call_at(python.unwrap(node))
    if call is None or depth >= _MAX_DEPTH or not call.name or not (call.args or call.keywords):
        return False
    reached = project.function_called(module, call)
    if reached is None or (not re.search(r"\brequest\b", text_of(call.node)) and not known):
        return False
    outside = _Place(module, node, frozenset(chosen), frozenset(known), depth)
    given, who = _passed(outside, call, reached[1])
    key = ("settled", reached[1].key, frozenset(given), frozenset(who))
    if key not in project.memory:
        project.memory[key] = False  # a call back to itself asks nothing
        inside = _place(project, reached[0], reached[1].node, given, who, depth + 1)
        project.memory[key] = bool(given) and (_asks_whose(project, inside) or _gives_own(inside))
    return bool(project.memory[key])


def _gives_own(place: _Place) -> bool:
    """Whether what a function returns is asked for by who is calling, each time that it returns something."""
    said = [m[1].strip() for m in re.finditer(r"\breturn\b([^\n]*(?:\n\s+[^\n]*){0,3})", text_of(place.body))]
    rows = [s for s in said if s and not re.match(r"(?:None|False|True|\(None|Http\w+)\b", s)]
    return bool(rows) and all(_tells_who(place, r) for r in rows)


def _reads(module: Module, node: Node) -> bool:
    return any(touch(module, call) for call in module.calls_in(node))


def _of_place(project: Project, place: _Place, handler: Location | None) -> Iterator[Access]:
    chains = _chains(place)
    for call, touched, chain in chains.values():
        text = f"{text_of(chain)[:3000]} {touched.said}"
        if not touched.table:
            touched, text = _named(project, place, chains, call, touched, text)
        if not touched.table or (touched.verb == "read" and _only_linked(place, chain)):
            continue
        table = _stored_as(project, place.module, touched.table)
        bound = _bound(place, touched, text)
        at = place.via or place.module.file.locate(call.node)
        everything = touched.verb == "read" and bound == "none" and takes_all(text, place.chosen)
        yield Access(table, touched.verb, bound, at, handler, everything, names_owners(text))
    for model, fetched, change in changed_rows(project, place.module, place.body):
        touched = Touch(model, "update")
        bound = _bound(place, touched, text_of(fetched.value)[:3000])
        table = _stored_as(project, place.module, model)
        yield Access(table, "update", bound, place.via or place.module.file.locate(change.node), handler)


def _chains(place: _Place) -> dict[int, tuple[Call, Touch, Node]]:
    """What each query of a body does, by the outermost call of its chain."""
    chains: dict[int, tuple[Call, Touch, Node]] = {}
    for call in place.module.calls_in(place.body):
        if touched := touch(place.module, call):
            chain = whole_chain(call.node)
            before = chains.get(chain.id)
            if before is None or before[1].verb == "read":
                chains[chain.id] = (call, touched, chain)
    return chains


def _named(
    project: Project, place: _Place, chains: dict[int, tuple[Call, Touch, Node]], call: Call, touched: Touch, text: str
) -> tuple[Touch, str]:
    """`note.delete()` and `session.delete(note)`: about the row that `note` was given, or that it is made as."""
    held = text_of(call.args[0]) if call.args else call.name.rpartition(".")[0]
    if call.args and (inner := place.module.call_at(call.args[0])) and (source := touch(place.module, inner)):
        return replace(touched, table=source.table), f"{held[:3000]} {source.said}"  # `delete(session.get(Note, id))`
    for assign in reversed(place.module.assigns_in(place.body)):
        if held not in assign.targets or assign.node.start_byte >= call.node.start_byte:
            continue
        value = assign.value
        for _, source, chain in chains.values():
            if value.start_byte <= chain.start_byte < value.end_byte and source.table:
                return replace(touched, table=source.table), f"{text_of(chain)[:3000]} {source.said}"
        if made := re.match(r"(?:\w+\.)*([A-Z]\w*[a-z]\w*)\(", text_of(value)):
            verb = "insert" if touched.verb == "update" else touched.verb  # `Note(...).save()`
            return Touch(
                made[1], verb
            ), f"{text_of(value)[:3000]} {_given_request(project, place.module, made[1], value)}"
        if model := model_of(project, place.module, value):
            return replace(touched, table=model), text_of(value)[:3000]
        break
    return replace(touched, table=_around(project, place, call)), text


def _around(project: Project, place: _Place, call: Call) -> str:
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


_ANSWERS = frozenset(
    "render_template render render_template_string TemplateResponse jsonify dict make_response JSONResponse Response"
    " template update context HTMLResponse render_to_response json_response".split()
)


def _only_linked(place: _Place, chain: Node) -> bool:
    """A row that is fetched for nothing but to be named in another: `Booking(doctor=doctor)`."""
    for assign in place.module.assigns_in(place.body):
        if assign.value.start_byte <= chain.start_byte and chain.end_byte <= assign.value.end_byte:
            name = assign.targets[0] if len(assign.targets) == 1 else ""
            uses = len(re.findall(rf"(?<![.\w'\"]){re.escape(name)}\b(?!\s*=)", text_of(place.body))) if name else 0
            return bool(uses) and uses == sum(
                text_of(value) == name
                for call in place.module.calls_in(place.body)
                if call.last not in _ANSWERS
                for value in call.keywords.values()
            )
    return False


def _bound(place: _Place, touched: Touch, text: str) -> str:
    if _tells_who(place, text):
        return "caller"
    if touched.verb == "insert":
        return "none"
    if not (place.chosen & set(re.findall(r"\w+", text)) or _TAKEN.search(text)):
        return "none"
    if _by_secret(place, text):
        return "none"
    if _SQL_ID.search(text) or _ID.search(text):
        return "id"
    # a page about somebody, by the name that they go by in public, gives nothing away
    if touched.verb == "read":
        return "id" if re.search(r"\be_?mail\b", text) or _by_owner(text) else "none"
    return "id" if _PERSON.search(text) or _by_owner(text) else "none"


_EQUATED = re.compile(r"\b(\w+)\s*==?\s*([\w.\[\]'\"]+)")
_SECRET_COLUMN = re.compile(r"(?:^|_)(?:token|secret|api_?key|\w+_key|nonce|signature)$", re.IGNORECASE)


def _by_secret(place: _Place, text: str) -> bool:
    """A row that is found by a key or token alone, which nobody else knows."""
    asked = [c for c, v in _EQUATED.findall(text) if place.chosen & set(re.findall(r"\w+", v)) or _TAKEN.search(v)]
    return bool(asked) and all(_SECRET_COLUMN.search(c) for c in asked)


def _by_owner(text: str) -> bool:
    return any(owner_column(m) for m in re.findall(r"(\w+)\s*(?:==?|['\"]\s*:)", text))


def _tells_who(place: _Place, text: str) -> bool:
    return bool(_WHO.search(text)) or bool(place.known & set(re.findall(r"[A-Za-z_]\w*", text)))


def _asks_whose(project: Project, place: _Place) -> bool:
    """A condition, a query or a helper that brings the caller together with the row or with what was asked for."""
    rows = {
        t
        for a in place.module.assigns_in(place.body)
        if _reads(place.module, a.value) and not _tells_who(place, text_of(a.value)[:2000])
        for t in a.targets
        if t.isidentifier()
    }
    picked = rows | place.chosen
    for branch in place.module.branches_in(place.body):
        said = text_of(branch.condition)
        if (
            decides(said)
            or (_tells_who(place, said) and _STAFF.search(said))
            or (_tells_who(place, said) and picked & set(re.findall(r"(?<![.\w'\"])[A-Za-z_]\w*", said)))
        ):
            return True
    return any(_is_check(project, place, call, picked) for call in place.module.calls_in(place.body))


def _is_check(project: Project, place: _Place, call: Call, picked: Collection[str]) -> bool:
    if decides(call.last):
        return True
    touched = touch(place.module, call)
    said = text_of(whole_chain(call.node) if touched else call.node)[:2000]
    if not _tells_who(place, said) or not set(picked) & set(re.findall(r"(?<!\.)[A-Za-z_]\w*", said)):
        return False
    if touched is not None:
        return touched.verb == "read"
    reached = project.function_called(place.module, call)
    return reached is not None and bool(
        re.search(r"\b(?:raise|abort|return\s+(?:False|None))\b", text_of(reached[1].body))
    )


def _called(project: Project, place: _Place) -> Iterator[_Place]:
    """The bodies of the app's own functions that get something of the caller's choice, or reach a store anyway."""
    if place.depth >= _MAX_DEPTH:
        return
    for call in place.module.calls_in(place.body):
        if not call.name:
            continue
        reached = project.function_called(place.module, call)
        if reached is None or place.holds(*reached):
            continue
        given, known = _passed(place, call, reached[1])
        if given or doing.of_function(project, *reached).effects & doing.STORES:
            inner = _place(project, reached[0], reached[1].node, given, known, place.depth + 1)
            yield replace(inner, via=place.via or place.module.file.locate(call.node))


def _passed(place: _Place, call: Call, function: Function) -> tuple[set[str], set[str]]:
    params = [p.name for p in function.params if p.name not in ("self", "cls")]
    pairs = [(params[n], a) for n, a in enumerate(call.args) if n < len(params)]
    pairs += [(k, v) for k, v in call.keywords.items() if k in params]
    given, known = set(), set()
    for name, node in pairs:
        text = text_of(node)[:2000]
        if _tells_who(place, text):
            known.add(name)
        elif _TAKEN.search(text) or place.chosen & set(re.findall(r"\w+", text)):
            given.add(name)
    return given, known


def _stored_as(project: Project, module: Module, model: str) -> str:
    """The table of a model, when its class names one."""
    found = project.meaning(module, model)
    home = found.module if found else module
    klass = home.by_class.get(found.name if found and found.name else model)
    for assign in home.assigns_in(klass.node) if klass else ():
        if "__tablename__" in assign.targets and (name := python.string_of(assign.value)):
            return name
    return model
