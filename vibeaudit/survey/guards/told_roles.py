"""Roles that the caller names in the request itself: a condition that goes by one keeps nobody out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ROLE = r"(?:user_?|caller_?|my_?|current_?user_?|requester_?)?(?:roles?|is_?(?:admin|staff|superuser|manager)|admin)"
_QUOTED = rf"['\"]{_ROLE}['\"]"
_DIRECT = re.compile(
    rf"(?i)\b(?:req|request|event|c\.req|ctx\.request)\??\.(?:body|query|params)\??\.{_ROLE}\b"
    rf"|\b(?:req|request|event)\??\.(?:body|query)\??\.?\[\s*{_QUOTED}"
    rf"|\brequest\.(?:get_json\([^()]*\)|json|form|args|values|data|POST|GET|query_params)(?:\.get\(\s*|\[\s*){_QUOTED}"
    rf"|\b(?:searchParams|formData)\.get\(\s*{_QUOTED}"
)
_WHOLE = re.compile(
    r"^(?:await\s+)?(?:req|request|event|c\.req|ctx\.request)\??\.(?:body|query|json\(\)|get_json\([^()]*\)|json|form|args|data|POST"
    r"|GET)$|^json\.loads\(request\.(?:body|data)\)$|^await\s+readBody\(\w+\)$|^JSON\.parse\(event\.body\)$"
)
_TAKEN_APART = re.compile(rf"(?i)[{{,]\s*(?:{_ROLE}\s*:\s*)?(?P<name>{_ROLE})\s*(?=[,}}=])")
_PRIVILEGED = (
    r"(?:['\"](?:super_?)?(?:admin\w*|staff|manager|owner|moderator|root)['\"]|\w*Role\w*\.\w+"
    r"|['\"]?(?:true|1)['\"]?|True)"
)


def told_role(module: Module, condition: Node) -> bool:
    """Whether a condition turns away whoever does not call himself privileged: `body.role !== "admin"`."""
    said = text_of(condition)[:500]
    if not re.search(rf"(?i){_ROLE}", said):
        return False
    terms = [re.escape(m[0]) + r"[\"'\])]*" for m in _DIRECT.finditer(said)]
    terms += _names(module, condition)
    return any(_turned_away(said, term) for term in terms)


def _turned_away(said: str, term: str) -> bool:
    tail = r"(?:,\s*['\"]?\w*['\"]?\s*\))?[\])]*(?:\??\.(?:lower|toLowerCase|upper|strip)\(\))?"
    unlike = rf"(?i){term}{tail}\s*(?:!==?)\s*{_PRIVILEGED}"
    absent = rf"(?i)^\(?\s*(?:!|not\s+){term}{tail}\s*\)?$"
    return re.search(unlike, said) is not None or re.search(absent, said) is not None


def _names(module: Module, condition: Node) -> list[str]:
    """What stands for a role that was read from the request, in the function around."""
    around = [f for f in module.functions if f.body.start_byte <= condition.start_byte < f.body.end_byte]
    if not around:
        return []
    body = min(around, key=lambda f: f.body.end_byte - f.body.start_byte).body
    found: list[str] = []
    for assign in module.assigns_in(body):
        if assign.node.start_byte > condition.start_byte:
            break
        value = text_of(assign.value)[:300].strip()
        plain = [t for t in assign.targets if re.fullmatch(r"\w+", t)]
        if _DIRECT.search(value):
            found += [rf"(?<![.\w]){t}\b" for t in plain]
        elif _WHOLE.match(value):
            left = text_of(assign.node)[:400].split("=")[0]
            apart = {m["name"] for m in _TAKEN_APART.finditer(text_of(assign.node)[:400])} if "{" in left else set()
            found += [rf"(?<![.\w]){name}\b" for name in sorted(apart)]
            if not apart and "{" not in left:
                keys = rf"(?:\??\.{_ROLE}\b|\[\s*{_QUOTED}\s*\]|\.get\(\s*{_QUOTED})"
                found += [rf"(?<![.\w]){t}{keys}" for t in plain]
    return found
