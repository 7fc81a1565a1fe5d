"""What rules may ask of tokens in the database: kept as they are, made of guessable numbers, copied into a log."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.words import words

_TOKENS = re.compile(r"^((session|access|refresh|reset|verification|magic)_)?token$")
_HOLDS = frozenset("reset resets session sessions refresh verification magic recovery".split())
_OTHER = frozenset("csrf push device fcm next auth chat game".split())
_HASHED = re.compile(r"hash|digest|encrypted")


@predicate("table", "keeps tokens that open accounts as they are")
def _(s: Subject) -> bool:
    """A table of the app's own for sessions or resets, with a column for the token and none for its hash."""
    table = s.table
    if table is None or not words(table.name) & _HOLDS or words(table.name) & _OTHER or "." in table.name:
        return False
    if any(_HASHED.search(c) for c in table.columns) or "provider" in table.columns:
        return False
    people = any(c in ("user_id", "userid", "account_id", "email", "profile_id") for c in table.columns)
    return people and any(_TOKENS.match(c) for c in table.columns) and not _filled_with_hashes(s)


def _filled_with_hashes(s: Subject) -> bool:
    """A function of the database digests what it looks for there."""
    name = re.compile(rf"\b{re.escape(s.name)}\b")
    digests = re.compile(r"\b(?:digest|crypt|sha256|hmac)\s*\(", re.IGNORECASE)
    return any(name.search(f.body) and digests.search(f.body) for f in s.app.database_functions)


_RANDOM = re.compile(r"(?<![\w.])random\s*\(\s*\)", re.IGNORECASE)
_SECRETS = frozenset("token code secret password otp key invite coupon voucher pin".split())


@predicate("function", "makes secrets of guessable numbers")
def _(s: Subject) -> bool:
    """`random()` can be foretold from a few of its numbers; extensions of pgcrypto cannot."""
    function = s.function
    if function.kind != "function" or not _RANDOM.search(function.body):
        return False
    picks = re.search(r"\b(?:substr(?:ing)?|chr|md5|to_hex|floor|lpad)\s*\(", function.body, re.IGNORECASE)
    return bool(picks) and bool(words(function.name) & _SECRETS)


_COPIES = re.compile(r"\b(?:to_jsonb|row_to_json|to_json|hstore)\s*\(\s*(?:new|old)\s*\)(?!\s*(?:-|->))", re.IGNORECASE)
_SECRET = re.compile(r"password(_?hash)?|hashed_password|\w*_token|\w*secret\w*|api_key|ssn|tax_id|iban|card_number")


@predicate("function", "copies rows with secrets into a log")
def _(s: Subject) -> bool:
    """A trigger's function that writes whole rows elsewhere, and hangs on a table that holds passwords or tokens."""
    function = s.function
    if function.returns != "trigger" or not _COPIES.search(function.body) or "insert" not in function.body.lower():
        return False
    return any(_hangs_on(s, t.name) for t in s.app.tables if any(_SECRET.fullmatch(c) for c in t.columns))


def _hangs_on(s: Subject, table: str) -> bool:
    name, function = (re.escape(n.rsplit(".", 1)[-1]) for n in (table, s.function.name))
    made = re.compile(
        rf"\bcreate\s+(?:or\s+replace\s+)?trigger\b[^;]*\bon\s+(?:\"?public\"?\.)?\"?{name}\"?\s[^;]*\bexecute\s+"
        rf"(?:function|procedure)\s+(?:\"?public\"?\.)?\"?{function}\b",
        re.IGNORECASE,
    )
    return s.in_sql(made)


_LOCKS = re.compile(
    r"\bset\s[^;]*\b(?:locked(?:_until|_at)?|lockout_until|is_locked|account_locked)\s*=\s*(?:now\(\)|true|current_)",
    re.IGNORECASE,
)


@predicate("function", "locks accounts")
def _(s: Subject) -> bool:
    return bool(_LOCKS.search(s.function.body))
