"""What a body does about its caller: the guards in it and in the app's own functions that it calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards import page_tokens, session_keys
from vibeaudit.survey.guards.branches import asked_for, by_branch, refused_after, sends_members_away
from vibeaudit.survey.guards.calls import OF_PART, by_call
from vibeaudit.survey.guards.identity import PASSWORD, ROLE_QUERY, Identity
from vibeaudit.survey.guards.optional_signatures import only_when_sent
from vibeaudit.survey.guards.refusals import DENIES, SAYS_NO, STOPS

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CATCHES = re.compile(r"\bcatch\b[^{]{0,40}\{[^}]{0,200}\b40[13]\b|\bexcept\b[^:\n]{0,60}:\s[^\n]{0,120}\b40[13]\b")
# A helper that answers by role: `return claims.role === "admin" ? claims : null`
_ROLE_ASKED = re.compile(
    r"\b(?:role|roles|is_?[aA]dmin|is_staff|is_superuser|isSuperAdmin|permissions?|scopes?)['\"]?[\])]{0,2}\s*"
    r"(?:[!=]==?|(?:not\s+)?in\b|\.includes\(|\?|&&)"
    r"|\.includes\([^()\n]{0,60}\.role\)"
    r"|(?:!|\bnot\s+)[\w.?]*\b(?:is_?[aA]dmin|is_staff|is_superuser|isSuperAdmin)\b"
)
_ROLE_NOTED = re.compile(r"\bis_?[aA]dmin\w*\s*=(?!=)[^;\n]*")  # kept for later
_SAYS_NOBODY = re.compile(
    r"(?::|\breturn)\s*(?:null|undefined|false|None|False|NextResponse|new Response)\b"
    r"|\b(?:throw|raise|error|40[13])\b"
    r"|return\s+[^;\n]{0,200}(?:===?|\bin\b|includes\()"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body does about its caller: the guards in it, those of them that stop its caller too (it throws,
    redirects or answers, where others just return), and whether its result says who is calling, or in which role."""

    guards: tuple[Guard, ...] = ()
    stopping: tuple[Guard, ...] = ()
    tells_who: bool = False
    tells_role: bool = False  # its result is nothing for whoever lacks a role
    for_strangers: bool = False  # it sends away whoever is signed in, and nobody else


def in_function(project: Project, module: Module, function: Function, depth: int = 0) -> Reading:
    """The guards inside a function and inside the app's own functions that it calls."""
    key = ("guards", function.key)
    if key not in project.memory:
        project.memory[key] = Reading()  # a call back to itself finds nothing new
        project.memory[key] = _read(project, module, function.body, depth)
    return project.memory[key]  # type: ignore[return-value]


def in_node(project: Project, module: Module, node: Node) -> Reading:
    """The same for a bare block, such as a handler without a function of its own."""
    return _read(project, module, node, 0)


def in_made(project: Project, module: Module, function: Function, fixed: Mapping[str, bool], depth: int = 0) -> Reading:
    """The guards of a function where the truth of some names is known: parameters, those of the function that made
    it, and members of options."""
    key = ("guards", function.key, tuple(sorted(fixed.items())))
    if key not in project.memory:
        project.memory[key] = Reading()
        project.memory[key] = _read(project, module, function.body, depth, fixed)
    return project.memory[key]  # type: ignore[return-value]


def in_called(project: Project, module: Module, call: Call, called: tuple[Module, Function], depth: int) -> Reading:
    """What a function does about the caller when it is called like this: `parse(request, { skipAuth: true })`."""
    from vibeaudit.survey.guards.made import given_truths

    fixed = given_truths(call, called[1]) if module.kind == "javascript" else {}
    return in_made(project, *called, fixed, depth) if fixed else in_function(project, *called, depth)


def _read(
    project: Project, module: Module, body: Node, depth: int, fixed: Mapping[str, bool] = MappingProxyType({})
) -> Reading:
    from vibeaudit.survey.guards.made import Dead, live

    found: list[Guard] = []
    stopping: list[Guard] = []
    dead = Dead.of(module, body, fixed)
    known = Identity(project, module, body, depth, dead)
    whole = dead.without(text_of(body)) if dead.spans else module.code_in(body)
    if page_tokens.checks_form(whole):
        token = Guard("csrf", "early-return", "page token", module.file.locate(body))
        return Reading((token,), (token,))
    says_no = bool(SAYS_NO.search(whole))
    # a verification that throws inside `try` guards only when somebody refuses afterwards
    heeded = says_no or not re.search(r"\btry\b", whole) or bool(re.search(r"\b(?:throw|raise|reject)\b", whole))
    heeded = heeded or _goes_on_when_well(whole)
    compares_passwords = bool(PASSWORD.search(whole))
    for call in dead.left(module.calls_in(body)):
        if not (compares_passwords and call.last in ("timingSafeEqual", "compare_digest")):
            here = by_call(project, module, call, known, depth, heeded)
            if module.kind == "javascript" and any(g.kind == "signature" for g in here):
                here = [g for g in here if g.kind != "signature" or not only_when_sent(module, call.node, body)]
            stopping += here
    branches = dead.left(module.branches_in(body))
    halved = fixed and any(live(b.condition, fixed) != text_of(b.condition) for b in branches)
    for branch in branches:
        rest = module.kind == "python" or refused_after(body, branch)
        here = by_branch(module, branch, known, says_no, rest)
        if halved and not DENIES.search(live(branch.condition, fixed)):  # made so that nobody has to be signed in
            here = [g for g in here if g.kind != "authentication"]
        if module.kind == "python" and asked_for(branch.node, body):
            here = [replace(g, kind=OF_PART) for g in here if g.kind == "authentication"]
        found += here
        if any(STOPS.search(text_of(n)[:2000]) for n in (branch.then, *branch.otherwise)) or says_no:
            stopping += here
    stopping += session_keys.needed(module, body) if not known.passwords else []
    # who is calling is read inside `try`, failing is a refusal
    if known.any and not halved and (refusal := _CATCHES.search(whole)):
        at = module.file.at(body.start_byte + len(whole[: refusal.start()].encode()))
        stopping.append(Guard("authentication", "early-return", "session check", at))
    asked = _ROLE_ASKED.search(_ROLE_NOTED.sub(" ", whole)) or ROLE_QUERY.search(whole)
    by_role = known.any and bool(asked) and bool(_SAYS_NOBODY.search(whole))
    away = not stopping and any(sends_members_away(b, known) for b in branches)
    return Reading(_unique([*found, *stopping]), _unique(stopping), known.any, by_role, away)


_NEXT = re.compile(r"\bnext\(\s*\)")


def _goes_on_when_well(whole: str) -> bool:
    """A middleware that calls `next()` in its `try` alone: whoever is caught gets no further, whatever is answered."""
    caught = re.search(r"\bcatch\b", whole)
    if caught is None:
        return False
    return _NEXT.search(whole, 0, caught.start()) is not None and _NEXT.search(whole, caught.start()) is None


def _unique(guards: list[Guard]) -> tuple[Guard, ...]:
    """One guard of each kind and name, the first."""
    seen: dict[tuple[str, str], Guard] = {}
    for guard in guards:
        seen.setdefault((guard.kind, guard.name), guard)
    return tuple(seen[k] for k in sorted(seen))
