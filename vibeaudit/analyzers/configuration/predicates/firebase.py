"""Rights that Firebase's rules leave in the hands of those whom they concern."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibeaudit.analyzers.configuration.firebase_conditions import alternatives
from vibeaudit.survey.owned_tables import is_people

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]

_PLACE = re.compile(r"/(?P<name>\w+)/\{(?P<id>\w+)(?:=\*\*)?\}$")
_RIGHT = (
    r"(?:role|roles|isAdmin|is_admin|admin|isStaff|userType|user_type|accountType|userRole|plan|isPremium|credits"
    r"|balance)"
)
_ASKED_IN_RULES = re.compile(rf"\.data(?:\.|\[['\"]){_RIGHT}\b|\bdata\(\)\.{_RIGHT}\b")
_ASKED_IN_CODE = re.compile(
    rf"(?:\.|\?\.){_RIGHT}\s*[!=]==?\s*['\"`t]|\b(?:const|let)\s*\{{[^{{}}]*\b{_RIGHT}\b[^{{}}]*\}}\s*=\s*\w+\.data\(\)"
)
_GUARDED = re.compile(rf"\b{_RIGHT}\b|\.hasOnly\(|affectedKeys|diff\(")
_CODE = (".js", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".mjs")
_BY_TOKEN = re.compile(r"setCustomUserClaims|getIdTokenResult")


def own_rights(match: Match, document: Document) -> list[Reason]:
    """People may write their own document, and with it the field by which rules or pages decide what they may."""
    fields = dict(match.node.entries)
    place = _PLACE.search(str(fields["path"].value))
    if place is None or not is_people(place["name"]):
        return []
    own = re.compile(rf"request\.auth\.uid\s*==\s*{place['id']}\b|\b{place['id']}\s*==\s*request\.auth\.uid")
    open_to_owner = any(
        any(own.search(p) for p in parts) and not any(_GUARDED.search(p) for p in parts)
        for parts in alternatives(str(fields["spelled"].value))
    )
    return [("", (("path", str(fields["path"].value)),), match.node)] if open_to_owner and _decides(document) else []


def _decides(document: Document) -> bool:
    if _ASKED_IN_RULES.search(document.file.text):
        return True
    code = [f for p, f in document.project.items() if p.endswith(_CODE)]
    if any(_BY_TOKEN.search(f.text) for f in code):
        return False
    return any(_ASKED_IN_CODE.search(f.text) for f in code)


PREDICATES: dict[str, Callable[[Match, Document], list[Reason]]] = {"own-rights": own_rights}
