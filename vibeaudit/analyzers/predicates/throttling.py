"""What rules may ask of routes that strangers can call again and again: sign-up, and forms that send mail."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Route
from vibeaudit.survey.sign_ins import lets_callers_guess, locks_out, without_comments
from vibeaudit.survey.words import words

_SENDING = frozenset(("POST", "PUT", "PATCH", "ANY", "MUTATION"))
_AGAIN = frozenset("reactivate resend".split())  # the mail that was lost
_SIGN_UP = frozenset("signup register registration".split())
_ACCOUNTS = frozenset("api auth user users account accounts customer customers client clients v v1 v2 v3 1 2 3".split())
_NOT_OPEN = re.compile(r"(?i)captcha|turnstile|\binvit\w*|too many|\b429\b|\bthrottl\w*|rate_?limit")
_CREATES = re.compile(r"^class \w+\([^)]*\bCreateAPIView\b")  # of Django's REST framework, made for accounts
_TAKES_FORM = re.compile(r"\b(?:request|self\.request)\.(?:POST|form|get_json|json)\b|\bvalidate_on_submit\(")


@predicate("route", "opens an account for anyone")
def _(s: Subject) -> bool:
    """By its path: a new account is written, and nothing tells people from scripts."""
    route = s.route
    parts = [p for p in route.path.split("/") if p]
    last = words(parts[-1]) if parts else frozenset()
    if route.public_reason == "login" and _CREATES.search(s.text) and not _NOT_OPEN.search(s.text):
        return not any(g.kind in ("authentication", "authorization") for g in route.guards)
    if not (last & _SIGN_UP or {"sign", "up"} <= last) or last & {"verify", "confirm", "check", "done", "success"}:
        return False
    if words(route.path) & {"admin", "staff", "device", "webhook", "token", "push", "events", "event"}:
        return False
    if not _takes_input(s) or any(g.kind in ("authentication", "authorization") for g in route.guards):
        return False
    text = without_comments(s.text)
    about_accounts = (
        words(" ".join(parts[:-1])) <= _ACCOUNTS or bool(re.search(r"(?i)passw", text)) or _sends_password(s)
    )
    return about_accounts and _keeps(s) and not _NOT_OPEN.search(text)


@predicate("route", "in an app that limits sign-ins")
def _(s: Subject) -> bool:
    """Somebody thought of limits, and put them where passwords are tried: who lets people join freely means it."""
    return s.once("limits sign-ins", lambda: any(_limits(s, r) for r in s.app.routes if _signs_in(r.path)))


@predicate("route", "told of at the sign-in")
def _(s: Subject) -> bool:
    """An app without limits hears of it where passwords are tried; at the sign-up where each costs a mail."""
    signs_in = s.once("has sign-ins", lambda: any(_signs_in(r.path) for r in s.app.routes))
    return signs_in and not s.route.effects & {"sends-mail", "takes-payment", "calls-model"}


def _limits(s: Subject, route: Route) -> bool:
    return route.has("rate-limit") or locks_out(Subject("route", route, s.app, s.snapshot, s.shared).text)


def _signs_in(path: str) -> bool:
    last = words(path.rstrip("/").rsplit("/", 1)[-1])
    return bool(last & {"login", "signin", "token", "session"}) or {"sign", "in"} <= last or {"log", "in"} <= last


@predicate("route", "sends mail for anyone")
def _(s: Subject) -> bool:
    """A form that is public by design, and writes to somebody each time that it is sent."""
    last = words(s.route.path.rstrip("/").rsplit("/", 1)[-1])
    again = s.route.public_reason == "login" and (bool(last & _AGAIN) or _mails_a_code(s, last))
    if (s.route.public_reason != "contact" and not again) or "sends-mail" not in s.route.effects or not _takes_input(s):
        return False
    return not _NOT_OPEN.search(without_comments(s.text))


def _mails_a_code(s: Subject, last: frozenset[str]) -> bool:
    """`POST /auth/sendCode { email }`: a mail to whoever is named, which neither opens an account nor tries a code."""
    named = [p.name for p in s.route.parameters if p.source in ("body", "form")]
    addressed = any(re.fullmatch(r"(?i)\w*e_?mail", n) for n in named) and not _sends_password(s)
    elsewhere = last & _SIGN_UP or {"sign", "up"} <= last or lets_callers_guess(s.route, s.text)
    return addressed and not elsewhere and not any(g.kind == "authentication" for g in s.route.guards)


def _sends_password(s: Subject) -> bool:
    """Whether a field of what is sent (of a serializer, of a schema) is a password."""
    return any(p.source in ("body", "form") and "passw" in p.name.lower() for p in s.route.parameters)


def _takes_input(s: Subject) -> bool:
    return bool(set(s.route.methods) & _SENDING) and (
        set(s.route.methods) != {"ANY"} or s.route.body is None or _TAKES_FORM.search(s.text) is not None
    )


def _keeps(s: Subject) -> bool:
    return bool(s.route.effects & {"writes-store", "sets-session", "sends-mail"})
