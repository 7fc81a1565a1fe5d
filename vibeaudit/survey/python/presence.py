"""Rows that a Python body fetches for nothing but to see that they are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of
from vibeaudit.survey.python.bodies import Place

if TYPE_CHECKING:
    from tree_sitter import Node

_ANSWERS = frozenset(
    "render_template render render_template_string TemplateResponse jsonify dict make_response JSONResponse Response"
    " template update context HTMLResponse render_to_response json_response".split()
)


def only_asked(chain: Node) -> bool:
    """`User.objects.filter(email=address).exists()`, `query.count()`: no row is taken."""
    return text_of(chain)[-12:].endswith((".exists()", ".count()"))


_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_ITS_ID = r"\b{0}(?:\[['\"]_?id['\"]\]|\.(?:id|pk)\b)"


def only_linked(place: Place, chain: Node) -> bool:
    """A row that is fetched only to see that it is there, or to be named in another: `Visit(doctor=doctor)`."""
    name = _held_as(place, chain)
    if not name:
        return False
    said, named = _COMMENT.sub("", text_of(place.body)), re.escape(name)
    uses = len(re.findall(rf"(?<![.\w'\"]){named}\b(?!\s*=)", said))
    looks = len(re.findall(_LOOKS.format(named), said))
    return uses > 0 and uses == looks + sum(
        text_of(value) == name
        for call in place.module.calls_in(place.body)
        if call.last not in _ANSWERS
        for value in call.keywords.values()
    )


_TAKES = r"(?:\.(?:scalars?|scalar_one(?:_or_none)?|first|one|one_or_none|unique|all)\(\))"
_LOOKS = (
    rf"\bnot {{0}}{_TAKES}*\s*(?::|\bor\b|\band\b)|\b{{0}}{_TAKES}* is (?:not )?None\b"
    rf"|\b(?:el)?if {{0}}{_TAKES}*\s*(?::|\band\b)|{_ITS_ID}"
)


def _held_as(place: Place, chain: Node) -> str:
    """The name that holds the row in the end, after the query and its result: `query = select(...)`,
    `result = session.execute(query)`, `row = result.first()`."""
    name, at = "", chain
    for assign in sorted(place.module.assigns_in(place.body), key=lambda a: a.node.start_byte):
        value = text_of(assign.value)[:200]
        handed = name and re.fullmatch(rf"(?:await )?(?:[\w.]+\({name}\)|{name}){_TAKES}*", value)
        if handed or (not name and assign.value.start_byte <= at.start_byte and at.end_byte <= assign.value.end_byte):
            name = assign.targets[0] if len(assign.targets) == 1 and assign.targets[0].isidentifier() else ""
            if not name:
                return ""
    return name


_ROLE = re.compile(
    r"\bis_?(?:staff|superuser|admin|manager)\b|\brole\b|\bhas_perm\(|\bgroups?\b|\buser_type\b", re.IGNORECASE
)


def by_role(chain: Node) -> bool:
    """Whether a query stands in the branch of a role: `if user.is_superuser: carts = Cart.objects.all()`."""
    held = chain.parent
    while held is not None and held.type not in ("function_definition", "module"):
        if held.type in ("if_statement", "elif_clause", "conditional_expression"):
            said = held.child_by_field_name("condition")
            if _ROLE.search(text_of(said if said is not None else held)[:300]):
                return True
        held = held.parent
    return False
