"""The token of a form, kept in the session or a cookie and compared with what a page sends: it tells the page's own
requests from forged ones, and says nothing of who calls."""

from __future__ import annotations

import re

_NAMED = re.compile(r"[cx]srf", re.IGNORECASE)
_KEPT = re.compile(
    r"""\b(?:session|cookies?)\b(?:\(\))?\??(?:\.get\(\s*|\[\s*)['"](?P<key>[\w-]{1,60})['"]
      | \b(?:session|cookies)\??\.(?!get\b)(?P<member>\w{1,60})\b""",
    re.VERBOSE,
)
# what the session holds about somebody, or what was sent to them to be typed in again
_OF_SOMEBODY = re.compile(
    r"user|uid|account|login|logged|admin|auth|role|email|name|phone|otp|code|pin|captcha|session|sid|jwt|member|owner|access"
    r"|refresh|bearer|(?:^|_)(?:id|me|key|secret)$|Id$",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?<![=!<>])[!=]==?(?!=)|\b(?:compare_digest|timingSafeEqual|constant_time_compare)\b")
_TOKEN = re.compile(r"token|nonce|form|state|^_{0,2}t$|stamp|seal|guard|forg", re.IGNORECASE)


def kept(text: str) -> bool:
    """Whether an expression is a token of the session's or of a cookie that belongs to no account."""
    if _NAMED.search(text):
        return True
    keys = [m["key"] or m["member"] for m in _KEPT.finditer(text)]
    return any(_TOKEN.search(k) and not _OF_SOMEBODY.search(k) for k in keys)


def compared(condition: str) -> bool:
    """Whether a condition compares such a token with what was sent."""
    return bool(_COMPARED.search(condition)) and kept(condition)


# `session.page = session.page || fresh()`, `if (!session.page) session.page = fresh()`: made for whoever comes
_MINTED = re.compile(
    r"""\bsession\??\.(?P<key>\w{1,40})\s*(?:\|\|=|\?\?=|=\s*(?:\w+\.)?session\??\.(?P=key)\s*(?:\|\||\?\?))
      | !\s*(?:\w+\.)?session\??\.(?P<empty>\w{1,40})\s*\)\s*\{?\s*(?:\w+\.)?session\.(?P=empty)\s*=(?!=)""",
    re.VERBOSE,
)
_ASKS_METHOD = re.compile(r"\b(?:req|request|ctx|c)\.method\b")
_SENT = re.compile(r"\b(?:body|headers?|query)\b|\.get\(\s*['\"]x-", re.IGNORECASE)


def checks_form(text: str) -> bool:
    """Whether a body gives everybody's session a token of its own and compares what changes something with it, under
    whatever name: who calls it does not ask."""
    minted = {m["key"] or m["empty"] for m in _MINTED.finditer(text)}
    made = any(not _OF_SOMEBODY.search(k) for k in minted)
    return made and all(p.search(text) for p in (_ASKS_METHOD, _SENT, _COMPARED))
