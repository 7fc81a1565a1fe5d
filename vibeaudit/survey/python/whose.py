"""Whether anything in a Python body ties a row, or the choice of it, to whoever is calling."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Function, text_of
from vibeaudit.survey.guards.trades import only_of_many
from vibeaudit.survey.javascript.accesses import whole_chain
from vibeaudit.survey.ownership import decides, owner_column
from vibeaudit.survey.python import string_of
from vibeaudit.survey.python.bodies import TAKEN, Place, reads, tells_who
from vibeaudit.survey.python.stores import Touch, touch

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

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


def bound_to(place: Place, touched: Touch, text: str) -> str:
    """By what a query finds its rows: caller, id (one that the caller chooses) or none."""
    if tells_who(place, text):
        return "caller"
    if touched.verb == "insert":
        return "none"
    if not (place.chosen & set(re.findall(r"\w+", text)) or TAKEN.search(text)):
        return "none"
    if _by_secret(place, text):
        return "none"
    if _SQL_ID.search(text) or (not touched.said and _ID.search(text)):
        return "id"
    # a page about somebody, by the name that they go by in public, gives nothing away
    if touched.verb == "read":
        return "id" if re.search(r"\be_?mail\b", text) or _by_owner(text) else "none"
    return "id" if _PERSON.search(text) or _by_owner(text) else "none"


_EQUATED = re.compile(r"\b(\w+)\s*==?\s*([\w.\[\]'\"]+)")
_SECRET_COLUMN = re.compile(
    r"(?:^|_)(?:token|secret|api_?key|\w+_key|nonce|signature"
    r"|(?:reset|invite|invitation|activation|verification|confirm\w*|recovery|magic|share)_?(?:code|link|hash|slug))$",
    re.IGNORECASE,
)


def _by_secret(place: Place, text: str) -> bool:
    """A row that is found by a key or token alone, which nobody else knows."""
    asked = [c for c, v in _EQUATED.findall(text) if place.chosen & set(re.findall(r"\w+", v)) or TAKEN.search(v)]
    return bool(asked) and all(_SECRET_COLUMN.search(c) for c in asked)


_SOUGHT = re.compile(r"(?is)\bselect\b.{0,400}?\bwhere\b(?P<asked>.{0,300})")
_PLACEHOLDER = re.compile(r"\b(?P<column>\w+)\s*=\s*(?:\?|%s|:\w+|\$\d)")


def sought_by_secret(text: str) -> bool:
    """Whether a statement finds its row by a key or code that only its owner was sent."""
    asked = _SOUGHT.search(text)
    return asked is not None and any(_SECRET_COLUMN.search(m["column"]) for m in _PLACEHOLDER.finditer(asked["asked"]))


_UPDATES = re.compile(r"(?is)\bupdate\b(?P<sets>.+?)\bwhere\b(?P<asked>.+)")
_ANY_PLACEHOLDER = re.compile(r"\?|%s")


def without_new_values(call: Call, text: str) -> str:
    """The text of a query without what an UPDATE writes: its rows are chosen by what stands for WHERE alone."""
    statement = string_of(call.args[0]) if call.args else ""
    parts = _UPDATES.search(statement)
    if parts is None:
        return text
    held = [n for a in call.args[1:] for n in (a.named_children if a.type in ("tuple", "list") else [a])]
    new, asked = (len(_ANY_PLACEHOLDER.findall(parts[p])) for p in ("sets", "asked"))
    if not asked or len(held) != new + asked:
        return text
    return f"{statement} {' '.join(text_of(n) for n in held[new:])}"


def _by_owner(text: str) -> bool:
    return any(owner_column(m) for m in re.findall(r"(\w+)\s*(?:==?|['\"]\s*:)", text))


def asks_whose(project: Project, place: Place) -> bool:
    """A condition, a query or a helper that brings the caller together with the row or with what was asked for."""
    rows = {
        t
        for a in place.module.assigns_in(place.body)
        if reads(place.module, a.value) and not tells_who(place, text_of(a.value)[:2000])
        for t in a.targets
        if t.isidentifier()
    }
    picked = rows | place.chosen
    for branch in place.module.branches_in(place.body):
        said = text_of(branch.condition)
        if (
            (decides(said) and not only_of_many(said))
            or (tells_who(place, said) and _STAFF.search(said))
            or (tells_who(place, said) and picked & set(re.findall(r"(?<![.\w'\"])[A-Za-z_]\w*", said)))
        ):
            return True
    return any(_is_check(project, place, call, picked) for call in place.module.calls_in(place.body))


_VALUE = re.compile(r"(?<!\.)\b[A-Za-z_]\w*\b(?!\s*=(?!=))")  # not the name of a keyword: `filter_by(user_id=mine)`


def _is_check(project: Project, place: Place, call: Call, picked: Collection[str]) -> bool:
    if decides(call.last):
        return True
    touched = touch(place.module, call)
    said = text_of(whole_chain(call.node) if touched else call.node)[:2000]
    if not tells_who(place, said) or not set(picked) & set(_VALUE.findall(said)):
        return False
    if touched is not None:
        return touched.verb == "read"
    reached = project.function_called(place.module, call)
    return reached is not None and _refuses_whom(place, call, reached[1])


_REFUSES = re.compile(r"\b(?:raise|abort|return\s+(?:False|None))\b")
_LOGGED = re.compile(r"\b(?:print|(?:\w+\.)?log(?:ger|ging)?\.\w+)\([^\n]*\)")


def _refuses_whom(place: Place, call: Call, function: Function) -> bool:
    """Whether a function refuses somebody, and looks at who is calling for it: one that is only told so may refuse
    for any other reason."""
    body = text_of(function.body)
    params = [p.name for p in function.params if p.name not in ("self", "cls")]
    pairs = [*zip(params, call.args, strict=False), *((k, v) for k, v in call.keywords.items() if k in params)]
    told = {name for name, node in pairs if tells_who(place, text_of(node)[:2000])}
    read = set(re.findall(r"[A-Za-z_]\w*", _LOGGED.sub(" ", body)))
    return bool(_REFUSES.search(body)) and (not told or bool(told & read))
