"""Requests that another website can make a visitor's browser send (cross-site request forgery)."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.public_reasons import is_webhook
from vibeaudit.survey.words import words

_CHANGING = frozenset(("writes-store", "writes-file", "runs-command", "sends-mail", "takes-payment"))
_WRITING = frozenset(("POST", "PUT", "PATCH", "DELETE", "ANY"))
_READING = frozenset(("GET", "HEAD", "OPTIONS", "QUERY"))
_KNOWS_CALLER = frozenset(("keeps-session", "reads-cookie"))
# The handler asks something that another site cannot know or set.
_ASKS = re.compile(
    r"[cx]srf_?(?:token|check|protect|guard)|(?:validate|check|verify)_?[cx]srf|validate_on_submit"
    r"|\breferr?er\b(?=[\s\S]{0,300}?(?:host|netloc|hostname|startswith|origin))"
    r"|['\"]origin['\"]|headers\.origin|Sec-Fetch-Site|X-Requested-With"
    r"|(?:GET|args|query_params)(?:\.get\(|\[)\s*['\"]state['\"]"  # of OAuth: drawn by lot, kept in the session
    r"|\b(?:current|old|existing)_?password|HTTP_AUTHORIZATION|\bauthorization\b",
    re.IGNORECASE,
)
_OF_SESSION = re.compile(
    r"\b(?:session|current_user|cookies|COOKIES)\b|\breq(?:uest)?\.(?:user|session|cookies)\b|\bg\.(?:user|session)"
    r"|\bctx\.(?:session|state\.user|cookies)"
)
_JSON = re.compile(r"\brequest\.(?:get_json\(\)|get_json\(silent=True\)|json\b)|\bawait request\.json\(\)")
_FORM = re.compile(r"\brequest\.(?:form|files|values|args|POST|data|get_data)\b|\bForm\(|force=True|\.formData\(")
_HEADER_GUARD = re.compile(r"basic_?auth|token|bearer|jwt|api_?key|HTTPAuth", re.IGNORECASE)
_DOES = frozenset(
    "delete remove destroy add create update edit save approve reject cancel disable enable toggle transfer buy"
    " purchase send promote demote ban unban block activate deactivate reset clear accept decline pay withdraw"
    " upgrade vote like follow unfollow join leave restore archive publish unpublish increase decrease checkout"
    " move".split()
)
# `approved_request`, `process_approval`, `cancelled`: the same, said as what was done
_DONE = re.compile(
    r"^(?:approv(?:ed|al|e)|reject(?:ed|ion)|delet(?:ed|ion)|remov(?:ed|al)|accept(?:ed|ance)|cancel(?:l?ed|lation)|block(?:ed|ing)"
    r"|declin(?:ed|e)|return(?:ed)?|issue[d]?|renew(?:ed|al)?|complete[d]?|clos(?:ed|e)|assign(?:ed)?|process(?:ed)?|book(?:ed)?)$"
)
# a view of Django that sets a fixed state on the row of its address, or deletes it: `loan.status = "approved"`
_ROW_IN_ADDRESS = re.compile(r"<(?:\w+:)?\w+>")
_NOTES_LOOKS = r"(?!\w*(?:read|seen|view|visit|open|click|last|login|expire)\w*\s*=)"
_FIXED = r"(?:True|False|['\"]\w[\w -]*['\"])"
_SETS_STATE = re.compile(
    rf"^[ \t]*\w+\.{_NOTES_LOOKS}\w+\s*=\s*{_FIXED}[ \t]*$|\.update\({_NOTES_LOOKS}\w+\s*=\s*{_FIXED}\s*\)"
    r"|^[ \t]*(?!.*(?:session|cache|OTP|otp|token))[\w.() =,]+\.delete\(\)[ \t]*$",
    re.MULTILINE,
)
_DELETES = frozenset(("delete", "remove", "destroy"))
_SENDS_ON = re.compile(r"\b(?:return\s+(?:\w+\.)?(?:redirect|HttpResponseRedirect|RedirectResponse)\(|res\.redirect\()")
_SHOWS = re.compile(
    r"\b(?:render\w*|TemplateResponse|jsonify|JsonResponse|HttpResponse|Response|JSONResponse|make_response|send_file)\s*\("
    r"|\b(?:res|Response|NextResponse)\.(?:send\w*|json|render|end)\(|^[ \t]*return\s+(?:\{|['\"f]|f['\"])",
    re.MULTILINE,
)
_REFUSES = re.compile(r"^[ \t]*return\s[^\n]*,\s*[45]\d\d[ \t]*$", re.MULTILINE)
_FORM_ASKED = re.compile(
    r"request\.(?:method|form|values|files|get_json|json|data)\b|validate_on_submit|is_submitted|\.validate\(|Form\("
)
_LINK = re.compile(r"token|verify|confirm|unsubscribe|callback|oauth|reset|activate|log_?out|sign_?out", re.IGNORECASE)
_SIGN_OUT = re.compile(
    r"^[ \t]*(?:return\s+)?(?:auth\.|auth_|django_)?logout\(\s*(?:self\.)?request\s*\)", re.MULTILINE
)
_SIGNING = frozenset("login logout signin signout signup register registration forgot".split())


@predicate("route", "forgeable by another site")
def _(s: Subject) -> bool:
    """Changes something for whoever's cookie comes with the request, and asks for nothing that only the app's own
    pages have."""
    server, route = s.server, s.route
    if server is None or not server.traits & _KNOWS_CALLER or server.framework in ("nextjs", "nestjs"):
        return False
    if {"checks-forgery", "same-site"} & server.traits or _of_rest_framework(s):
        return False
    if route.has("csrf") and server.framework != "flask":  # of Flask the traits say which of several apps checks
        return False
    if route.by_header or _known_by_header(s):
        return False
    return (
        bool(set(route.methods) & _WRITING)
        and _changes_for_caller(s)
        and not _takes_json_alone(s)
        and not _whatever_the_method(s)
        and not words(route.path) & _SIGNING
        and not ({"user", "create"} <= words(route.path) and not route.has("authentication"))
    )


@predicate("route", "changes state at a mere link")
def _(s: Subject) -> bool:
    """A link on another site, or a picture, is enough: browsers send cookies along with it."""
    server, route = s.server, s.route
    # a handler of Next.js knows its caller by a cookie, unless it reads a header
    by_cookie = server is not None and (server.traits & _KNOWS_CALLER or server.framework == "nextjs")
    if not by_cookie or route.by_header or not _answers_links(s):
        return False
    if _ends_session_by_hand(s):
        return True
    last = words(route.handler) | words(re.sub(r"[:<{\[][^/]*", "", route.path))
    if _LINK.search(route.path + route.handler):
        return False
    if not (last & _DOES or _only_sends_on(s) or _sets_state_of_row(s)):
        return False
    # what anybody can delete is deleted by whatever follows links, too: crawlers, previews, a browser that looks ahead
    return _changes_for_caller(s) or bool(last & _DELETES and "writes-store" in route.effects and _rests_on_nothing(s))


def _ends_session_by_hand(s: Subject) -> bool:
    """A sign-out of Django that answers a mere link. Django's own view takes POST alone since version 5."""
    django = s.server is not None and s.server.framework == "django" and not _of_rest_framework(s)
    return django and _SIGN_OUT.search(s.text) is not None and not _SHOWS.search(s.text)


def _sets_state_of_row(s: Subject) -> bool:
    if s.route.framework != "django" or not _ROW_IN_ADDRESS.search(s.route.path):
        return False
    named = any(_DONE.match(w) for w in words(s.route.handler))
    return "writes-store" in s.route.effects and (named or _SETS_STATE.search(s.text) is not None)


def _only_sends_on(s: Subject) -> bool:
    """A handler that shows no page of its own: it does something, and sends the visitor elsewhere."""
    return bool(_SENDS_ON.search(s.text)) and not _SHOWS.search(_REFUSES.sub("", s.text))


def _rests_on_nothing(s: Subject) -> bool:
    route = s.route
    known = any(route.has(kind) for kind in ("authentication", "partial-authentication", "authorization", "signature"))
    return not known and not route.public_reason and not _ASKS.search(s.text)


def _of_rest_framework(s: Subject) -> bool:
    """Django's REST framework asks for the token itself, of whoever signs in by session."""
    file = s.snapshot.file(s.route.body.path) if s.route.body else None
    return file is not None and s.route.framework == "django" and b"rest_framework" in file.data


def _answers_links(s: Subject) -> bool:
    if set(s.route.methods) <= _READING or _whatever_the_method(s):
        return True
    django = s.server is not None and s.server.framework == "django" and "ANY" in s.route.methods
    return django and not re.search(
        r"POST|request\.method(?!\s*==\s*['\"]GET)|require_http_methods|method_decorator|\.is_valid\(", s.text
    )


def _whatever_the_method(s: Subject) -> bool:
    """A handler of Flask for links and forms that asks for no form: it does the same for both."""
    both = s.route.framework == "flask" and {"GET", "POST"} <= set(s.route.methods)
    return both and _FORM_ASKED.search(s.text) is None and bool(_SENDS_ON.search(s.text)) and _only_sends_on(s)


def _changes_for_caller(s: Subject) -> bool:
    route = s.route
    if not route.effects & _CHANGING or "sets-session" in route.effects or route.has("signature"):
        return False
    if route.public_reason in ("login", "signature", "health") or is_webhook(route.path) or _ASKS.search(s.text):
        return False
    return route.has("authentication") or bool(_OF_SESSION.search(s.text))


def _known_by_header(s: Subject) -> bool:
    """A guard that by its name reads a header, in an app that reads no cookie of its own."""
    named = any(g.kind == "authentication" and _HEADER_GUARD.search(g.name) for g in s.route.guards)
    return named and s.server is not None and "reads-cookie" not in s.server.traits


def _takes_json_alone(s: Subject) -> bool:
    """A body of JSON, like a method other than POST, is asked for by the browser first: the answer to that is no."""
    by_form = s.server is not None and "takes-verb-from-form" in s.server.traits
    if not by_form and not set(s.route.methods) & {"POST", "ANY"}:
        return True
    if s.server is not None and s.server.family == "script":
        return "reads-forms" not in s.server.traits
    return bool(_JSON.search(s.text)) and not _FORM.search(s.text)
