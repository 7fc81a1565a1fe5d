"""Settings that let an access token live for days, in apps that cannot take one back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)access_?token_?(?:expir|life|ttl|max_?age|valid)|jwt_?(?:token_?)?(?:expir|life|ttl)")
_NAME = re.compile(
    r"(?i)^(?:\w+_)?(?:access_?token|jwt(?:_?access)?(?:_?token)?)_?(?:expir\w*?|lifetime|ttl|max_?age|validity)"
    r"(?P<in>(?:_?in)?_?(?:seconds|secs?|minutes|mins?|hours|days))?$"
)
_REFRESH = re.compile(r"(?i)refresh|remember|reset|verif|confirm|invit")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"\b(?P<unit>weeks|days|hours|minutes|seconds)\s*=\s*(?P<count>[\d_ *+]+)")
_SECONDS = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_NUMBER = re.compile(r"(?<![\w.])[\d_]+(?:\s*\*\s*[\d_]+)*(?![\w.])")
_TAKEN_BACK = re.compile(
    rb"(?i)black_?list|block_?list|deny_?list|token_?version|revoked|\bjti\b|session_?version|tokens_valid"
)
_DAYS = 2
SIGNED_FOR_DAYS = re.compile(rb"(?:expiresIn['\"]?\s*:|setExpirationTime\()\s*['\"`]\s*\d+\s*(?:d|days?|w|weeks?)\b")
_FOR_DAYS = re.compile(
    r"(?:expiresIn['\"]?\s*:|setExpirationTime\()\s*['\"`]\s*(?P<n>\d+)\s*(?P<u>d|w)(?:ays?|eeks?)?\b"
)
_OTHER_PURPOSE = re.compile(r"(?i)refresh|remember|reset|verif|confirm|invit|unsubscribe|download|share|email|api_?key")


def long_lived(project: Project, module: Module) -> Iterator[Node]:
    """Each setting by which a login lasts two days or more."""
    found = [
        node
        for node, name, value in _settings(module)
        if (named := _NAME.match(name)) and not _REFRESH.search(name)
        if _seconds(text_of(value), named["in"] or "") >= _DAYS * 86400
    ]
    if found and not any(_TAKEN_BACK.search(f.data) for f in project.snapshot.of("python")):
        yield from found


def _settings(module: Module) -> Iterator[tuple[Node, str, Node]]:
    """(where, name, value) of assignments, of items of a configuration, of pairs in a dictionary."""
    for assign in module.assigns:
        named = re.findall(r"\w+", text_of(assign.node.child_by_field_name("left")))
        if named:  # `app.config["NAME"]` as well as `NAME`
            yield assign.node, named[-1], assign.value
        held = assign.value.named_children if assign.value.type == "dictionary" else []
        for pair in (p for p in held if p.type == "pair"):
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                yield pair, text_of(key).strip("'\""), value


def _seconds(said: str, unit: str) -> float:
    """What a value means; 0 when nobody can tell."""
    if parts := list(_PART.finditer(said)):
        return sum(_product(p["count"]) * _SECONDS[p["unit"]] for p in parts)
    if said == "False":  # Flask-JWT-Extended: never
        return math.inf
    numbers = _NUMBER.findall(said)
    letter = unit.lower().removeprefix("_").removeprefix("in").removeprefix("_")[:1]
    return _product(numbers[-1]) * _UNITS.get(letter, 1) if numbers and "timedelta" not in said else 0


def _product(said: str) -> int:
    return math.prod(int(n.replace("_", "")) for n in re.findall(r"[\d_]*\d[\d_]*", said))


def signed_for_days(project: Project, module: Module) -> Iterator[Node]:
    """Each login token of a script that is signed for a week or more, where no list of ended ones is kept."""
    scripts = project.snapshot.of("javascript", "typescript", "tsx")
    if project.once("tokens taken back", lambda: any(f.holds(_TAKEN_BACK) for f in scripts)):
        return
    for call in module.calls:
        if not (
            call.last == "setExpirationTime" or re.search(r"(?i)(?:^|\.)(?:jwt|jsonwebtoken)\w*\.sign$", call.name)
        ):
            continue
        said = text_of(call.node)[-600:]
        lasts = _FOR_DAYS.search(said)
        function = next((f for f in reversed(module.functions) if _holds(f.body, call.node)), None)
        around = f"{function.name} {said}" if function is not None else said
        if lasts and int(lasts["n"]) * (7 if lasts["u"] == "w" else 1) >= 7 and not _OTHER_PURPOSE.search(around):
            yield call.node


def _holds(body: Node, node: Node) -> bool:
    return body.start_byte <= node.start_byte < body.end_byte
