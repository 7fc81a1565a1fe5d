"""What rules may ask of Supabase edge functions: whom they serve, and with whose rights."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_rows import unbound
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.source import SourceFile

# the caller's own token is asked for: what follows is done with the caller's rights, or after a look at them
_ASKS_TOKEN = re.compile(r"headers\.(?:get\(\s*)?[\['\"]*authorization", re.IGNORECASE)
# a key of somebody else's service; Supabase hands its own to every function
_SECRET = re.compile(r"Deno\.env\.get\(\s*['\"](?!SUPABASE_)\w*(?:KEY|SECRET|TOKEN|PASSWORD|PASS)\b")
_ADDRESS = re.compile(r"^(?:target_?|callback_?|web_?hook_?)?(?:url|uri|endpoint|address)$", re.IGNORECASE)


@predicate("route", "an edge function")
def _(s: Subject) -> bool:
    return s.route.framework == "supabase-functions"


@predicate("route", "behind the public key")
def _(s: Subject) -> bool:
    return s.route.has("public-key")


@predicate("route", "acts for whoever calls")
def _(s: Subject) -> bool:
    """Sends mail, takes a payment, changes rows with the key that no policy stops; or does not even look at the
    caller's token and changes rows, shows one by its id, or uses the app's key for another service."""
    done = s.route.effects
    if done & {"sends-mail", "takes-payment"} or ("writes-store" in done and "SERVICE_ROLE" in s.text):
        return True
    file = _file(s)
    if file is None or _ASKS_TOKEN.search(file.text):
        return False
    spends = "calls-service" in done and (_SECRET.search(file.text) or any(_named(p.name) for p in s.route.parameters))
    return bool("writes-store" in done or spends or unbound(s))


def _named(name: str) -> bool:
    return _ADDRESS.match(name) is not None


def _file(s: Subject) -> SourceFile | None:
    return s.snapshot.file(s.route.body.path) if s.route.body else None
