"""What rules may ask of a function or a view in the database."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.codes import asks_for_code
from vibeaudit.survey.policy_conditions import asks_caller


@predicate("function", "runs with its owner's rights")
def _(s: Subject) -> bool:
    return s.function.kind == "function" and s.function.definer


@predicate("function", "fixes its search path")
def _(s: Subject) -> bool:
    return s.function.search_path


_NAMES = re.compile(
    r"\b(?:from|join|into|update|perform|call|execute)\s+(?!strict\b)(?!\d)[\"\w]"
    r"|(?<![.\w])(?!(?:if|and|or|not|in|values|any|all|array|exists|coalesce|now|length|substr|substring|upper|lower"
    r"|random|floor|round|count|sum|max|min|replace|trim|position|left|right|to_char|nullif|greatest|least|concat"
    r"|md5|encode|decode|extract|cast|row|char_length|ceil|abs|format|numeric|varchar|char|decimal|gen_random_uuid"
    r"|regexp_replace|regexp_match|split_part|jsonb_build_object|json_build_object|to_jsonb|interval|over|elsif|while"
    r"|when|then|return|case|else|using|with|as|exit|loop|select|where|set)\b)[a-z]\w*\s*\(",
    re.IGNORECASE,
)


@predicate("function", "names what others could put in its way")
def _(s: Subject) -> bool:
    """Tables, types and functions without their schema. What PostgreSQL itself brings is always found first."""
    return bool(_NAMES.search(re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", s.function.body)))


@predicate("function", "runs text as SQL")
def _(s: Subject) -> bool:
    return bool(
        re.search(
            r"\bexecute\s+(?!format|immediate|function|procedure|on\b|'|\$)(\w+)\s*(;|into|using|$)"
            r"|\bexecute\s+'(?:[^']|'')*'\s*\|\|\s*(?!quote_|format)\w+(?!\w*\()|\bexecute\s+format\([^)]*%s",
            s.function.body,
            re.IGNORECASE,
        )
    ) and s.function.returns not in ("trigger", "event_trigger")


@predicate("function", "callable by visitors")
def _(s: Subject) -> bool:
    supabase = any(t.store == "supabase" for t in s.app.tables) or any(
        "supabase" in f.path.parts for f in s.snapshot.files
    )
    exposed = "." not in s.function.name and s.function.returns not in ("trigger", "event_trigger")
    return supabase and exposed and not {"public", "anon"} & set(s.function.revoked)


@predicate("function", "changes rows")
def _(s: Subject) -> bool:
    return bool(re.search(r"\b(insert\s+into|update\s+[\w.\"]+\s+set|delete\s+from)\b", s.function.body, re.IGNORECASE))


@predicate("function", "asks who is calling")
def _(s: Subject) -> bool:
    return asks_caller(s.function.body.lower())


@predicate("function", "asks for a code")
def _(s: Subject) -> bool:
    return asks_for_code(s.function.body)


_HIGH_ROLE = r"(?:'(?:admin|administrator|super_?admin|owner|staff|moderator)'|\btrue\b)"
_GIVES_ROLE = re.compile(
    rf"insert\s+into\s+[\w.\" ]*(?:role|admin|staff)\w*[\"\s]*\([^;]*\bauth\s*\.\s*uid\b[^;]*{_HIGH_ROLE}"
    rf"|update\s+[\w.\" ]+?\s+set\b[^;]*\b(?:role|is_admin|is_staff|is_superuser)\s*=\s*{_HIGH_ROLE}"
    r"[^;]*\bauth\s*\.\s*uid\b",
    re.IGNORECASE,
)
_NOBODY_THERE = re.compile(r"\bif\s+auth\s*\.\s*uid\s*\(\s*\)\s+is\s+null\b|\bend\s+if\b", re.IGNORECASE)
_ASKS_FIRST = re.compile(r"\bif\b|\bcase\b|\bexists\b|\bhas_\w+\s*\(|\bis_\w+\s*\(", re.IGNORECASE)


@predicate("function", "gives its caller a high role")
def _(s: Subject) -> bool:
    """Makes whoever calls it an administrator, and asks nothing but that somebody is signed in."""
    body = _NOBODY_THERE.sub(" ", s.function.body)
    return bool(_GIVES_ROLE.search(body)) and not _ASKS_FIRST.search(body)


_TAKES_NOTHING = re.compile(r"\bfunction\s+[\w.\"]+\s*\(\s*\)", re.IGNORECASE)
_OF_TIME = re.compile(
    r"[<>]=?\s*\(?\s*(?:now\(\)|current_(?:date|timestamp)|localtimestamp)|(?:now\(\)|current_(?:date|timestamp))\s*(?:[<>]|-\s*interval)|-\s*now\(\)",
    re.IGNORECASE,
)


@predicate("function", "housekeeping")
def _(s: Subject) -> bool:
    """Takes nothing from its caller and only touches what time has passed: called by a stranger, it does what
    the schedule would have done."""
    at = s.function.location
    file = s.snapshot.file(at.path)
    head = "\n".join(file.line(n) for n in range(at.line, at.line + 4)) if file else ""
    return bool(_TAKES_NOTHING.search(head)) and bool(_OF_TIME.search(s.function.body))


@predicate("function", "a view that skips row-level security")
def _(s: Subject) -> bool:
    if s.function.kind != "view" or not s.function.definer or "." in s.function.name:
        return False
    guarded = {t.name for t in s.app.tables if t.rls is True}
    return any(re.search(rf"\b(from|join) (public \. )?{re.escape(n)}\b", s.function.body) for n in guarded)
