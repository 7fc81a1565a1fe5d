"""Codes that a caller must know, instead of being signed in: one-time codes, invitations, the tokens of links."""

from __future__ import annotations

import re

_KINDS = (
    r"(?:otp|one_?time|verif\w{0,8}|access|invit\w{0,5}|user|registration|reset|recovery|confirm\w{0,6}|magic|login|sign_?in"
    r"|auth|claim|share|download|unsubscribe|cancel\w{0,6}|edit|manage|guest|licen[cs]e|activation|join|pairing|backup|2fa|mfa)"
)
_SECRET = rf"(?:{_KINDS}_?(?:code|token|key)|otp(?:_?code)?|passcode|pin(?:_?code)?|code|token)"
_LOOKED_UP = re.compile(
    rf"\.eq\(\s*['\"]{_SECRET}['\"]\s*,(?!\s*['\"])"
    rf"|\b(?:where|and)\s+(?:\w+\.)?{_SECRET}\s*=\s*(?:\$\d|\?|:\w|%s|_?p?_?\w+)",
    re.IGNORECASE,
)
_SHORT = r"(?:(?:\w+_?)?(?:otp|passcode|pin)(?:_?code)?" + (
    r"|(?:verif\w{0,8}|login|reset|confirm\w{0,6}|sms|one_?time|access)_?code)"
)
_PERSON = r"(?:e?_?mail|phone|user)\w*['\"]?\s*[,:=][^{}()]*?"
_WITH_ROW = re.compile(  # `where: { email, code }`, `filter(email=email, otp=otp)`
    rf"\b(?:where\s*:|find(?:_?One|First|Unique)\w*\()\s*\{{[^{{}}]*?(?<![.\w$])(?:{_SHORT}|{_PERSON}\bcode)['\"]?\s*[,:}}]"
    # `find({ activationToken: req.body.code })`: what the caller sent, against the column that keeps it
    rf"|\bfind(?:One|First|Unique)?\w*\(\s*(?:\{{\s*where\s*:\s*)?\{{[^{{}}]*?['\"]?\b(?:\w+\.)?{_KINDS}_?(?:code|token|key)['\"]?\s*:"
    rf"\s*(?:req|request|ctx\.request)\.(?:body|params|query)\b"
    rf"|\b(?:filter|filter_by|objects\.get)\([^(){{}}]*?\b(?:{_SHORT}|{_PERSON}\bcode)\s*=(?!=)",
    re.IGNORECASE,
)
_COMPARED = re.compile(  # not `error.code === ErrorCode.NotFound`
    rf"\b(?!e\b|ex\b|\w*err\w*\b|res\w*\b)\w+\??\.{_SECRET}\s*[!=]==?\s*\w*(?:code|token|otp|pin|key)\w*\b(?!(?-i:\.[A-Z]))",
    re.IGNORECASE,
)
_TYPED = re.compile(r"otp|one_?time|pass_?code|\bpin\b|pin_?code|code['\"\s!=,]", re.IGNORECASE)
_SENT_CODE = re.compile(  # `request.form["code"]`
    r"\b(?:form|json|data|args|POST|body|payload|get_json\(\))(?:\.get\(|\[|\.)"
    r"\s*['\"]?(?:otp|pin|code|pass_?code)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"\b40[0134]\b|invalid|not valid|not accepted|expired|incorrect|wrong|\bthrow\b|\braise\b", re.IGNORECASE
)
# codes that are printed on posters, and codes of countries
_NO_SECRET = re.compile(
    r"coupon|promo|discount|voucher|referr|affiliate|\bsku\b|countr|currenc|language|\bproducts?\b", re.IGNORECASE
)


def asks_for_code(text: str) -> bool:
    """Whether a handler or a database function goes on only for callers who know a secret of the row that they want."""
    return _asked(text) is not None


def asks_for_short_code(text: str) -> bool:
    """Whether that secret is one that people type, short enough to be tried out."""
    asked = _asked(text)
    return asked is not None and bool(_TYPED.search(asked[0]) or _SENT_CODE.search(text))


def _asked(text: str) -> re.Match[str] | None:
    if not _REFUSES.search(text) or _NO_SECRET.search(text):
        return None
    return _LOOKED_UP.search(text) or _WITH_ROW.search(text) or _COMPARED.search(text)
