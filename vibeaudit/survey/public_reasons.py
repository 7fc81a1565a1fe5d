"""Why a route may be open to everybody: by its path, and by what its handler does and asks."""

from __future__ import annotations

import re

from vibeaudit.model import Guard
from vibeaudit.survey import people
from vibeaudit.survey.code import Module
from vibeaudit.survey.words import words

_LOGIN = frozenset(
    "resetpw forgotpw resetpassword forgotpassword forgotten"
    " login signin signup register registration logout signout forgot reset oauth callback nextauth otp magic sso"
    " recover".split()
)
# these say so only below /auth
_LOGIN_BELOW = frozenset(
    "session sessions refresh token tokens password verification verify confirm activate google github email all auth"
    " microsoft facebook discord code codes".split()
)
_STAFF = frozenset("admin staff manage manager management dashboard office backoffice internal".split())
_ENDS_AS_LOGIN = re.compile(  # one word
    r"^[a-z]{3,12}(?:login|signin|signup|register|registration|logout|signout)$|^(?:login|signin|signup|register)"
    r"(?:users?|staff|students?|teachers?|customers?|sellers?|doctors?|patients?|members?|buyers?|vendors?|employees?)$"
)
_SENDS_CODE = frozenset("send resend request generate".split())
# `/register/customer`
_KINDS = people.plural(people.SERVED | people.TRADES | {"user", "member"})
_DEVICES = frozenset("passkey passkeys webauthn fido fido2".split())
_SIGN_IN_FOLDERS = frozenset(("auth", "authentication", "oauth"))
_CONFIRMS = tuple(
    map(
        frozenset,
        (
            ("verify", "email"),
            ("confirm", "email"),
            ("activate", "confirm"),
            ("activate", "account"),
            ("reactivate", "account"),
        ),
    )
)
_HEALTH = frozenset(
    "health healthz healthcheck ping ready readiness live liveness livez readyz status alive version"
    " heartbeat robots sitemap favicon manifest openapi".split()
)
_CONTACT = frozenset(
    "contact newsletter subscribe unsubscribe waitlist feedback inquiry enquiry lead leads track analytics"
    " telemetry csp".split()
)
# `recordPostView`: that somebody looked, whoever it was
_LOOKS = frozenset("view views visit visits click clicks impression impressions pageview share shares".split())
_NOTES = frozenset("record track log count increment".split())
_COMPLAINTS = frozenset(("report", "abuse", "complaint", "takedown"))  # a mail to whoever runs the app
# the visitor is sent where the row says: a short link, an advertisement
_SENT_ON = re.compile(
    r"\bredirect\(\s*(?:\d{3}\s*,\s*)?(?:await\s+)?\w+(?:\.rows\[0\])?"
    r"(?:\??\.|\[['\"])(?:(?:long|original|full|target|destination|redirect)_?)?(?:url|link|target|destination|href)\b",
    re.IGNORECASE,
)
# what a form that says itself public may not do: it only adds
_CHANGES_ROWS = re.compile(
    r"\.(?:update|upsert|delete|remove|destroy|truncate|drop)\w*\(|\b(?:update\s+[\w.\"]+\s+set|delete\s+from)\b",
    re.IGNORECASE,
)
# whoever has the address was given it: the key stands in it
_KEY_IN_PATH = re.compile(
    r"(?::|\[|\{|<)(?:\w+:)?(?:\w+_)?(?:(?:secret|signature)|(?:access|ping|feed|invite|invitation|share|hook|webhook)_?key)\b"
    r"|<uuid:(?:\w+_)?(?:code|key|token)>"
    r"|(?::|\[|\{|<)(?:\w+:)?(?:invite|invitation|share|access|unsubscribe|confirm\w*|verif\w*)_?token\b",
    re.IGNORECASE,
)
# the code itself says that it means to be open
_SAID_OPEN = re.compile(r"\b(?:skipAuth|skipAuthentication|allowAnonymous)\s*:\s*true\b")
# the page that sets up the first account, and nothing once there is one: `if (await User.count()) return ...`
_PEOPLE = r"(?:\w{1,60}+\.){0,6}\w{0,40}(?:users?|accounts?|admins?|administrators?|superusers?)\w{0,40}"
_ANYBODY = re.compile(
    rf"(?P<test>\bif\b[ (]*+(?:await\s++)?)?\b{_PEOPLE}(?:\.objects|\.query|\.all\(\)){{0,4}}"
    r"\.(?:find_?any|any_?exists?|exists|any|count\w*|estimatedDocumentCount|first|findFirst|findOne)\(\s*\)",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"(?P<name>(?<!\w)\w+)\s*=\s*(?:\(?await\s+)?$")
_REFUSES = re.compile(
    r"\s*+\)?\s*+(?:(?:>|!==?|>=|is not)\s*+(?:\d+|null|None|undefined)\b)?[\s):{]*+"
    r"(?:return|throw|raise|abort\(|\w+\.redirect\()"
)
_HOOK = frozenset("webhook webhooks hook hooks ipn".split())


def public_reason(
    path: str,
    methods: tuple[str, ...],
    guards: tuple[Guard, ...],
    effects: frozenset[str],
    text: str,
    taken: frozenset[str] = frozenset(),
) -> str:
    """Why a route may be open to everybody; empty when nothing says so. `taken`: the personal data in its body."""
    parts = [p for p in path.split("/") if p]
    said = words(" ".join(parts[-3:]))
    last = words(parts[-1]) if parts else frozenset()
    if any(g.kind == "signature" for g in guards):
        return "signature"
    changes = "writes-store" in effects and not set(methods) <= {"GET", "HEAD"}  # `POST /orders/:id/status`
    if (last and last <= _HEALTH | {"check", "api", "db"} and last & _HEALTH and not changes) or (
        len(parts) > 1
        and words(parts[0]) & {"health", "static", "assets"}
        and (words(parts[0]) == {"health"} or not effects & {"reads-store", "writes-store"})
    ):
        return "health"
    if _is_login(parts, last, said, effects, text) and not _of_one_row(parts, last, text):
        return "login"
    if methods == ("MUTATION",) and _opens_account(last - {"create", "add", "new"}, text):
        return "login"
    if methods == ("ACTION",) and _opens_account(last - {"create", "add", "new"}, text) and _TYPED_TWICE.search(text):
        return "login"
    if _sets_up_first(text):
        return "login"
    if _SAID_OPEN.search(text) or _only_counts(text):
        return "public page"
    above = words(" ".join(parts[:-1]))
    asked = any(g.kind == "authentication" and g.how not in ("early-return", "sign-in") for g in guards)
    if set(methods) == {"POST"} and (
        (_opens_account(last, f"{text} {' '.join(taken)}") and not asked and not above & _STAFF)
        or _asks_password(path, text)
    ):
        return "login"
    if _ENDS_SESSION.search(text) and not _WRITES_ROWS.search(_ENDS_SESSION.sub("", text)):
        return "login"
    if set(methods) <= {"POST", "PUT", "PATCH"} and not asked and _by_mailed_token(parts, last, text):
        return "login"
    if set(methods) == {"POST"} and len(parts) > 1 and words(parts[-2]) <= _SIGN_UP and _HASHES.search(text):
        return "login"
    if last & _CONTACT and not last & {"list", "export"} and set(methods) & {"POST", "ANY"}:
        return "contact"
    if set(methods) <= {"POST", "ACTION"} and last & _LOOKS and last & _NOTES and not _CHANGES_ROWS.search(text):
        return "public page"
    if set(methods) == {"POST"} and last & _COMPLAINTS and effects & {"sends-mail"} and "writes-store" not in effects:
        return "contact"
    if set(methods) == {"POST"} and "public" in words(" ".join(parts[:-1])) and not _CHANGES_ROWS.search(text):
        return "contact"
    reads = set(methods) <= {"GET", "HEAD"}
    # a view of Django answers every method: the front page is one that looks at no form
    if (reads and (not parts or said & {"public", "landing"} or last & {"og", "csrf", "rss", "feed"})) or (
        not parts and set(methods) == {"ANY"} and text and "POST" not in text
    ):
        return "public page"
    by_key = bool(parts) and re.match(r"[:\[{<]", parts[-1]) is not None
    if by_key and set(methods) <= {"GET", "HEAD"} and not asked and _SENT_ON.search(text):
        return "link"
    if re.search(
        r"(^|/)(share|shared|s|invite|invites|public)/(:|\[|\{|<)|(:|\[|\{|<)(\w+:)?\w*(token|slug)\w*",
        path,
        re.IGNORECASE,
    ) and set(methods) <= {"GET", "HEAD", "PAGE"}:
        return "link"
    sent = said & {"activate", "verify", "confirm", "reset", "unsubscribe"} and re.search(r"\btoken\b", path)
    return "link" if sent or _KEY_IN_PATH.search(path) else ""


# `data: { views: { increment: 1 } }`, `{ $inc: { clicks: 1 } }`, `set views = views + 1`
_COUNTED = r"(?:views?|view_?count|clicks?|visits?|visitors?|hits|impressions|plays|downloads|reads)(?:_?count)?"
_COUNTS = re.compile(
    rf"\bdata\s*:\s*\{{\s*{_COUNTED}\s*:\s*\{{\s*increment\s*:\s*1\s*,?\s*\}}\s*,?\s*\}}"
    rf"|\{{\s*['\"]?\$inc['\"]?\s*:\s*\{{\s*['\"]?{_COUNTED}['\"]?\s*:\s*1\s*,?\s*\}}\s*,?\s*\}}"
    rf"|\bset\s+{_COUNTED}\s*=\s*{_COUNTED}\s*\+\s*1\b",
    re.IGNORECASE,
)
_WRITES_ROWS = re.compile(
    r"\.(?:update|upsert|delete|remove|destroy|create|insert|save|findOneAnd|findByIdAnd|truncate)\w*\("
    r"|\b(?:update\s+[\w.\"]+\s+set|delete\s+from|insert\s+into)\b",
    re.IGNORECASE,
)


def _only_counts(text: str) -> bool:
    """All that a handler writes is that somebody looked."""
    return _COUNTS.search(text) is not None and len(_WRITES_ROWS.findall(text)) == 1


def login_in_folder(module: Module, path: str) -> bool:
    """Whether a route of a router that nothing mounts asks who somebody is, by the folder that it lies in."""
    folders = set(str(module.file.path).lower().split("/")[:-1])
    parts = [p for p in path.split("/") if p]
    return bool(folders & _SIGN_IN_FOLDERS and parts and words(parts[-1]) & (_LOGIN_BELOW | _LOGIN))


def _is_login(parts: list[str], last: frozenset[str], said: frozenset[str], effects: frozenset[str], text: str) -> bool:
    above = words(" ".join(parts[:-1]))
    if (
        "sets-session" in effects
        or {"sign", "in"} <= last
        or {"sign", "up"} <= last
        or any(w <= said for w in _CONFIRMS)
    ):
        return True
    if last & _LOGIN and not above & _STAFF and not _resets_unasked(last, text):
        return True
    if any(_ENDS_AS_LOGIN.search(w) for w in last) and not any(w.startswith("admin") for w in last | above):
        return True
    if (last <= _SENDS_CODE or last & _LOGIN_BELOW) and above & {"otp", "magic"}:
        return True
    if last <= _KINDS and len(parts) > 1 and words(parts[-2]) & {"register", "registration", "signup"}:
        return True
    if said & {"authentication", "authenticate"} and (last & {"options", "challenge"} or last & _DEVICES):
        return True  # the first half of signing in with a device
    # `/auth/lang/:code`
    named = len(parts) < 2 or re.match(r"[:\[{<]", parts[-1]) is None or words(parts[-2]) & _LOGIN_BELOW
    return bool(above & {"auth", "oauth", "authentication"} and last & _LOGIN_BELOW and named)


# the accounts of a service, with the server's key: nobody proves there whose they are
_ACCOUNTS = re.compile(r"\bauth\.admin\.update\w+\(|\b(?:admin\.auth\(\)|getAuth\(\))\.updateUser\(")
_READS_REQUEST = re.compile(r"\b(?:req|request|ctx|c|event)\b\.?(?:\w+\.)?(?:json|body|formData|params|query|data)\b")


def _resets_unasked(last: frozenset[str], text: str) -> bool:
    """Passwords are set without a word from whoever calls, so that no mailed code can be among it."""
    return bool(last & {"reset", "recover"}) and _ACCOUNTS.search(text) is not None and not _READS_REQUEST.search(text)


def _of_one_row(parts: list[str], last: frozenset[str], text: str) -> bool:
    """`/sites/:id/reset`: done to the row with the id, and not to an account."""
    named = last & _LOGIN
    under_id = len(parts) > 1 and re.match(r"[:\[{<]", parts[-2]) is not None
    by_key = (
        bool(parts) and not named and re.match(r"[:\[{<]", parts[-1]) is not None
    )  # `/check/<username>/<token>` signs in
    few = named <= {"reset", "recover", "register", "registration"}
    return under_id and few and not by_key and "passw" not in text.lower()


def _sets_up_first(text: str) -> bool:
    """Whether a handler refuses as soon as there is any account: it asks for one without a condition, and leaves."""
    for asked in _ANYBODY.finditer(text):
        tested = asked.end() if asked["test"] else None
        if tested is None and (given := _GIVEN.search(text[max(0, asked.start() - 80) : asked.start()])):
            held = re.compile(rf"\bif\b[ (]*(?:{given['name']})\b").search(text, asked.end(), asked.end() + 200)
            tested = held.end() if held else None
        if tested is not None and _REFUSES.match(text, tested):
            return True
    return False


def _opens_account(last: frozenset[str], text: str) -> bool:
    """`POST /users` with a password is the usual way to open an account."""
    opens = {"users", "accounts", "user", "account", "enrol", "enroll", "join", "onboarding"}
    return bool(last) and last <= opens and "password" in text.lower()


_COMPARES = re.compile(
    r"\b(?:bcrypt\w*|argon\w*|scrypt)\.(?:compare|compareSync|verify)\(|\bcheck_?[pP]assword\w*\("
    r"|\.(?:compare|verify|match|valid|isValid|validate)_?[pP]assword\w*\("
)
_ROW_PASSWORD = re.compile(
    r"\.(?:compare|compareSync|verify)\(\s*(?:req|request|ctx|c)\b[\w.]*[pP]assword\s*,\s*"
    r"(?!\w*(?:user|account|member|customer|admin|profile|existing|found)\w*\.)\w+\.\w*[pP]ass"
)


_ENDS_SESSION = re.compile(r"\b(?:req|request|ctx)\.session\.destroy\(|\breq\.log_?[oO]ut\(")
_TYPED_TWICE = re.compile(
    r"(?i)confirm_?password|password_?confirm|verification_?(?:code|token)|sendVerification|\botp\b"
)
_SIGN_UP = frozenset("register registration signup".split())
_HASHES = re.compile(r"(?i)\b(?:bcrypt\w*|argon\w*)\.hash\w*\(|\bhash_?password\w*\(|\bgenerate_password_hash\(")
_MAILED_TOKEN = re.compile(r"\b(?:reset|recovery|forgot\w*|password_?reset)_?\w*?_?token\w*", re.IGNORECASE)
_LOOKED_UP = re.compile(r"\b(?:find\w*|filter\w*|where|first|get|select)\(", re.IGNORECASE)


def _by_mailed_token(parts: list[str], last: frozenset[str], text: str) -> bool:
    """`POST /change-new-password` that looks for the row with the token of a mailed link; `POST /reset/:key`."""
    asked = words(parts[-2]) if len(parts) > 1 else frozenset()
    if (
        asked
        and re.match(r"[:\[{<]", parts[-1])
        and (
            asked & {"reset", "recover", "forgot"}
            or ("password" in asked and "new" in asked and re.search(r"token|key|code|hash", parts[-1]))
        )
    ):
        return "passw" in text.lower() and not any(re.match(r"[:\[{<]", p) for p in parts[:-1])
    return "password" in last and bool(_MAILED_TOKEN.search(text) and _LOOKED_UP.search(text))


def _asks_password(path: str, text: str) -> bool:
    """A handler that compares a password and has no id in its path, or the password is that of the row with the id,
    a locked note or link, and nobody's account."""
    other = words(path) & {"admin", "password", "change", "profile", "account", "settings"}
    return (
        not other
        and (not re.search(r"[:\[{<]", path) or _ROW_PASSWORD.search(text) is not None)
        and bool(_COMPARES.search(text))
    )


def is_webhook(path: str) -> bool:
    """Whether another company's server calls this path."""
    return bool(words(path) & _HOOK)
