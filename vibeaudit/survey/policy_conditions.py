"""What the condition of a row-level security policy asks, alternative by alternative."""

from __future__ import annotations

import re

_TRUE = re.compile(r"true|1 = 1|'t'|not false")
_FALSE = re.compile(r"false|1 = 0|not true")
_ANY_USER = re.compile(
    r"(\(?select )?(auth\.role\(\)\)? = 'authenticated'(::text)?|auth\.uid\(\)\)? is not null"
    r"|auth\.jwt\(\)\)?( ->> ?'sub'(::text)?\)?)? is not null)"
    r"|exists ?\(select [\w.*]+ from (?:auth\.)?(?:users|profiles|user_profiles)( \w+)? where (\w+\.)?(id|user_id)"
    r" = \(?(select )?auth\.uid\(\)\)?\)"
)
_CALLER = re.compile(
    r"auth\.uid\(|auth\.jwt\(|auth\.email\(|current_user|session_user|current_setting|foldername|owner|has_role|is_admin"
    r"|is_\w+\(|can_\w+\("
)
_OWN = re.compile(r"auth\.uid\(\)\)* = \(*[\w.\"]+|(?<![\w.\"])[\w.\"]+ = \(*(?:select )?auth\.uid\(\)")
_SELECT = re.compile(r"\(select (?!auth\.)")
# what asks nothing by itself; any other function may know the caller
_PLAIN = frozenset(
    "exists in any all and or not select where coalesce lower upper trim length char_length now count max min sum abs"
    " array unnest jsonb_typeof nullif date_trunc cast extract interval array_length cardinality from values".split()
)


def alternatives(condition: str) -> tuple[str, ...]:
    """The parts between the `or`s that are not inside parentheses; outer parentheses are left out."""
    text = _bare(condition)
    parts, depth, start = [], 0, 0
    for m in re.finditer(r"[()]|'(?:[^']|'')*'|\bor\b", text):
        depth += (m[0] == "(") - (m[0] == ")")
        if m[0] == "or" and not depth:
            parts.append(text[start : m.start()])
            start = m.end()
    parts = [*parts, text[start:]]
    if len(parts) == 1:
        return (text,)
    return tuple(a for p in parts for a in alternatives(p))


def _bare(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Where the parenthesis closes that the text starts with."""
    depth = 0
    for m in re.finditer(r"[()]|'(?:[^']|'')*'", text):
        depth += (m[0] == "(") - (m[0] == ")")
        if depth == 0:
            return m.start()
    return -1


def always_true(condition: str) -> bool:
    return any(_TRUE.fullmatch(a) for a in alternatives(condition))


def true_for_any_user(condition: str) -> bool:
    return any(_ANY_USER.fullmatch(a) for a in alternatives(condition))


def of_own_row(condition: str) -> bool:
    """Whether a column of the row itself is compared with who is calling. What a `select` in it compares is of another
    row: of the caller's team, of the caller's rights."""
    return _OWN.search(_apart_from_selects(condition)) is not None


def _apart_from_selects(text: str) -> str:
    out, at = "", 0
    for m in _SELECT.finditer(text):
        if m.start() >= at:
            end = m.start() + _closes(text[m.start() :])
            out, at = f"{out}{text[at : m.start()]}()", end + 1 if end > m.start() else len(text)
    return out + text[at:]


def asks_caller(text: str) -> bool:
    return _CALLER.search(text) is not None


def asks_nothing(condition: str) -> bool:
    """Whether an alternative says something of the row alone, so that it holds for whoever calls."""
    for part in alternatives(condition):
        calls = set(re.findall(r"([\w.]+) ?\(", part))
        constant = _TRUE.fullmatch(part) or _FALSE.fullmatch(part) or _ANY_USER.fullmatch(part)
        if part and not constant and not asks_caller(part) and "auth." not in part and calls <= _PLAIN:
            return True
    return False
