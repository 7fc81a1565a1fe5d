"""Which rows a JavaScript handler reaches for, in its own body and in the app's functions that it hands ids to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model import Access, Location, Route
from vibeaudit.survey import effects as doing
from vibeaudit.survey import memory_rows
from vibeaudit.survey.breadth import names_owners, takes_all
from vibeaudit.survey.code import Assign, Call, Function, Import, Module, text_of
from vibeaudit.survey.javascript import nest_parameters
from vibeaudit.survey.javascript import parameters as script_parameters
from vibeaudit.survey.javascript import stores as script_stores
from vibeaudit.survey.javascript.conditions import condition_of, only_adds
from vibeaudit.survey.javascript.row_changes import change_of
from vibeaudit.survey.ownership import bound_by, owner_column, without_words
from vibeaudit.survey.python.stores import Touch
from vibeaudit.survey.service_layer import of_service

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CHOSEN = frozenset(("path", "query", "body", "form"))
_WHERE_ID = re.compile(r"\bwhere\b[^;]{0,400}?\b(?:\w+\.)?\w*id\b[\"`]?\s*(?:=|in\b)\s*", re.IGNORECASE)
_BY_ID = re.compile(r"ById|ByPk|\b_?id\b|\w_id\b|\wId\b|\buuid\b|\.doc\(")
_SUPABASE = re.compile(r"(^|\.)\w*(supabase|client|admin|db)\w*\.from\.", re.IGNORECASE)
_SERVICE_KEY = re.compile(
    r"SERVICE_ROLE|SERVICE_KEY|SUPABASE_SECRET|serviceRole|service_role|createAdminClient|[aA]dmin"
)
_TOKEN = re.compile(r"authorization|accessToken|cookies|headers", re.IGNORECASE)
# the signed-in user, whatever the framework hands them over in
_SIGNED_IN = re.compile(
    r"(?:current_?)?(?:user|admin|account|member|principal)$|me$|auth$|session$|claims$", re.IGNORECASE
)
_REQUEST = re.compile(r"\b(?:req|request|ctx|c|event)\.(?:\w+\.)?(?:body|query|params|param)\b")
# `!user || !user.id`: somebody is signed in, whoever it is
_PRESENCE = re.compile(r"!?[\w.?]+(?:\(\))?(?:\s*(?:\|\||&&)\s*!?[\w.?]+)*")
_SAYS_MAY = re.compile(r"\b(?:is|can|has|may|owns)[A-Z]\w*")  # `!isAuthor && !isAdmin`
_ANSWERS = re.compile(
    r"^(?:res|reply|response|console|logger|log)\b|^(?:NextResponse|Response)\b|\.(?:render|flash|redirect|send\w*|emit)$"
    r"|^(?:stripe|resend|openai|anthropic|sgMail|transporter|twilio)\b"
)
_FUNCTIONS = ("arrow_function", "function_expression", "function")
_WHO = re.compile(
    r"\b(?:req|request|ctx|context|c|event|locals)(?:\s+as\s[^()\n]{1,60}\))?\??\.(?:\w+\??\.)?(?:user\w*|auth|session|currentUser|account)\b"
    r"|\blocals\??\.(?:me|viewer|member|customer)\b"
    r"|\b(?:session|currentUser|current_user)\b|\bgetUser\w*\("
)
# `const { id } = needUser(ctx)`: a helper that says who is calling, given the request alone
_TELLS = re.compile(
    r"^(?:await\s+)?(?:\w+\.)*(?:get|need|require|ensure|assert|current|must|auth|load|fetch)\w*"
    r"(?:[uU]ser|[vV]iewer|[mM]ember|[sS]ession|[aA]uth|[cC]aller|[aA]ccount)\w*"
    r"\(\s*(?:req|request|ctx|context|c|event)?\s*\)$"
)
_LONG = 2000
_STAGES = 8  # lines
_MAX_DEPTH = 3
_MAX_ACCESSES = 200


@dataclass(frozen=True, slots=True)
class _Place:
    """A body that is read: `chosen` are its names that hold what the caller chose, `around` what its callers do."""

    module: Module
    body: Node
    chosen: frozenset[str]
    around: str = ""
    depth: int = 0
    via: Location | None = None  # the handler's call that leads here
    known: frozenset[str] = frozenset()  # names that hold who is calling

    def holds(self, module: Module, function: Function) -> bool:
        """Whether the function stands in this body, where it is read anyway."""
        here = self.body.start_byte <= function.node.start_byte < self.body.end_byte
        return here and module.path == self.module.path


def of_route(project: Project, module: Module, body: Node, route: Route) -> list[Access]:
    """The accesses of a route's handler; one that stands in another function is where
    the handler, or the service that it hands the request to, calls for it."""
    chosen = {p.name for p in route.parameters if p.source in _CHOSEN}
    around = _of_layouts(project, module.path, chosen) if route.methods == ("PAGE",) else ""
    start = _place(module, body, chosen, around, 0)
    if route.framework == "nest":
        start = replace(start, known=start.known | nest_parameters.callers(body))
    found: list[Access] = []
    seen: set[tuple[str, int]] = set()
    waiting = [start]
    while waiting and len(found) < _MAX_ACCESSES:
        place = waiting.pop(0)
        found += _of_place(project, place, route.body if place.depth else None)
        for inner in _called(project, place):
            key = (inner.module.path, inner.body.start_byte)
            if key not in seen:
                seen.add(key)
                waiting.append(inner)
    return found


def _of_layouts(project: Project, path: str, chosen: Collection[str]) -> str:
    """What the layouts around a page of Next.js ask before it is shown."""
    said = []
    for folder in PurePosixPath(path).parents:
        for suffix in ("tsx", "jsx", "js", "ts"):
            module = project.module(str(folder / f"layout.{suffix}"))
            if module is None or (target := module.exports.get("default")) is None or isinstance(target, Import):
                continue
            function = module.by_name.get(target) if isinstance(target, str) else module.function_at(target)
            if function is not None:
                said.append(_checks(project, _place(module, function.node, chosen, "", 0)))
        if folder.name == "app":
            break
    return "\n".join(said)


def _place(module: Module, body: Node, given: Collection[str], around: str, depth: int) -> _Place:
    names = set(given) | script_parameters.taken(module, body, given).names
    chosen = frozenset(n for n in names if not _SIGNED_IN.match(n))
    place = _Place(module, body, chosen, around, depth)
    told = {n for n in chosen if (values := _given(place, n)) and all(_TELLS.search(text_of(a.value)) for a in values)}
    return replace(place, chosen=chosen - told, known=frozenset(told))


def _of_place(project: Project, place: _Place, handler: Location | None) -> Iterator[Access]:
    inside = f"{_checks(project, place)}\n{place.around}"
    chains: dict[int, tuple[Call, Touch, Node]] = {}
    for call in place.module.calls_in(place.body):
        if touched := script_stores.touch(project, place.module, call):
            chain = whole_chain(call.node)
            before = chains.get(chain.id)
            if before is None or before[1].verb == "read":
                chains[chain.id] = (call, touched, chain)
    for call, touched, chain in chains.values():
        if touched.table:
            bound = _bound(project, place, call, touched, chain, inside)
            text = f"{_spelled(place, _query(place.module, chain))} {touched.said}"
            at = place.via or place.module.file.locate(_said_at(call.node, chain))
            everything = touched.verb == "read" and bound == "none" and takes_all(text, place.chosen)
            if bound == "id" and touched.verb == "read" and _only_there(place, chain):
                bound = "none"
            if bound == "id" and touched.verb == "update" and only_adds(place.module.code_in(chain)):
                bound = "none"
            verb = touched.verb
            if bound == "id" and verb == "read":
                verb = change_of(place.module, place.body, chain, place.chosen) or verb
            yield Access(touched.table, verb, bound, at, handler, everything, names_owners(text))
    for use in memory_rows.uses(project, place.module, place.body):
        if place.known & set(re.findall(r"\w+", use.said)):
            bound = "caller"
        else:
            bound = bound_by(use.said, inside.replace(use.said, " "), place.chosen) if use.verb != "insert" else "none"
        where = place.via or place.module.file.at(use.start, use.end)
        yield Access(use.table, use.verb, bound, where, handler, names_owner=names_owners(use.said))


def _only_there(place: _Place, chain: Node) -> bool:
    """`const taken = await rows.findFirst(...); if (taken) return refusal`: nothing of the row is given or changed."""
    held = chain.parent
    while held is not None and held.type in ("await_expression", "parenthesized_expression"):
        held = held.parent
    name = text_of(held.child_by_field_name("name")) if held is not None and held.type == "variable_declarator" else ""
    if held is None or not name.isidentifier():
        return False
    rest = place.module.code_in(place.body).replace(place.module.code_in(held), " ", 1)
    said = len(re.findall(rf"(?<![.\w]){name}\b(?!\s*:)", rest))
    asked = len(re.findall(rf"{_ASKED[0]}{name}{_ASKED[1]}", rest))
    tested = any(re.search(rf"(?<![.\w]){name}\b", text_of(b.condition)) for b in place.module.branches_in(place.body))
    return tested and 0 < said == asked


# `if (row)`, `!row ||`, `rows.length === 0`: whether it is there
_ASKED = (
    r"(?:(?<=if\()|(?<=if \()|(?<=!)|(?<=&& )|(?<=\|\| ))",
    r"(?:\??\.length\b|(?=\s*\)\s*(?:\{|return\b|throw\b)|\s*(?:&&|\|\|)))",
)


def _said_at(call: Node, chain: Node) -> Node:
    """The query; of a long `aggregate([...])` the stage that says which rows."""
    if chain.end_point[0] - call.start_point[0] < _STAGES or b".aggregate" not in (chain.text or b"")[:_LONG]:
        return call
    waiting = [chain]
    while waiting:
        node = waiting.pop()
        if node.type == "pair" and text_of(node.child_by_field_name("key")).strip("'\"") == "$match":
            return node
        waiting.extend(reversed(node.named_children))
    return call


def _checks(project: Project, place: _Place) -> str:
    """What a body asks: its conditions, its queries, and the helpers that it calls. What it answers, logs, or writes
    into a new row asks nothing."""
    module, body = place.module, place.body
    asked = [module.code_in(b.condition) for b in module.branches_in(body)]
    asked = [a for a in asked if not _PRESENCE.fullmatch(a.strip("() ")) or _SAYS_MAY.search(a)]
    for call in module.calls_in(body):
        if not call.name or _ANSWERS.search(call.name) or call.node.type == "new_expression":
            continue
        touched = script_stores.touch(project, module, call)
        if touched is not None and touched.verb != "insert":
            asked.append(_query(module, whole_chain(call.node)))
        elif touched is None and not any(a.type in _FUNCTIONS for a in call.args) and _has(call.node, place):
            asked.append(module.code_in(call.node)[:_LONG])
    return "\n".join(asked)


def _query(module: Module, chain: Node) -> str:
    """Which rows a query asks for."""
    return condition_of(module.code_in(chain))


def _bound(project: Project, place: _Place, call: Call, touched: Touch, chain: Node, inside: str) -> str:
    if _SUPABASE.search(call.name) and not _past_policies(project, place.module, call):
        return "caller"  # the database itself asks, by its policies
    written = place.module.code_in(chain) if touched.verb == "insert" else _query(place.module, chain)
    if place.known & set(re.findall(r"(?<!\.)\b[A-Za-z_]\w*", f"{inside} {written}")):
        return "caller"
    inside, text = inside.replace(written, " "), _spelled(place, written)
    bound = bound_by(text if touched.said in text else f"{text} {touched.said}", inside, place.chosen)
    if bound == "id":
        picks = _WHERE_ID.search(touched.said) if touched.said else _BY_ID.search(text) or _owned(text)
        return "id" if picks and touched.verb != "insert" else "none"
    return bound


def _spelled(place: _Place, text: str) -> str:
    """The query with what its names stand for: `find(filter)` where `const filter = { id }`."""
    for name in sorted(set(re.findall(r"(?<![.\w])[a-z]\w*", text)) & place.chosen):
        for assign in place.module.assigned.get(name, ()):
            if place.body.start_byte <= assign.node.start_byte < place.body.end_byte:
                text += f" {place.module.code_in(assign.value)[:_LONG]}"
    return text


def _owned(text: str) -> bool:
    return any(owner_column(m) for m in re.findall(r"['\"](\w+)['\"]\s*,", text))


def _called(project: Project, place: _Place) -> Iterator[_Place]:
    """The bodies of the app's own functions that get something of the caller's choice, or reach a store anyway."""
    if place.depth >= _MAX_DEPTH:
        return
    for call in place.module.calls_in(place.body):
        if not call.name:
            continue
        given = [
            n
            for n, a in enumerate(call.args)
            if a.type not in ("arrow_function", "function_expression") and _has(a, place)
        ]
        reached = project.function_called(place.module, call)
        if reached is None or place.holds(*reached):
            continue
        module, function = reached
        passed = {function.params[n].name for n in given if n < len(function.params)}
        names = {n for p in passed for n in re.findall(r"\w+", p)}
        if names or doing.of_function(project, *reached).effects & doing.STORES:
            said = without_words(_checks(project, place), place.chosen)
            inner = _place(module, function.node, names, f"{place.around}\n{said}"[:20_000], place.depth + 1)
            told = {
                w
                for n, a in enumerate(call.args)
                if n < len(function.params) and _tells_who(a, place)
                for w in re.findall(r"\w+", function.params[n].name)
            }
            via = place.via or (None if of_service(*reached) else place.module.file.locate(call.node))
            yield replace(inner, via=via, known=inner.known | told, chosen=inner.chosen - told)


def _tells_who(node: Node, place: _Place) -> bool:
    text = text_of(node)[:_LONG]
    if _WHO.search(text) or place.known & set(re.findall(r"\w+", text)):
        return True
    return node.type == "identifier" and any(_owned_by_caller(place, a.value) for a in _given(place, text))


def _given(place: _Place, name: str) -> list[Assign]:
    """The values that a name gets in a body."""
    inside = place.module.assigned.get(name, ())
    return [a for a in inside if place.body.start_byte <= a.node.start_byte < place.body.end_byte]


def _owned_by_caller(place: _Place, value: Node) -> bool:
    """`{ user_id: userId }` where `userId` is the caller's."""
    for pair in value.named_children if value.type == "object" else ():
        key, held = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None or held is None or not owner_column(text_of(key)):
            continue
        if _WHO.search(text_of(held)) or any(_WHO.search(text_of(a.value)) for a in _given(place, text_of(held))):
            return True
    return False


def _has(node: Node, place: _Place) -> bool:
    text = text_of(node)[:2000]
    return bool(_REQUEST.search(text)) or bool(place.chosen & set(re.findall(r"\w+", text)))


def _past_policies(project: Project, module: Module, call: Call) -> bool:
    """Whether a Supabase client holds the service role, which no policy binds, or, in an edge function, nobody's
    token: then the policies cannot tell one caller from another."""
    name = call.name.partition(".from.")[0].rsplit(".", 1)[-1]
    if re.search(r"admin|service", name, re.IGNORECASE):
        return True
    known = [a.value for a in module.assigned.get(name, ())]
    meaning = project.meaning(module, name)
    if meaning is not None and meaning.value is not None:
        known.append(meaning.value)
    said = [text_of(value)[:2000] for value in known]
    if any(_SERVICE_KEY.search(text) for text in said):
        return True
    makes = [text for text in said if "createClient(" in text]
    return "supabase/functions/" in module.path and bool(makes) and not any(_TOKEN.search(text) for text in makes)


def whole_chain(node: Node) -> Node:
    """The outermost call of a chain: `.from(x).select().eq(...)`."""
    while (
        node.parent is not None
        and node.parent.type in ("member_expression", "call_expression", "attribute", "call")
        and node.parent.start_byte == node.start_byte
    ):
        node = node.parent
    return node
