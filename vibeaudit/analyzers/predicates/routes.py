"""What rules may ask of a route."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_rows import accesses_of, is_somebodys, shown_to_strangers, told_rows
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.analyzers.predicates.people import lists_people, tells_strangers_of_persons
from vibeaudit.analyzers.predicates.roles import knows_roles, sets_people
from vibeaudit.survey.codes import asks_for_code
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.owned_tables import has_accounts
from vibeaudit.survey.public_reasons import is_webhook
from vibeaudit.survey.python.chosen_fields import names_each_field
from vibeaudit.survey.sign_ins import lets_callers_guess
from vibeaudit.survey.whole_rows import project_of, whole_rows
from vibeaudit.survey.words import words

_DECLARED = re.compile(r"response_model\s*=\s*(?!None)(?:\w+[\[.])*[A-Z]\w*[a-z]")
_CHANGING = frozenset(("writes-store", "writes-file", "runs-command", "sends-mail", "takes-payment"))
_READING = frozenset(("GET", "HEAD", "OPTIONS", "QUERY"))
_PROVIDER = re.compile(
    r"signInWith\w+|resetPasswordForEmail|\.verifyOtp\(|auth\.api\.|auth\.sign_in|sign_in_with"
    r"|(?<![sS]ervice\.)(?<!async )\bsignIn\((?!\s*[@)])"
    r"|\bhandlers\b|createUserWithEmailAndPassword|NextAuth"
)
_MOUNTED_LIMIT = re.compile(
    rb"\.use\(\s*(?:['\"](?P<path>/[\w/-]*)['\"]\s*,\s*)?\w*(?:[lL]imiter|[rR]ateLimit)\w*\s*[,()]"
)
_DEFAULT_LIMITS = re.compile(
    rb"default_limits\s*=|SlowAPIMiddleware|DEFAULT_THROTTLE_CLASSES|AxesMiddleware|['\"](?:axes|defender)['\"]"
)


# what a link does to a row, by the last words of its address or the name of its handler
_DOES = frozenset(
    "delete remove destroy update approve reject ban unban block promote demote activate deactivate disable enable"
    " cancel reset purge wipe truncate drop seed seeds seeder reseed populate".split()
)
_LINKED = re.compile(r"token|verify|confirm|unsubscribe|callback|oauth|logout|sign_?out", re.IGNORECASE)


@predicate("route", "changes state")
def _(s: Subject) -> bool:
    if s.route.methods == ("WEBSOCKET",) and _passes_on(s):
        return True
    done = s.route.effects & _CHANGING
    if not set(s.route.methods) <= _READING or "runs-command" in done:
        return bool(done)
    said = words(s.route.handler) | words(re.sub(r"[:<{\[][^/]*", "", s.route.path))
    return "writes-store" in done and bool(said & _DOES) and not _LINKED.search(s.route.path + s.route.handler)


_HEARS = re.compile(r"\.(?:receive\w*|recv|iter_(?:text|json|bytes))\(")
_TELLS_OTHERS = re.compile(
    r"\b(?:async )?for \w+ in (?:list\()?[^\n:]*:\n(?:[^\n]*\n)??\s*(?:try:\s*)?(?:await )?\w+\.send\w*\("
    r"|\.(?:broadcast|publish)\w*\("
)


def _passes_on(s: Subject) -> bool:
    """A socket of one room, named in its address: what a stranger says there the others hear."""
    room = re.search(r"[{<:]\w+", s.route.path) is not None
    return room and bool(_HEARS.search(s.text) and _TELLS_OTHERS.search(s.text)) and _people_sign_in(s)


@predicate("route", "returns personal data")
def _(s: Subject) -> bool:
    last = words(s.route.path.rstrip("/").rsplit("/", 1)[-1])
    if last & {"me", "whoami", "session"}:  # about the caller alone
        return False
    asks = set(s.route.methods) & {"GET", "ANY", "QUERY"} or (
        s.route.methods == ("POST",) and s.route.effects == {"reads-store"} and bool(shown_to_strangers(s))
    )
    if not asks or "reads-store" not in s.route.effects:
        return False
    if _asks_whether_alone(s) or (not s.route.personal_data and _names_fields(s)):
        return False
    if s.route.personal_data - {"password"} or lists_people(s) or (shown_to_strangers(s) and _people_sign_in(s)):
        return True
    if tells_strangers_of_persons(s):
        return True
    given = whole_rows(s.snapshot, s.app, s.route, s.text)
    return any(is_somebodys(s.app, table) or has_accounts(s.app, table) for table, _, _ in given)


_WHETHER = re.compile(r"\.exists\(\)")
_TAKES_ROWS = re.compile(r"\.objects\b|\.query\b|\bget_\w+_or_404\(|\.execute\(|\.scalars?\(")


def _asks_whether_alone(s: Subject) -> bool:
    """A handler whose only query asks whether a row is there: no row is given, whatever it is looked for by."""
    asked = len(_WHETHER.findall(s.text))
    return asked > 0 and asked == len(_TAKES_ROWS.findall(s.text)) and not accesses_of(s)


def _names_fields(s: Subject) -> bool:
    """What people show of themselves: of accounts alone, each field by its name, and none that is personal."""
    read = [a for a in accesses_of(s) if a.verb == "read"]
    if not read or s.route.body is None or not all(has_accounts(s.app, a.table) for a in read):
        return False
    module, body = handler_of(project_of(s.snapshot), s.route) or (None, None)
    if module is None or module.kind != "python":
        return False
    declared = s.route.framework == "fastapi" and _DECLARED.search(s.text.partition("def ")[0]) is not None
    return declared or (body is not None and names_each_field(body))


@predicate("route", "public by design")
def _(s: Subject) -> bool:
    return bool(s.route.public_reason) and not _adds_accounts(s)


_ACCOUNTS = frozenset("user users account accounts".split())
_SIGN_UP = frozenset("register registration signup".split())


def _adds_accounts(s: Subject) -> bool:
    """`POST /users`, where people sign up elsewhere: the staff adds accounts here."""
    last = words(s.route.path.rstrip("/").rsplit("/", 1)[-1])
    if s.route.public_reason != "login" or not last or not last <= _ACCOUNTS:
        return False
    return any(
        words(r.path.rstrip("/").rsplit("/", 1)[-1]) & _SIGN_UP and "POST" in r.methods
        for r in s.app.routes
        if r.framework == s.route.framework
    )


@predicate("route", "a sign-in")
def _(s: Subject) -> bool:
    return s.route.public_reason == "login"


@predicate("route", "a webhook")
def _(s: Subject) -> bool:
    return is_webhook(s.route.path) and bool(set(s.route.methods) & {"POST", "ANY", "PUT"})


@predicate("route", "a scheduled job")
def _(s: Subject) -> bool:
    return bool(
        words(s.route.path) & {"cron", "crons", "cronjob", "revalidate", "scheduled", "scheduler"}
    ) and s.route.methods != ("ACTION",)


_ADMIN = re.compile(r"admins?$|admin(?:app|area|panel|page|home|site|dashboard|section|portal|module|view)s?$")


@predicate("route", "an admin route")
def _(s: Subject) -> bool:
    said = words(s.route.path)
    last = words(s.route.path.rstrip("/").rsplit("/", 1)[-1])
    comes_or_goes = said & {"login", "signin", "logout", "signout"} or "sign" in last
    about_oneself = last & {"me", "whoami", "session"} or {"users", "me"} <= said
    staff = said & {"superadmin", "backoffice"} or any(_ADMIN.match(w) for w in said)
    return bool(staff) and not (comes_or_goes or about_oneself)


@predicate("route", "calls a model")
def _(s: Subject) -> bool:
    return "calls-model" in s.route.effects


@predicate("route", "a server action")
def _(s: Subject) -> bool:
    return s.route.methods == ("ACTION",)


@predicate("route", "does something")
def _(s: Subject) -> bool:
    return bool(s.route.effects - {"calls-service"})


@predicate("route", "does something that matters")
def _(s: Subject) -> bool:
    return bool(s.route.effects & (_CHANGING | {"calls-model", "reads-store", "calls-service"}))


@predicate("route", "lets callers try passwords or codes")
def _(s: Subject) -> bool:
    return lets_callers_guess(s.route, s.text)


_PASSWORD = re.compile(r"(?i)^(?:new_?|old_?|user_?)?(?:password|passwd|pwd|passphrase)$")
_LONG_LIVED = re.compile(r"(?i)^(?:refresh_?token|api_?key|client_?secret)$")


@predicate("route", "takes a password in its address")
def _(s: Subject) -> bool:
    """As a query parameter; refresh tokens and keys too, where the address is sent by a program of the app's own."""
    named = [p.name for p in s.route.parameters if p.source == "query"]
    posted = bool(set(s.route.methods) - _READING)
    return any(_PASSWORD.match(n) or (posted and _LONG_LIVED.match(n)) for n in named)


@predicate("route", "asks for a code")
def _(s: Subject) -> bool:
    return asks_for_code(s.text)


@predicate("route", "for programs that hold a secret")
def _(s: Subject) -> bool:
    return any(g.kind == "authorization" and g.name == "shared secret" for g in s.route.guards)


@predicate("route", "handed to a sign-in provider")
def _(s: Subject) -> bool:
    return bool(_PROVIDER.search(s.text))


@predicate("route", "limited by the whole app")
def _(s: Subject) -> bool:
    """By a setting of the framework, or by a limiter that a script mounts above the path, under whatever condition."""
    limited = s.once("limited paths", lambda: _limited_paths(s))
    return any(s.route.path.startswith(path) for path in limited)


def _limited_paths(s: Subject) -> frozenset[str]:
    if any(f.holds(_DEFAULT_LIMITS) for f in s.snapshot.of("python")):
        return frozenset(("",))
    mounts = (m for f in s.snapshot.of("javascript", "typescript") for m in _MOUNTED_LIMIT.finditer(f.data))
    return frozenset((m["path"] or b"/").decode("utf-8", "replace") for m in mounts)


@predicate("route", "takes a row by an id of the caller")
def _(s: Subject) -> bool:
    if not s.route.has("authentication") and not s.route.personal_data and _names_fields(s):
        return False
    return bool(told_rows(s)) and not (sets_people(s) and knows_roles(s))


@predicate("route", "in an app where people sign in")
def _people_sign_in(s: Subject) -> bool:
    if s.route.has("authentication") or any(
        r.has("authentication") or r.public_reason == "login" for r in s.app.routes
    ):
        return True
    return s.once("signs in by itself", lambda: any(f.holds(_SIGNS_IN) for f in s.snapshot.of(*_SCRIPTS)))


_SCRIPTS = ("javascript", "typescript", "tsx")
# Supabase and Firebase: pages sign people in, and no route of the app's own does
_SIGNS_IN = re.compile(rb"\.auth\.(?:signIn\w*|signUp|getUser|getSession|onAuthStateChange)\(|\bonAuthStateChanged\(")


@predicate("route", "answers with whole rows that hold secrets")
def _(s: Subject) -> bool:
    return bool(whole_rows(s.snapshot, s.app, s.route, s.text))


_OWN = re.compile(  # Flask-Login and Django: what only somebody who is signed in has
    r"\bcurrent_user\.(?!is_authenticated|is_anonymous|is_active|get_id|can\b|has_)[a-z]\w+"
    r"|\.(?:filter_by|filter|get_or_create|get|create)\([^()\n]{0,80}\bcurrent_user\s*[,)]"
    r"|\brequest\.user\.(?!is_|has_|get_username|username|pk\b|id\b|groups|email|user_permissions)[a-z]\w+"
    r"|\.(?:filter|get|create|exclude)\([^()\n]{0,80}\w\s*=\s*(?:self\.)?request\.user\s*[,)]"
    r"|\bget_object_or_404\([^()\n]{0,80}\w\s*=\s*(?:self\.)?request\.user\s*[,)]"
)
_ASKED = re.compile(r"\bis_authenticated\b|\bis_anonymous\b|\bif\s+(?:not\s+)?(?:current_user|request\.user)\s*[:)]")
# the methods of a class view that do not answer when a page is only read
_WRITES_OF_CLASS = re.compile(
    r"^(?P<in>[ ]+)(?:async )?def (?:post|put|patch|delete|create|update|partial_update|destroy|perform_\w+)\("
    r"[^\n]*(?:\n(?:(?P=in)[ )][^\n]*|[ \t]*))*",
    re.MULTILINE,
)


@predicate("route", "rests on who is signed in")
def _(s: Subject) -> bool:
    """The handler takes something of the signed-in user's, and never asks whether there is one."""
    if s.route.framework not in ("flask", "django"):
        return False
    text = _WRITES_OF_CLASS.sub("", s.text) if s.text.startswith("class ") else s.text
    return bool(_OWN.search(text)) and not _ASKED.search(text)


@predicate("route", "signed in")
def _(s: Subject) -> bool:
    return s.route.has("authentication")
