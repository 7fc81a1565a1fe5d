"""Handlers at which a stranger can try one password, or one code, after another."""

from __future__ import annotations

import re

from vibeaudit.model import Route
from vibeaudit.survey.codes import asks_for_short_code
from vibeaudit.survey.words import PASSWORDS_ABROAD, words

_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_LAST = frozenset(
    "forgotten"
    " login signin otp forgot forgotpw forgotpass forgotpassword resetpw resetpass resetpassword passcode magic".split()
)
_ELSEWHERE = frozenset(
    "google facebook apple github gitlab microsoft azure twitter linkedin discord oauth saml sso".split()
)
_NOT_THE_TRY = frozenset("done sent complete success failed callback redirect page".split())
# the app's own sign-in view: nothing of its body is in the app
_LIBRARY_VIEW = re.compile(
    r"(^|\.)(LoginView|PasswordResetView|Token(?:ObtainPair|ObtainSliding)View|obtain_(?:auth|jwt)_token)\b"
)
# the app's own class on top of such a view: `class TokenView(TokenObtainPairView)`
_ON_LIBRARY_VIEW = re.compile(
    r"^class \w+\([^)]*\b(?:LoginView|PasswordResetView|Token(?:ObtainPair|ObtainSliding)View|ObtainAuthToken)\b"
)
# serializers of Django's REST framework that check the password themselves
_JUDGING_SERIALIZER = re.compile(
    r"(?i)\b\w*(?:log_?in|sign_?in|auth|authenticat\w+|token_?obtain\w*)_?serializers?\(\s*data="
)
_OWN_KEY = re.compile(r"(?i)webauthn|fido_?2|passkeys?\b")  # a device signs the app's challenge: nobody guesses that
# a token that the app signed: nobody guesses it
_BASIC = re.compile(r"(?i)\bbasic_?auth|HTTPBasic")
_SIGNED = re.compile(
    r"(?i)\b(?:verify|confirm|check|validate|load|decode|read)_?\w*token\w*\(|\.loads\(|\bjwt\.verify\("
)
_LINKED = re.compile(r"(?i)\.(?:reset_?)?(?:token|hash)\b")
_SECRET = rf"(?:\w*passw(?:or)?d?\w*|\w*passwd|pwd|pw|passphrase|\w*{PASSWORDS_ABROAD}\w*|mdp|pass)"
_WHO = re.compile(r"(?i)\b\w*(?:user_?name|user_?id|e_?mail|login|phone|mobile|name|user)\b")
_COMPARES = re.compile(
    r"\bauthenticate\s*\((?!\s*\w*\s*\))"
    r"|\b(?:check_?[pP]assword\w*|verify_?[pP]assword\w*|compare_?passwords?|validate_?password_?hash|matchPassword"
    r"|isValidPassword|validPassword|checkpw|check_password_hash|compareSync)\s*\("
    r"|\b(?:bcrypt\w*|argon\w*|pwd_context|hasher|crypt\w*|ph)\.(?:compare|verify|check)\w*\("
    r"|\.comparePassword\(|\.compare\(\s*\w*\.?passw"
    rf"|\b(?:compare_digest|timingSafeEqual|constant_time_compare)\([^;\n]{{0,200}}?(?i:\b{_SECRET})\b"
    rf"|\b(?:filter|filter_by|objects\.get|find_one|findOne|findFirst|findUnique)\([^;()]{{0,200}}?['\"]?\b{_SECRET}['\"]?\s*[:=](?!=)"
    rf"|\b(?i:where)\b[^;]{{0,200}}\b(?i:{_SECRET})\s*=",
)
_EQUAL = re.compile(rf"(?i)\b(?P<left>[\w.\[\]'\"]*{_SECRET}['\"\]]*)\s*(?:===?|!==?)\s*(?P<right>[\w.\[\]'\"$@!#-]+)")
_AGAIN = re.compile(
    r"(?i)confirm|again|repeat|retype|2\b|cpass|verify|new|undefined|null|none|''|\"\"|length|true|false|^['\"]?string|^0"
)
_HANDED = re.compile(
    r"(?i)\.?\b(?:log_?in|sign_?in|authenticate|validate_?(?:user|login)|keygen|get_?token)\w*\([^()]{0,200}\b"
    + _SECRET
    + r"\b"
)
_LOGIN_OF = re.compile(
    r"(?:login|signin)(?:users?|admins?|staff|students?|teachers?|customers?|sellers?|doctors?|patients?|members?)"
)
_TOKEN_LAST = re.compile(r"[<:{\[][^/]*token[^/]*/?$", re.IGNORECASE)
_COMMENT = re.compile(r"(?:(?<=\s)|^)(?:#|//)[^\n]*|/\*[\s\S]*?\*/", re.MULTILINE)
_LOCKS = re.compile(
    r"(?i)attempts|token_?bucket|lock_?out|locked_?(?:until|at)|is_?locked|too many|\b429\b|failed_?logins?|cool_?down"
    r"|failures? *[+<>]"
)
_KNOWN_ALREADY = re.compile(
    r"(?i)\b(?:old|current|existing|present)_?(?:pass|pw)|(?:request\.user|current_user|req\.user)\.(?:check_?password|comparePassword)"
)
_OPENS = re.compile(
    r"(?i)^(?:\w*\.)?\w*(?:register|sign_?up|create_?(?:user|account)|add_?user|new_?user|change|update|edit|delete)\w*$"
)


def lets_callers_guess(route: Route, text: str) -> bool:
    """Whether the handler (`text` is its source) checks a password or a code for somebody who is not signed in yet."""
    text = without_comments(text)
    if _LIBRARY_VIEW.search(route.handler):
        return not _says_done(route)
    if _OWN_KEY.search(text) and not re.search(r"(?i)passw|\botp\b|\bpin\b", text):
        return False
    if route.body is None or _LOCKS.search(text) or (set(route.methods) <= _READING and not _reads_form(text)):
        return False
    if _ON_LIBRARY_VIEW.search(text) and not _says_done(route):
        return True
    if _JUDGING_SERIALIZER.search(text) or "OAuth2PasswordRequestForm" in text or _gives_token_for_password(route):
        return True
    if _named_so(route) or _mails_reset(route):
        if "reset" in words(route.path) and _SIGNED.search(text) and not compares(_SIGNED.sub(" ", text)):
            return False
        if "reset" in words(route.path) and route.framework == "nest" and _LINKED.search(text):
            return False  # its controller hands on what a mailed link holds
        return bool(
            _takes_password(route, text)
            or route.effects & {"reads-store", "sets-session", "sends-mail", "writes-store"}
            or compares(text)
            or "passport.authenticate" in text
            or any(g.name == "passport.authenticate" for g in route.guards)
        )
    if any(g.kind == "authentication" and g.how in ("middleware", "decorator", "dependency") for g in route.guards):
        return False
    if _TOKEN_LAST.search(route.path) and not re.search(r"(?i)passw|\bpwd\b", text):
        return False  # the long token of a mailed link, which nobody guesses
    if _lets_in(route, text) or _takes_code(route):
        return True
    return asks_for_short_code(text) or (compares(text) and not _OPENS.match(route.handler.rsplit(".", 1)[-1]))


_CODE_SENT = re.compile(
    r"(?i)^(?:\w*otp(?:_?code)?|code|pass_?code|pin(?:_?code)?|(?:verif\w*|reset|login|confirm\w*|sms|auth)_?code)$"
)
_WHOSE = re.compile(r"(?i)^(?:\w*e?_?mail|phone(?:_?(?:no|number))?|mobile\w*|user_?(?:id|name)|id)$")


def _takes_code(route: Route) -> bool:
    """`POST /auth/verify` with an address and a short code, whoever compares them."""
    if route.public_reason != "login" or not set(route.methods) & {"POST", "PUT", "PATCH"}:
        return False
    named = [p.name for p in route.parameters if p.source in ("body", "form")]
    return any(_CODE_SENT.match(n) for n in named) and any(_WHOSE.match(n) for n in named)


def _mails_reset(route: Route) -> bool:
    """`POST /reset`, which sends a mail to whoever is named, as often as it is asked."""
    last = words(route.path.rstrip("/").rsplit("/", 1)[-1])
    guarded = any(g.kind == "authentication" for g in route.guards)
    return last == {"reset"} and "sends-mail" in route.effects and "POST" in route.methods and not guarded


_ADDS = re.compile(r"\.(?:create|save|insert\w*|findOrCreate|add)\(")


def _lets_in(route: Route, text: str) -> bool:
    """A form with a password that puts somebody who is found into the session, whatever compares it."""
    known = {"sets-session", "reads-store"} <= route.effects and set(route.methods) == {"POST"}
    return known and re.search(rf"(?i)\b{_SECRET}\b", text) is not None and not _ADDS.search(text)


def _gives_token_for_password(route: Route) -> bool:
    """`POST /tokens` behind HTTP Basic: the guard compares the password, the handler only makes the token."""
    last = words(route.path.rstrip("/").rsplit("/", 1)[-1])
    basic = any(_BASIC.search(g.name) for g in route.guards if g.kind == "authentication")
    return basic and bool(last & {"token", "tokens", "session", "sessions", "auth"}) and "DELETE" not in route.methods


def _takes_password(route: Route, text: str) -> bool:
    """Whether it is sent a password or an address, whatever becomes of it. Guards of NestJS check it before."""
    return not set(route.methods) & {*_READING, "ANY"} and (
        route.framework == "nest" or re.search(r"(?i)passw|e_?mail", text) is not None
    )


def locks_out(text: str) -> bool:
    """Whether a handler counts the tries, or stops who tries too often."""
    return _LOCKS.search(without_comments(text)) is not None


def without_comments(text: str) -> str:
    return _COMMENT.sub("", text)


def _reads_form(text: str) -> bool:
    return bool(re.search(r"\b(?:request|self\.request)\.(?:POST|form)\b", text))


def _says_done(route: Route) -> bool:
    return bool(words(route.path) & _NOT_THE_TRY)


def _named_so(route: Route) -> bool:
    """The path of a sign-in or a reset, whatever the body does: nobody is signed in there."""
    parts = [p for p in route.path.split("/") if p]
    said = words(" ".join(parts[-2:]))
    if (
        said & _NOT_THE_TRY
        or words(route.path) & _ELSEWHERE
        or (parts and "token" in parts[-1].lower() and parts[-1][0] in "<:{[")
    ):
        return False  # a page after the try, or the link of a mail, which nobody guesses
    guarded = any(g.kind == "authentication" and g.name != "passport.authenticate" for g in route.guards)
    last = words(parts[-1]) if parts else frozenset()
    if last & {"login", "signin", "authenticate"} or {"sign", "in"} <= last or {"log", "in"} <= last:
        return True
    if any(_LOGIN_OF.fullmatch(w) for w in last):
        return True
    return not guarded and bool(
        said & _LAST
        or {"password", "reset"} <= said
        or {"pass", "reset"} <= said
        or {"verify", "code"} <= said
        or _recovers(said)
    )


def _recovers(said: frozenset[str]) -> bool:
    return bool(said & {"password", "account"} and said & {"recover", "recovery"})


def compares(text: str) -> bool:
    """Whether a name and a password of the caller are held against what is stored."""
    if not _WHO.search(text) or _KNOWN_ALREADY.search(text):
        return False
    if _COMPARES.search(text) or _HANDED.search(text):
        return True
    return any(
        not _AGAIN.search(m["left"] + " " + m["right"]) and not _AGAIN.match(m["right"]) for m in _EQUAL.finditer(text)
    )
