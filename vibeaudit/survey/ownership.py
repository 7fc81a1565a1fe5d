"""Whether a query asks whose row it is: by its own condition, or by what the handler does with the row."""

from __future__ import annotations

import re
from collections.abc import Collection

_COLUMN = (
    r"user_?id|owner_?id|author_?id|account_?id|created_?by|owner|tenant_?id|org(?:anization)?_?id|team_?id"
    r"|workspace_?id|member_?id|customer_?id|profile_?id|uid"
)
_OWNER = re.compile(
    rf"\b({_COLUMN})\b|session\b|\breq\.user|\bc\.(get|var)\b|\bctx\.(user|state)|current_?user|request\.user|auth\.uid"
    r"|getUser(?:Id)?\b(?:\(\s*(?:\)|req|ctx|event|\w*token|c\b|headers|cookie)|(?!\())|getUser(?:Id)?(?:From|Or|Session|Auth)"
    r"|\bg\.user|\buser\??\.\w*id\b|\buserId\b|\blocals\.(?:user|me|viewer|account|member|customer|currentUser)\b",
    re.IGNORECASE,
)
# A helper that decides: `await assertCanAccess(id)`, `if not is_owner(...)`, a role that is asked for.
_DECIDES = re.compile(
    r"\b(?:\w*_)?can_\w+|(?-i:\bcan[A-Z]\w*|[a-z]Can[A-Z]\w*)"  # not `cancel`, `vacancy`
    r"|\b\w*(has_?(access|permission|role)|is_?(admin|owner|author|creator|mine|member|allowed)|check_?(access|owner|permission)"
    r"|authori[sz]e\w*|verify_?(owner|access)\w*|ensure_?(owner|access)\w*|require_?(owner|access|role|admin)\w*"
    r"|assert_?\w*(access|owner|permission)\w*|permission\w*|ownership|policy)\b"
    r"|(?<![a-zA-Z])ability\b|(?-i:Ability\b)"  # not `availability`
    r"|\.role\b|\brole\s*[!=]==?",
    re.IGNORECASE,
)
_ASKS_WHO = r"[\w.]*(?:session|auth|user|token|claims|identity|verif|principal)\w*"
# `const session = await getSession()`: who is calling, not whose row it is
_FETCHED = re.compile(
    rf"(?:\b(?:const|let|var)\s+)[^=;\n]{{1,200}}=\s*(?:await\s+)?{_ASKS_WHO}\([^;\n]*(?:;|\n)", re.IGNORECASE
)
# `if (!session) return ...`: somebody is signed in, whoever it is
_PRESENT = re.compile(
    r"\bif\s*\(\s*(?:\w*[eE]rr\w*\s*\|\|\s*)?![\w.?\[\]]+(?:\s*\|\|\s*(?:!?[\w.?\[\]]+))*\s*\)\s*(?:\{[^{}]{0,400}\}|[^\n;]{0,300};?)"
)
_PRESENT_PY = re.compile(
    r"^[ \t]*if\s+(?:not\s+[\w.]+|[\w.]+\s+is\s+None)\s*:[^\n]*\n(?:[ \t]+(?:raise|return|abort)\b[^\n]*\n)?",
    re.MULTILINE,
)
# The database's session is nobody's session.
_DATABASE = re.compile(
    r"\b(?:self\.)?(?:db_?|async_?)?session\.(?=(?:get|exec\w*|query|scalars?|add\w*|commit|refresh|delete|flush|rollback|close)\b)",
    re.IGNORECASE,
)
_LOGGED = re.compile(r"\b(?:console|logger|log|logging)\.\w+\([^\n]*\)")
# a join says how rows belong together, not to whom
_JOINED = re.compile(
    r"\b(?:localField|foreignField|from|as|ref|path|populate|include|select|attributes)\s*[:(]\s*['\"`][^'\"`\n]*['\"`]"
    r"|['\"]\$\w+(?:\.\w+)*['\"]"
)
# `include: { owner: true }`: what comes along, unless it is narrowed itself
_ALONG = re.compile(
    r"\b(?:include|relations|select|with)\s*:\s*(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\[[^\[\]]*\])",
    re.IGNORECASE,
)
# Drizzle: the columns that a query shows, and how its tables hang together: neither says whose rows they are
_SHOWN = re.compile(
    r"(?<=\.select)\(\s*\{[^{}]*\}\s*\)|(?<=\.selectDistinct)\(\s*\{[^{}]*\}\s*\)"
    r"|\.(?:inner|left|right|full)Join\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
)
# `user_id: address.user_id`: the row's own owner, whoever that is
_OF_THE_ROW = re.compile(
    rf"\b({_COLUMN})\s*:\s*(?!(?:req|request|ctx|c|user|me|session|auth|current\w*|decoded|payload|token|claims|locals|this|self)\b)"
    r"\w+\.\1\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    rf"(?:['\"]?\b(?:{_COLUMN})\b['\"]?)\s*(?:,|:|={{1,3}})\s*(?P<value>[\w.\[\]'\"?!]+(?:\([\w.\[\]'\"?!]*\))?)"
    rf"|(?:\{{|,)\s*(?P<short>{_COLUMN})\s*(?=[,}}])",
    re.IGNORECASE,
)

# `programId: enrollment.programId`: a row of something that the server chose
_FOREIGN_KEY = re.compile(r"\b\w+(?:Id|_id)\b['\"]?\s*(?:,|:|==)\s*(?=(?P<value>[A-Za-z_][\w.?!]*))")
_FROM_CALLER = frozenset(
    "params body query req request ctx c event searchParams data input payload values parsed validated result form args"
    " variables json".split()
)


_SIGNED_IN = re.compile(
    r"(?:\w+\.)?(?:user|session|auth|currentUser|current_user)\b[?!]?\."
    # what the app itself hangs on the request
    r"|(?:req|request|ctx|context|c|event|(?:\w+\.)?locals)\??\.(?:viewer|member|account|me|profile|customer|identity|principal)\b[?!]?\."
)


def bound_by(chain: str, body: str, params: Collection[str]) -> str:
    """`caller`, `id` or `none`. `chain` is the query's text, `body` the handler's, `params` what the caller chose."""
    chosen = [p for p in params if p]
    whole, chain = chain, _SHOWN.sub(" ", chain)
    if _belongs_to_server_value(chain, chosen):
        return "caller"
    whose = _given_by_caller(chain, chosen)
    if not whose and _OWNER.search(without_words(_plain(chain), chosen)):
        return "caller"
    others = _AFTERWARDS.sub(_unless_asking, _THERE.sub("if", _plain(body.replace(whole, " "))))
    if _DECIDES.search(without_words(others, chosen)):
        return "caller"
    if whose:  # what else is asked for the caller says nothing of whom the caller names here
        told = (line for line in body.splitlines() if line.strip() not in whole)
        others = _plain("\n".join(line for line in told if set(re.findall(r"\w+", line)) & set(chosen)))
    if _OWNER.search(without_words(others, chosen)):
        return "caller"
    return "id" if any(re.search(rf"\b{re.escape(p)}\b", chain) for p in chosen) else "none"


def _unless_asking(said: re.Match[str]) -> str:
    return said[0] if _ASKS.search(said[0].partition("=")[2] or said[0]) else " "


def _belongs_to_server_value(chain: str, params: Collection[str]) -> bool:
    """The query asks for the rows of something that is not the caller's choice."""
    for m in _FOREIGN_KEY.finditer(chain):
        root, dot, _ = m["value"].partition(".")
        if dot and root.rstrip("?!") not in _FROM_CALLER and root.rstrip("?!") not in params:
            return True
    return False


def _given_by_caller(chain: str, params: Collection[str]) -> bool:
    """The query asks for an owner, and the caller says which: `.eq("user_id", userId)` with userId from the body."""
    values = [m["value"] or m["short"] for m in _COMPARED.finditer(chain)]
    given = [v for v in values if set(re.findall(r"\w+", v)) & set(params) and not _SIGNED_IN.match(v)]
    return bool(given) and len(given) == len(values)


# what a handler does with the caller after the row: puts something into the session, answers, says thank you
_AFTERWARDS = re.compile(
    r"\b(?:req|request|ctx)\.session(?:\??\.\w+|\[[^\]\n]{1,60}\]){1,4}\s*=(?!=)[^;\n]{0,300}"
    r"|\b(?:req|request|ctx)\.(?:session\.(?:save|destroy|touch|reload)|flash)\([^;\n]{0,300}"
    r"|\bres(?:ponse)?\.(?:status\(\d+\)\.)?(?:render|json|send)\([^;]{0,600}?\)\s*;"
)
_THERE = re.compile(
    r"\bif\s*\(\s*!{0,2}[\w.?\[\]]{1,60}(?:\s*[!=]==?\s*(?:undefined|null))?\s*\)"
)  # somebody is signed in
_ASKS = re.compile(r"[=!]==?|\?[^.]|\.(?:filter|find|some|every|map)\(")


def _plain(text: str) -> str:
    """Without what only says that somebody is signed in, and without the log."""
    for pattern in (_JOINED, _LOGGED, _DATABASE, _FETCHED, _PRESENT, _PRESENT_PY, _OF_THE_ROW):
        text = pattern.sub(" ", text)
    return _ALONG.sub(lambda m: m[0] if "where" in m[0] else " ", text)


def without_presence(text: str) -> str:
    """The text without what only asks whether somebody is signed in."""
    return _plain(text)


def without_words(text: str, params: Collection[str]) -> str:
    """The text without these names."""
    for name in params:
        text = re.sub(rf"\b{re.escape(name)}\b", " ", text)
    return text


def decides(text: str) -> bool:
    """Whether a condition, or the name of a helper, asks for a right, a role or an owner."""
    return _DECIDES.search(text) is not None


def owner_column(text: str) -> bool:
    """Whether a name is that of a column which says whose a row is."""
    return re.fullmatch(rf"['\"]?(?:\w+\.)?(?:{_COLUMN})['\"]?", text, re.IGNORECASE) is not None
