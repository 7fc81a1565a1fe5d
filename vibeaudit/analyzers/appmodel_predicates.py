"""What rules of absence may ask, by names that read as words. "not x" is the opposite of x."""

from __future__ import annotations

import re
from collections.abc import Callable

from vibeaudit.analyzers.appmodel_facts import Subject, editable_columns, in_eu, is_sample, owner_column, unbound
from vibeaudit.maps.vendors import vendors
from vibeaudit.model import Table
from vibeaudit.survey.codes import asks_for_code, asks_for_short_code
from vibeaudit.survey.entry import is_webhook
from vibeaudit.survey.whole_rows import whole_rows
from vibeaudit.survey.words import personal, words

Predicate = Callable[[Subject], bool]
_REGISTRY: dict[tuple[str, str], Predicate] = {}


def predicate(each: str, name: str) -> Callable[[Predicate], Predicate]:
    """Registers a predicate of one kind of subject under the words that rules use."""

    def register(function: Predicate) -> Predicate:
        _REGISTRY[(each, name)] = function
        return function

    return register


def known(each: str, name: str) -> bool:
    return (each, name.removeprefix("not ")) in _REGISTRY


def holds(name: str, subject: Subject) -> bool:
    """Whether the predicate (or, after "not ", its opposite) holds."""
    result = _REGISTRY[(subject.kind, name.removeprefix("not "))](subject)
    return not result if name.startswith("not ") else result


# ---- routes -------------------------------------------------------------------------------------------

_CHANGING = frozenset(("writes-store", "writes-file", "runs-command", "sends-mail", "takes-payment"))
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_CREDENTIALS = frozenset("login signin otp forgot reset password passcode magic".split())
_PROVIDER = re.compile(
    r"signInWith\w+|resetPasswordForEmail|verifyOtp|auth\.api\.|auth\.sign_in|sign_in_with|\bsignIn\("
    r"|handlers|createUserWithEmailAndPassword|NextAuth"
)
_DEFAULT_LIMITS = re.compile(rb"default_limits\s*=|SlowAPIMiddleware|DEFAULT_THROTTLE_CLASSES")


@predicate("route", "changes state")
def _(s: Subject) -> bool:
    done = s.route.effects & _CHANGING
    return bool(done) and (not set(s.route.methods) <= _READING or "runs-command" in done)


@predicate("route", "returns personal data")
def _(s: Subject) -> bool:
    last = words(s.route.path.rstrip("/").rsplit("/", 1)[-1])
    if last & {"me", "whoami", "session"}:  # about the caller alone
        return False
    return (
        "reads-store" in s.route.effects
        and bool(s.route.personal_data - {"password"})
        and bool(set(s.route.methods) & {"GET", "ANY"})
    )


@predicate("route", "public by design")
def _(s: Subject) -> bool:
    return bool(s.route.public_reason)


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


@predicate("route", "an admin route")
def _(s: Subject) -> bool:
    return bool(words(s.route.path) & {"admin", "admins", "superadmin", "backoffice"}) and not words(s.route.path) & {
        "login",
        "signin",
        "logout",
    }


@predicate("route", "calls a model")
def _(s: Subject) -> bool:
    return "calls-model" in s.route.effects


@predicate("route", "sends mail or takes a payment")
def _(s: Subject) -> bool:
    return bool(s.route.effects & {"sends-mail", "takes-payment"})


@predicate("route", "acts for whoever calls")
def _(s: Subject) -> bool:
    """Sends mail, takes a payment, or changes rows with the key that no policy stops."""
    past_policies = "writes-store" in s.route.effects and "SERVICE_ROLE" in s.text
    return past_policies or bool(s.route.effects & {"sends-mail", "takes-payment"})


@predicate("route", "a server action")
def _(s: Subject) -> bool:
    return s.route.methods == ("ACTION",)


@predicate("route", "an edge function")
def _(s: Subject) -> bool:
    return s.route.framework == "supabase-functions"


@predicate("route", "behind the public key")
def _(s: Subject) -> bool:
    return s.route.has("public-key")


@predicate("route", "does something")
def _(s: Subject) -> bool:
    return bool(s.route.effects - {"calls-service"})


@predicate("route", "does something that matters")
def _(s: Subject) -> bool:
    return bool(s.route.effects & (_CHANGING | {"calls-model", "reads-store", "calls-service"}))


@predicate("route", "takes a password or a code")
def _(s: Subject) -> bool:
    parts = [p for p in s.route.path.split("/") if p]
    said = words(" ".join(parts[-2:]))
    guessable = bool(said & _CREDENTIALS) or {"sign", "in"} <= said or asks_for_short_code(s.text)
    return (
        guessable
        and not set(s.route.methods) <= _READING
        and bool(s.route.effects & {"reads-store", "sets-session", "sends-mail", "writes-store"})
    )


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
    return any(_DEFAULT_LIMITS.search(f.data) for f in s.snapshot.of("python"))


@predicate("route", "takes a row by an id of the caller")
def _(s: Subject) -> bool:
    return bool(unbound(s))


@predicate("route", "answers with whole rows that hold secrets")
def _(s: Subject) -> bool:
    return bool(whole_rows(s.snapshot, s.app, s.route, s.text))


@predicate("route", "signed in")
def _(s: Subject) -> bool:
    return s.route.has("authentication")


@predicate("route", "runs in a handler that we could read")
def _(s: Subject) -> bool:
    return s.route.body is not None


# ---- tables and policies ----------------------------------------------------------------------------------

_TRUE = re.compile(r"^\(*\s*(true|1 = 1|'t'|not false)\s*\)*$")
_ANY_USER = re.compile(
    r"^\(*\s*(\(?select )?(auth\.role\(\)\)? = 'authenticated'(::text)?|auth\.uid\(\)\)? is not null"
    r"|auth\.jwt\(\)\)? is not null)\s*\)*$"
)
_CALLER = re.compile(
    r"auth\.uid\(|auth\.jwt\(|auth\.email\(|current_user|current_setting|foldername|owner|has_role|is_admin"
    r"|is_\w+\(|can_\w+\("
)
_INTERNAL = re.compile(
    r"(^_|^(schema_migrations|alembic_version|spatial_ref_sys|__drizzle_migrations|knex_migrations\w*"
    r"|_prisma_migrations)$)"
)


@predicate("table", "reachable from the browser")
def _(s: Subject) -> bool:
    table = s.table
    return (
        table is not None and table.store == "supabase" and "." not in table.name and not _INTERNAL.search(table.name)
    )


@predicate("table", "under row-level security")
def _(s: Subject) -> bool:
    return s.table is not None and s.table.rls is True


@predicate("table", "has policies")
def _(s: Subject) -> bool:
    return s.table is not None and bool(s.table.policies)


@predicate("table", "holds personal data")
def _(s: Subject) -> bool:
    return _personal(s.table)


def _personal(table: Table | None) -> bool:
    return table is not None and any(personal(c) for c in table.columns)


# the telephone and the address of a business are on its door
_BUSINESSES = frozenset(
    "agency branch business businesses clinic company companies gym hotel library location office organisation"
    " organization pharmacy restaurant salon school shop store studio supplier vendor venue agencies branches clinics"
    " gyms hotels libraries locations offices organisations organizations pharmacies restaurants salons schools shops"
    " stores studios suppliers vendors venues".split()
)


@predicate("policy", "holds personal data")
def _(s: Subject) -> bool:
    if s.table is not None and words(s.table.name) <= _BUSINESSES:
        kinds = {personal(c) for c in s.table.columns} - {"", "phone", "address", "place", "email"}
        return bool(kinds)
    return _personal(s.table)


@predicate("policy", "only for the server")
def _(s: Subject) -> bool:
    return (
        bool(s.policy.roles) and set(s.policy.roles) <= {"service_role", "postgres", "supabase_admin", "dashboard_user"}
    ) or not s.policy.permissive


@predicate("policy", "always true")
def _(s: Subject) -> bool:
    return any(_TRUE.match(c) for c in _conditions(s))


def _conditions(s: Subject) -> tuple[str, ...]:
    p = s.policy
    return tuple(
        c
        for c in {"select": (p.using,), "delete": (p.using,), "insert": (p.check,)}.get(p.command, (p.using, p.check))
        if c
    )


@predicate("policy", "true for every signed-in user")
def _(s: Subject) -> bool:
    return any(_ANY_USER.match(c) for c in _conditions(s))


@predicate("policy", "lets rows be changed")
def _(s: Subject) -> bool:
    """Updates and deletes; inserts only into tables whose rows have an owner (a contact form is legitimate)."""
    if s.policy.command == "insert":
        return s.table is not None and bool(owner_column(s.table))
    return s.policy.command in ("all", "update", "delete")


@predicate("policy", "lets rows be read")
def _(s: Subject) -> bool:
    return s.policy.command == "select"


@predicate("policy", "about files")
def _(s: Subject) -> bool:
    return s.policy.table == "storage.objects"


@predicate("policy", "about one's own table")
def _(s: Subject) -> bool:
    return s.table is not None and s.table.rls is not None


@predicate("policy", "lets files be written")
def _(s: Subject) -> bool:
    return s.policy.command in ("all", "insert", "update", "delete")


@predicate("policy", "asks who is calling")
def _(s: Subject) -> bool:
    conditions = _conditions(s)
    return bool(conditions) and all(_CALLER.search(c) for c in conditions)


@predicate("policy", "trusts what users write about themselves")
def _(s: Subject) -> bool:
    return any("user_metadata" in c or "raw_user_meta_data" in c for c in (s.policy.using, s.policy.check))


@predicate("policy", "lets people change their own row")
def _(s: Subject) -> bool:
    return (
        s.policy.command in ("update", "all")
        and s.policy.permissive
        and bool(re.search(r"auth\.uid\(\)\)? = \(*\w+|\w+ = \(*(select )?auth\.uid\(\)", s.policy.using))
    )


@predicate("policy", "guards the columns that decide rights")
def _(s: Subject) -> bool:
    table = s.table
    if table is None or not editable_columns(table):
        return True
    if any(re.search(rf"\b{re.escape(c)}\b", s.policy.check) for c in editable_columns(table)):
        return True
    return _column_grants(s, table)


def _column_grants(s: Subject, table: Table) -> bool:
    """`revoke update on t from authenticated`, `grant update (a, b) on t`, or a trigger before update."""
    name = re.escape(table.name)
    pattern = re.compile(
        rf"(revoke\s+[\w\s,]*(update|all)[^;]*\son\s+(table\s+)?(public\.)?\"?{name}\"?[^;]*from|grant\s+update\s*\([^)]*\)\s*on\s+(table\s+)?(public\.)?\"?{name}\b|before\s+update[^;]*\son\s+(public\.)?\"?{name}\b)",
        re.IGNORECASE,
    )
    triggers = (
        f
        for f in s.app.database_functions
        if re.search(r"\b(old|new)\.(role|is_admin|credits?|plan|tier|balance)\b", f.body, re.IGNORECASE)
        and f.returns == "trigger"
    )
    for file in s.snapshot.of("sql"):
        for m in pattern.finditer(file.text):
            if not m[0].lower().startswith("before") or any(True for _ in triggers):
                return True
    return False


# ---- buckets, functions, services ---------------------------------------------------------------------------

_PRIVATE = frozenset(
    "invoice invoices contract contracts document documents passport passports kyc receipt receipts medical"
    " record records resume resumes cv cvs"
    " private statement statements attachment attachments recording recordings report reports backup backups"
    " export exports id ids identity"
    " prescription prescriptions payslip payslips tax legal upload uploads user files confidential signature"
    " signatures".split()
)
_PUBLIC = frozenset(
    "public avatar avatars logo logos image images asset assets media thumbnail thumbnails banner banners"
    " cover covers product products gallery photo photos icon icons".split()
)


@predicate("bucket", "open to everybody")
def _(s: Subject) -> bool:
    return s.bucket.public


@predicate("bucket", "for private files")
def _(s: Subject) -> bool:
    said = words(s.bucket.name)
    return bool(said & _PRIVATE) and not said & _PUBLIC


@predicate("function", "runs with its owner's rights")
def _(s: Subject) -> bool:
    return s.function.kind == "function" and s.function.definer


@predicate("function", "fixes its search path")
def _(s: Subject) -> bool:
    return s.function.search_path


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
    return bool(_CALLER.search(s.function.body.lower()))


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


@predicate("service", "under Chinese law")
def _(s: Subject) -> bool:
    return "CN" in vendors()[s.service.vendor].jurisdiction.split("|")


@predicate("service", "in the European Union")
def _(s: Subject) -> bool:
    vendor = vendors()[s.service.vendor]
    return in_eu(vendor.jurisdiction) or s.service.region == "EU"


@predicate("service", "a model vendor")
def _(s: Subject) -> bool:
    return s.service.category in ("llm", "llm-gateway", "speech", "media")


@predicate("service", "named only in a sample of the settings")
def _(s: Subject) -> bool:
    return all(is_sample(at) for at in s.service.evidence)


@predicate("service", "holds personal data")
def _(s: Subject) -> bool:
    return s.service.category in (
        "auth",
        "baas",
        "database",
        "crm",
        "email",
        "support",
        "session-replay",
        "analytics",
        "saas-db",
        "messaging",
        "vector-db",
        "llm-observability",
        "scheduling",
        "storage",
        "error-tracking",
    )


@predicate("service", "can be kept in the European Union")
def _(s: Subject) -> bool:
    return vendors()[s.service.vendor].eu_option in ("yes", "conditional", "partial", "indirect")
