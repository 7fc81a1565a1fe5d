"""The guards that a call is: a check of a library's, or of a function of the app's own, that refuses by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards import page_tokens, reading, signed_links
from vibeaudit.survey.guards.identity import Identity
from vibeaudit.survey.guards.libraries import FOR_ANYBODY, MAKES_GUARD
from vibeaudit.survey.guards.refusals import MAX_DEPTH, SAYS_NO, STOPS
from vibeaudit.survey.python.handlers import handlers_around
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

# Calls that throw or redirect by themselves when nobody is signed in.
_THROWS = re.compile(
    r"(^|\.)(auth\.protect|jwt\.verify|jwtVerify|verifyIdToken|verify_id_token|verify_jwt_in_request"
    r"|verifySessionCookie|requireAuth|"
    r"requireUser|requireUserSession|requireSession|requireUserId|require_user|require_auth|require_login|assertAuth\w*"
    r"|ensureAuth\w*|checkAuth|"
    r"jwt\.decode|jwt_decode|decode_jwt|authenticateRequest|withPageAuthRequired|withApiAuthRequired|withAuth"
    r"|enforceAuth)$"
)
_SIGNATURE = re.compile(
    r"(^|\.)(constructEvent|constructEventAsync|construct_event|timingSafeEqual|compare_digest"
    r"|verifySignature\w*|verify_signature\w*|"
    r"isValidSignature\w*|is_valid_signature|validateWebhook\w*|verifyWebhook\w*|verify_webhook\w*"
    r"|unwrapWebhook|validateEvent|check_signature\w*|"
    r"validateRequestWithBody|webhooks\.unwrap|verifyDiscordRequest|verifyKey|verifyHmac\w*|verify_hmac\w*"
    r"|checkSignature|"
    r"subtle\.verify|validateSignature\w*|validate_signature\w*|verifySlackRequest|verifySvix\w*)$"
)
_SIGNATURE_HOLDER = re.compile(
    r"(^|\.)(\w*(webhook|svix|receiver|wh|SignatureVerifier|hmac)\w*)\.verify$", re.IGNORECASE
)
# the token of a form, compared with the session's: it tells the page's own requests from forged ones, not who calls
_EQUALS = re.compile(r"(?:^|\.)(?:compare_digest|timingSafeEqual)$")
# a code or a password that somebody types in: it can be guessed, a signature cannot
_TYPED_IN = re.compile(
    r"(?i)(?:\.|\[['\"])(?:\w+_)?(?:code|otp|pin|passcode|password|passwd|pwd|pw)(?:_?hash)?(?:['\"]\])?$"
)
_BREAKS_OFF = re.compile(
    r"\bthrow\b|\b(?:redirect|notFound|forbidden|unauthorized|abort|reject)\s*\(|\bnext\(|\bres(?:ponse)?\."
)
_RATE_CALL = re.compile(
    r"(^|\.)\w*(rate_?limit\w*|(?<!de)limiter|throttle)\w*(\.(limit|check|consume|hit|take|test))?$"
    r"|(^|\.)(token|leaky)_?bucket\w*(\.(authori[sz]e|allow|consume|take|acquire|spend|try|check|hit|limit)\w*)?$",
    re.IGNORECASE,
)
_BUCKET = re.compile(r"(?:^|\.)(?:token|leaky)_?bucket\w*\.", re.IGNORECASE)
_VALIDATES = frozenset(
    "safeParse safeParseAsync parseAsync validateSync checkSchema validationResult model_validate".split()
)


def by_call(project: Project, module: Module, call: Call, known: Identity, depth: int, heeded: bool) -> list[Guard]:
    """The guards of one call. `heeded`: what it throws ends in a refusal."""
    if not call.name:
        return []
    at = module.file.locate(call.node)
    if _EQUALS.search(call.name) and any(page_tokens.kept(text_of(a)) for a in call.args):
        return [Guard("csrf", "call", call.name, at)]
    if _EQUALS.search(call.name) and any(_TYPED_IN.search(text_of(a)) for a in call.args):
        return []
    if _SIGNATURE.search(call.name) or _SIGNATURE_HOLDER.search(call.name):
        return [Guard("signature", "call", call.name, at)]
    if module.kind == "python" and signed_links.opens(call):
        return [Guard("signature", "call", call.name, at)]
    if _BUCKET.search(call.name) and call.node.parent is not None and call.node.parent.type == "expression_statement":
        return []  # what it says is not asked: it only notes
    if _RATE_CALL.search(call.name) and not words(call.last) & {"file", "size"}:
        return [Guard("rate-limit", "call", call.name, at)]
    if any(_RATE_CALL.search(text_of(a)[:80]) for a in call.args if a.type in ("identifier", "member_expression")):
        return [Guard("rate-limit", "call", call.name, at)]  # `await run(req, res, limiter)`
    if call.last in _VALIDATES or (call.last == "parse" and re.search(r"[sS]chema|^z\.", call.name)):
        return [Guard("validation", "call", call.name, at)]
    called = project.function_called(module, call)
    if called is not None:
        if depth >= MAX_DEPTH or _swallowed(call.node) or _unheeded(module, call, called):
            return []
        inside = reading.in_called(project, module, call, called, depth + 1).stopping
        if module.kind == "javascript" and _asks_no_role(called[1], call):
            inside = tuple(g for g in inside if g.kind != "authorization")
        if any(_TYPED_IN.search(f".{text_of(a)}") for a in call.args):  # `fits(password, row.sealed)`
            inside = tuple(g for g in inside if g.kind != "signature")
        return [replace(g, name=call.name, how="call", location=at) for g in inside if g.kind in _CARRIED]
    if MAKES_GUARD.search(call.name):
        callee = call.node.child_by_field_name("function")
        if callee is not None and callee.type == "call_expression":
            return []  # `passport.authenticate(...)(req, res, next)`: the inner call says it
        if FOR_ANYBODY.search(text_of(call.args[0]) if call.args else ""):
            return []
        judged = bool(call.args) and module.function_at(call.args[-1]) is not None  # by its callback, in its branches
        return [] if judged else [Guard("authentication", "call", call.name, at)]
    if _THROWS.search(call.name) and heeded and (module.kind == "python" or not call.name.endswith("jwt.decode")):
        callback = call.args[-1] if call.args else None
        if callback is not None and module.function_at(callback) and not SAYS_NO.search(text_of(callback)):
            return []  # the callback shrugs its shoulders
        # `admin.auth().verifyIdToken(...)`: admin is what the library calls itself
        said = words(call.last if _VERIFIES.match(call.last) else call.name)
        kinds = ("authentication", "authorization") if said & {"admin", "role"} else ("authentication",)
        return [Guard(kind, "call", call.name, at) for kind in kinds]
    if call.last == "assert" and len(call.args) > 1 and text_of(call.args[1]) in ("401", "403"):  # Koa
        return [Guard("authentication", "call", call.name, at)] if known.told_by(call.args[0]) else []
    if re.search(
        r"(^|\.)(authorize|checkPermission|check_permission|requireAdmin|require_admin|requireRole"
        r"|require_role|require_permissions?|requirePermissions?)$",
        call.name,
    ):
        return [Guard(kind, "call", call.name, at) for kind in ("authentication", "authorization")]
    return []


_ROLES_GIVEN = re.compile(r"(?i)(?:rights?|roles?|permissions?|scopes?|privileges?)$")


def _asks_no_role(called: Function, call: Call) -> bool:
    """`check(request)` of a `check(request, allowedRoles = [])`, which looks at roles only when it is told some."""
    if any(a.type == "spread_element" for a in call.args):
        return False
    left = called.params[len(call.args) :]
    named = [n for p in left for n in re.findall(r"\w+", p.name)]
    return any(_ROLES_GIVEN.search(n) for n in named)


def _unheeded(module: Module, call: Call, called: tuple[Module, Function]) -> bool:
    """Whether a function that gives its refusal back, and throws nothing, is called for something else: `const { auth,
    error } = await parse(request)` where nobody looks at the names again in a condition."""
    if module.kind != "javascript" or _BREAKS_OFF.search(called[0].code_in(called[1].body)):
        return False
    declared = call.node
    while declared.parent is not None and declared.type in ("call_expression", "await_expression"):
        declared = declared.parent
    target = declared.child_by_field_name("name") if declared.type == "variable_declarator" else None
    if target is None or target.type != "object_pattern":
        return False
    names = set(re.findall(r"[A-Za-z_]\w*", text_of(target)))
    held: Node | None = declared
    while held is not None and held.type != "statement_block":
        held = held.parent
    if held is None:
        return False
    return not any(names & set(re.findall(r"[A-Za-z_]\w*", text_of(b.condition))) for b in module.branches_in(held))


def _swallowed(node: Node) -> bool:
    """Whether what a call throws ends in a `catch` that goes on as if nothing were."""
    if handlers := handlers_around(node):
        return not any(STOPS.search(said) or _GIVES.search(said) for said in map(text_of, handlers))
    held: Node | None = node
    while held is not None and held.type not in ("function_declaration", "arrow_function", "method_definition"):
        above = held.parent
        if above is not None and above.type == "try_statement" and above.child_by_field_name("body") == held:
            handler = above.child_by_field_name("handler")
            return (
                handler is not None
                and not re.search(r"\breturn\b", text_of(handler))
                and not STOPS.search(text_of(handler))
            )
        held = above
    return False


_GIVES = re.compile(r"\breturn[ \t]+(?!None\b)\S")
OF_PART = "partial-authentication"  # what guards only some of what a handler does
_VERIFIES = re.compile(r"verify_?(?:id_?token|session_?cookie)$", re.IGNORECASE)
_CARRIED = frozenset(("authentication", OF_PART, "authorization", "signature", "rate-limit", "csrf"))
