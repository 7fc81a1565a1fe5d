"""Which Python bodies a choice is handed to, and what their names hold then."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.survey import effects as doing
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards import signed_links
from vibeaudit.survey.python.bodies import TAKEN, WHO, Place, reads, tells_who
from vibeaudit.survey.python.methods import receiver
from vibeaudit.survey.python.whose import asks_whose, sought_by_secret
from vibeaudit.survey.service_layer import of_service

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CALLER = re.compile(
    r"^(?:(?:current|auth|logged_in|request|signed_in)_?)?(?:user|admin|account|member|principal|identity)(?:_data|_info|_dict)?$"
    r"|^(?:me|auth|claims|payload|jwt_data|user_session|owner)$|^current_\w+$"
)
# `token: Annotated[str, Depends(oauth2_scheme)]`: what the caller signed in with
_LOGIN_TOKEN = re.compile(
    r"(?i)\b(?:Depends|Security)\(\s*\w*(?:oauth2?|bearer|jwt)\w*|\bHTTPAuthorizationCredentials\b"
)
_REQUEST = re.compile(r"\brequest\b")
_MAX_DEPTH = 3


def place_of(
    project: Project, module: Module, body: Node, given: Collection[str], known: Collection[str], depth: int
) -> Place:
    """A body with what its names hold, when it is given these names by its caller."""
    function = module.function_at(body)
    params = function.params if function and depth == 0 else ()
    who = {*known, *(p.name for p in params if _CALLER.match(p.name) or _LOGIN_TOKEN.search(f"{p.type} {p.default}"))}
    who |= _asked_in_place(project, module, body, depth)
    chosen = {n for n in given if n not in who and not _CALLER.match(n)}
    for assign in module.assigns_in(body):
        text = text_of(assign.value)[:2000]
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        targets = {t for t in assign.targets if t.isidentifier()}
        if WHO.search(text) or words & who or _settled(project, module, assign.value, chosen, who, depth):
            who |= targets
        elif signed_links.opened_in(text) or sought_by_secret(text):
            chosen -= targets
        elif (TAKEN.search(text) or words & chosen) and not reads(module, assign.value):
            chosen |= targets
    who |= _answered_for(project, module, body, chosen - who, who, depth)
    return Place(module, body, frozenset(chosen - who), frozenset(who), depth)


def _asked_in_place(project: Project, module: Module, body: Node, depth: int) -> set[str]:
    """The app's own functions that are called for who is calling, without keeping the answer: `whoami()["id"]`."""
    bare = [c for c in module.calls_in(body) if c.name.isidentifier() and not (c.args or c.keywords)]
    asking = [c for c in bare if not _is_holder(c.node)]
    return {c.name for c in asking if _settled(project, module, c.node, (), (), depth)}


def _is_holder(node: Node) -> bool:
    """Whether a method of the answer is called at once: `db().execute(...)`."""
    held = node.parent
    return held is not None and held.type == "attribute" and held.parent is not None and held.parent.type == "call"


_REFUSES = re.compile(r"\braise\b|\babort\(")


def _answered_for(
    project: Project, module: Module, body: Node, chosen: Collection[str], known: Collection[str], depth: int
) -> set[str]:
    """What one of the app's own functions is asked about first, which refuses whoever does not own it: `owned(id)`."""
    names: set[str] = set()
    for call in module.calls_in(body):
        around = call.node.parent.parent if call.node.parent and call.node.parent.type == "await" else call.node.parent
        given = {text_of(a) for a in (*call.args, *call.keywords.values())} & set(chosen)
        if not given or around is None or around.type != "expression_statement":
            continue
        reached = project.function_called(module, call)
        if reached is not None and _REFUSES.search(text_of(reached[1].body)):
            names |= given if _settled(project, module, call.node, chosen, known, depth) else set()
    return names


def _settled(
    project: Project, module: Module, node: Node, chosen: Collection[str], known: Collection[str], depth: int
) -> bool:
    """Whether a value comes from one of the app's own functions that asks whose the row is before it gives it."""
    call = module.call_at(python.unwrap(node))
    if call is None or depth >= _MAX_DEPTH or not call.name:
        return False
    reached = project.function_called(module, call)
    if reached is None:
        return False
    asked = bool(WHO.search(text_of(reached[1].body)))  # `me()`, `own_account(number)`: it asks the session itself
    if not asked and (not (call.args or call.keywords) or not (known or _REQUEST.search(text_of(call.node)))):
        return False
    outside = Place(module, node, frozenset(chosen), frozenset(known), depth)
    given, who = _passed(outside, call, reached[1])
    key = ("settled", reached[1].key, frozenset(given), frozenset(who))
    if key not in project.memory:
        project.memory[key] = False  # a call back to itself asks nothing
        inside = place_of(project, reached[0], reached[1].node, given, who, depth + 1)
        whole = not (call.args or call.keywords)
        project.memory[key] = (bool(given) and asks_whose(project, inside)) or (
            (bool(given) or whole) and _gives_own(inside)
        )
    return bool(project.memory[key])


def _gives_own(place: Place) -> bool:
    """Whether what a function returns is asked for by who is calling, each time that it returns something."""
    said = [m[1].strip() for m in re.finditer(r"\breturn\b([^\n]*(?:\n\s+[^\n]*){0,3})", text_of(place.body))]
    rows = [s for s in said if s and not re.match(r"(?:None|False|True|\(None|Http\w+)\b", s)]
    return bool(rows) and all(tells_who(place, r) for r in rows)


def bodies_called(project: Project, place: Place) -> Iterator[Place]:
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
            inner = place_of(project, reached[0], reached[1].node, given, known, place.depth + 1)
            via = place.via or (None if of_service(*reached) else place.module.file.locate(call.node))
            yield replace(inner, via=via, owner=receiver(project, place.module, call) or place.owner)


def _passed(place: Place, call: Call, function: Function) -> tuple[set[str], set[str]]:
    params = [p.name for p in function.params if p.name not in ("self", "cls")]
    pairs = [(params[n], a) for n, a in enumerate(call.args) if n < len(params)]
    pairs += [(k, v) for k, v in call.keywords.items() if k in params]
    given, known = set(), set()
    for name, node in pairs:
        text = text_of(node)[:2000]
        if tells_who(place, text):
            known.add(name)
        elif TAKEN.search(text) or place.chosen & set(re.findall(r"\w+", text)):
            given.add(name)
    return given, known
