"""What stands between a caller and a handler: guards by name, and guards by what a body does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import signed_links
from vibeaudit.survey.code import Branch, Call, Function, Module, text_of
from vibeaudit.survey.words import kinds_by_name, words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.made_guards import Dead
    from vibeaudit.survey.project import Meaning, Project

# An expression that says who is calling, in the ways that frameworks offer.
_IDENTITY = re.compile(
    r"""\b(?:req|request|ctx|context|c|event|socket|reply|info|self\.request)\??\.(?:(?!params|query|body|form|args|json|data)\w+\??\.)?
          (?:session\b|user\b|auth\b|userId\b|user_id\b|currentUser\b|isAuthenticated\b|token\b|uid\b|jwt\b)
      | \b(?:c|ctx|context)\.get\(\s*['"](?:user|session|userId|jwtPayload|auth)\w*['"]
      | \b(?:res\.|event\.)?locals\??\.(?:user|session|auth)
      | \bsession\s*(?:\.get\(|\[)\s*['"](?:user|uid|account|logged|admin|auth|is_|email|username|role|login|id['"]
          |(?!cart|order|basket|quiz|game|item|product)\w+_id['"]|customer|member|student|teacher|patient|doctor|employee|staff|client|seller|vendor|driver|owner|profile|name['"])
      | ['"](?:user\w*|uid|logged\w*|login|account\w*|email|admin\w*|role|id|\w+_?(?:name|email)
          |(?!cart|order|basket|quiz|game|item|product)\w+_id|customer|member
          |student|teacher|patient|doctor|employee|staff|client|seller|vendor|driver|owner|profile)['"]\s*(?:not\s+)?in\s+
          (?:flask\.)?(?:session|request\.session|self\.request\.session)
      | \bg\.(?:user|current_user)\b | \bcurrent_user\b | \bclientContext\b
      | \bheaders?(?:\(\)\)?)?\s*(?:\??\.(?:get\()?|\[|\()\s*['"]?[\w-]*(?:authorization|api[-_]key|token|secret)
      | HTTP_AUTHORIZATION
      | \binfo\.context(?:\[['"]\w+['"]\]|\.\w+){0,2}(?:\.|\[['"]|\.get\(['"])
          (?:current_)?(?:user|session|auth|token|viewer)
      | \bget_(?:secure_|signed_)?cookie\(\s*['"][\w-]*(?:session|token|user|auth|sid\b|login)
      | \b(?:authorization|x_(?:[a-z]+_){0,3}(?:key|token|secret))\b(?!['"]?\s*:)
      | \bcookies?\b(?:\(\))?\)?[^;\n]{0,30}?['".](?:\w*session\w*|\w*token\w*|auth\w*|sid|jwt)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Calls that answer who is calling. The result still has to be looked at.
_WHO = frozenset(
    "getServerSession unstable_getServerSession getSession currentUser getClaims getAuth getToken validateRequest"
    " validateSession validateSessionToken verifyIdToken verifySession verifySessionCookie jwtVerify getCurrentUser"
    " get_current_user get_jwt_identity getKindeServerSession isAuthenticated is_authenticated getIronSession getUserId"
    " get_jwt get_jwt_claims get_raw_jwt get_current_user_id getCurrentSession getAuthSession getLoggedInUser"
    " verifyToken verify_token"
    " decodeToken decode_token"
    " decode_access_token verifyAccessToken verify_access_token verifyJwt verifyJWT verify_jwt withAuth"
    " getUserFromRequest"
    " get_user_from_token getUserFromToken authenticate verifyAuth requireUser require_user getServerAuthSession"
    " getUserIdFromRequest verify_id_token auth".split()
)
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
    r"|unwrapWebhook|validateEvent|"
    r"validateRequestWithBody|webhooks\.unwrap|verifyDiscordRequest|verifyKey|verifyHmac\w*|verify_hmac\w*"
    r"|checkSignature|"
    r"subtle\.verify|validateSignature\w*|validate_signature\w*|verifySlackRequest|verifySvix\w*)$"
)
_SIGNATURE_HOLDER = re.compile(
    r"(^|\.)(\w*(webhook|svix|receiver|wh|SignatureVerifier|hmac)\w*)\.verify$", re.IGNORECASE
)
_REFUSES = re.compile(
    r"\b(?:return|throw|raise)\b|\b(?:redirect|abort|notFound|forbidden|unauthorized|reject)\s*\("
    r"|\bstatus\(40[13]\)|sendStatus\(40[13]\)|\bstatus:\s*40[13]\b"
)
_STOPS = re.compile(
    r"\b(?:throw|raise)\b|redirect|abort\(|\b40[0134]\b|unauthori[sz]ed|forbidden|\breject\(|\bnext\(\s*\w"
    r"|\bres\.|Response"
    r"|notFound\(|jsonify",
    re.IGNORECASE,
)
_CATCHES = re.compile(r"\bcatch\b[^{]{0,40}\{[^}]{0,200}\b40[13]\b|\bexcept\b[^:\n]{0,60}:\s[^\n]{0,120}\b40[13]\b")
_LETS_THROUGH = re.compile(
    r"\W*(?:return\s+)?(?:await\s+)?(?:next\(\)|(?:self\.)?(?:get_response|call_next)\(\s*\w+\s*\))\W*(?:return\W*)?"
)
# `{ req.user = null; return next(); }`: nobody is turned away
_GOES_ON = re.compile(r"\bnext\(\s*\)|\b(?:get_response|call_next)\(\s*\w+\s*\)")
_TURNS_AWAY = re.compile(
    r"\bthrow\b|redirect|\b40[0134]\b|\.(?:status|send|sendStatus|json|render|end|writeHead)\(|\bnext\(\s*[^\s)]"
)
_DENIES = re.compile(r"!|\bnot\b|\bis\s+None|\bundefined\b|\bnull\b")
_SAYS_NO = re.compile(
    r"\b40[13]\b|unauthori[sz]ed|forbidden|not authenticated|\bredirect\b|\babort\(|\bsign-?in\b|/login"
    r"|PermissionDenied|AuthError",
    re.IGNORECASE,
)
# `if (user && user.banned) throw`: those who are signed in are looked at, nobody else is turned away
_OF_SOME = re.compile(r"\W*([\w.]+)\s*&&\s*\1\??\.|\W*\w+\?\.\w+\W*$")
_THROWN = re.compile(r"\bthrow\b|\b40[13]\b")
# a redirect to an address that was looked up, and what comments say
_ELSEWHERE = re.compile(r"\bredirect\(\s*(?![\s'\"`]|url_for)[^\n]*|(?<!:)//[^\n]*")
_FOUND = re.compile(r"!==?\s*-1\b")  # `at !== -1`: it is there
_IS_WORD = re.compile(r"===?\s*(['\"])[\w-]+\1")  # `scheme === "Basic"`: what was found, not what is missing
_BREAKS_OFF = re.compile(
    r"\bthrow\b|\b(?:redirect|notFound|forbidden|unauthorized|abort|reject)\s*\(|\bnext\(|\bres(?:ponse)?\."
)
_HANDLED = re.compile(r"(?:req|request|ctx|context|event|c)")
_MAY = re.compile(r"can[A-Z_]\w*$|(?:may|is_?allowed|is_?permitted|has_?access)(?:_?[A-Z]\w*)?$", re.ASCII)
_NEGATIVE = re.compile(r"!(?!=)|!==?|\bnot\b|==|\bis\s+None|\?\.error|\b\w*[eE]rror\b|\bundefined\b|\bnull\b")
_ROLE = re.compile(
    r"(?<=\.)(?:admin|superuser|can_\w+)\b|\b\w*\.?(?:role|roles|isAdmin|is_admin|is_staff|is_superuser"
    r"|isSuperAdmin|is_owner|isOwner|permissions?"
    r"|scopes?|has_?[Rr]ole|has_?[Pp]erm\w*|isModerator)\b"
    r"|ADMIN_EMAILS?|admin_emails?|adminEmails?|\bis_user_admin\b|\bcheckIsAdmin\b|ADMIN_(?:TOKEN|SECRET|KEY|PASSWORD)"
    r"|\.email\s*[!=]==?\s*['\"][^'\"\s]+@"  # one address in the code: poor, but a check (admin-chosen-by-email)
)
# A row of the caller's that is asked for by role: nothing comes back for whoever lacks it.
_ROLE_QUERY = re.compile(
    r"\.(?:eq|in|filter|contains|containedBy)\(\s*['\"](?:\w*_)?(?:roles?|is_?admin|is_super_?(?:user|admin)|is_staff)['\"]\s*,"
    r"|\b(?:role|user_role|userRole|_role)\s*:\s*(?:['\"]\w|\{\s*in\b|\w*(?:Role|ROLE)\w*\.)"
    r"|\brole\s*(?:=|in)\s*\(?\s*'\w+'"
    r"|\.rpc\(\s*['\"](?:\w+\.)?(?:has_\w*role|has_\w*permission|is_\w*admin|is_\w*staff|check_\w*(?:admin|role))\w*['\"]",
    re.IGNORECASE,
)
# A helper that answers by role: `return claims.role === "admin" ? claims : null`
_ROLE_ASKED = re.compile(
    r"\b(?:role|roles|is_?[aA]dmin|is_staff|is_superuser|isSuperAdmin|permissions?|scopes?)['\"]?[\])]{0,2}\s*"
    r"(?:[!=]==?|(?:not\s+)?in\b|\.includes\(|\?|&&)"
    r"|\.includes\([^()\n]{0,60}\.role\)"
    r"|(?:!|\bnot\s+)[\w.?]*\b(?:is_?[aA]dmin|is_staff|is_superuser|isSuperAdmin)\b"
)
_ROLE_NOTED = re.compile(r"\bis_?[aA]dmin\w*\s*=(?!=)[^;\n]*")  # kept for later
_SAYS_NOBODY = re.compile(
    r"(?::|\breturn)\s*(?:null|undefined|false|None|False|NextResponse|new Response)\b"
    r"|\b(?:throw|raise|error|40[13])\b"
    r"|return\s+[^;\n]{0,200}(?:===?|\bin\b|includes\()"
)
# A credential of a program, in a header of its own: whoever has an account does not have it.
_OWN_SECRET = re.compile(
    r"\bx[-_]\w*(?:token|secret|key)\b|(?:\benv\b|environ|getenv|settings|config)\S{0,40}?(?:secret|token|password|key)"
    r"|(?-i:\b[A-Z_]*(?:SECRET|API_?KEY|TOKEN)[A-Z_]*\b)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"process\.env\b|import\.meta\.env|Deno\.env|os\.environ|os\.getenv|getenv\(|\bsettings\.|\bconfig\b[.\[]"
    r"|\b\w*(?:SECRET|API_?KEY|TOKEN)\w*\b"
)
_RATE_CALL = re.compile(
    r"(^|\.)\w*(rate_?limit\w*|(?<!de)limiter|throttle)\w*(\.(limit|check|consume|hit|take|test))?$", re.IGNORECASE
)
_VALIDATES = frozenset(
    "safeParse safeParseAsync parseAsync validateSync checkSchema validationResult model_validate".split()
)
_ABOUT_CALLER = re.compile(
    r"\b(?:current_?)?(?:user|me|session|profile|account|claims|payload|principal"
    r"|admin)\w*\??[.\[]",
    re.IGNORECASE,
)
# `if (!user) throw new Error("Unauthorized")` says it all, wherever the user came from (signing in apart)
_NOBODY = re.compile(r"(?:!|not )\s*\w*(?:user|session|viewer|account|auth)\w*(?:\??\.\w+)*", re.IGNORECASE)
_TURNED_AWAY = re.compile(
    r"(?:throw|raise)\b[^;\n]*(?:\b401\b|unauthori[sz]ed|unauthenticated|not (?:logged|signed|authenticated))"
    r"|redirect\([^)\n]*(?:log-?in|sign-?in)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"[\w.]*\bheaders?\??(?:\(\))?(?:\.get\(|\[|\.)\s*['\"]?authorization['\"]?[\])]*!?", re.IGNORECASE
)
_IS_THERE = re.compile(r"(?:!|not\s+)\s*(\w+)|(\w+)\s+is\s+None")
# an allowance that runs out limits as well as a rate does
_LIMITED = re.compile(
    r"\b429\b|too.?many.?(?:requests|attempts|tries)|rate.?limit|\b402\b"
    r"|(?:insufficient|not enough|out of|no more|no) (?:credits?|tokens|quota|balance)"
    r"|(?:limit|quota|allowance) (?:reached|exceeded|used up)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"password|passwd|scrypt|bcrypt|pbkdf2|argon2", re.IGNORECASE)
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body does about its caller: the guards in it, those of them that stop its caller too (it throws,
    redirects or answers, where others just return), and whether its result says who is calling, or in which role."""

    guards: tuple[Guard, ...] = ()
    stopping: tuple[Guard, ...] = ()
    tells_who: bool = False
    tells_role: bool = False  # its result is nothing for whoever lacks a role


def in_function(project: Project, module: Module, function: Function, depth: int = 0) -> Reading:
    """The guards inside a function and inside the app's own functions that it calls."""
    key = ("guards", function.key)
    if key not in project.memory:
        project.memory[key] = Reading()  # a call back to itself finds nothing new
        project.memory[key] = _read(project, module, function.body, depth)
    return project.memory[key]  # type: ignore[return-value]


def in_node(project: Project, module: Module, node: Node) -> Reading:
    """The same for a bare block, such as a handler without a function of its own."""
    return _read(project, module, node, 0)


def in_made(project: Project, module: Module, function: Function, fixed: Mapping[str, bool], depth: int = 0) -> Reading:
    """The guards of a function where the truth of some names is known: parameters, those of the function that made
    it, and members of options."""
    key = ("guards", function.key, tuple(sorted(fixed.items())))
    if key not in project.memory:
        project.memory[key] = Reading()
        project.memory[key] = _read(project, module, function.body, depth, fixed)
    return project.memory[key]  # type: ignore[return-value]


def _in_called(project: Project, module: Module, call: Call, called: tuple[Module, Function], depth: int) -> Reading:
    """What a function does about the caller when it is called like this: `parse(request, { skipAuth: true })`."""
    from vibeaudit.survey.made_guards import given_truths

    fixed = given_truths(call, called[1]) if module.kind == "javascript" else {}
    return in_made(project, *called, fixed, depth) if fixed else in_function(project, *called, depth)


def _read(
    project: Project, module: Module, body: Node, depth: int, fixed: Mapping[str, bool] = MappingProxyType({})
) -> Reading:
    from vibeaudit.survey.made_guards import Dead, live

    found: list[Guard] = []
    stopping: list[Guard] = []
    dead = Dead.of(module, body, fixed)
    known = _Identity(project, module, body, depth, dead)
    whole = dead.without(text_of(body)) if dead.spans else module.code_in(body)
    says_no = bool(_SAYS_NO.search(whole))
    # a verification that throws inside `try` guards only when somebody refuses afterwards
    heeded = says_no or not re.search(r"\btry\b", whole) or bool(re.search(r"\b(?:throw|raise|reject)\b", whole))
    compares_passwords = bool(_PASSWORD.search(whole))
    for call in dead.left(module.calls_in(body)):
        if not (compares_passwords and call.last in ("timingSafeEqual", "compare_digest")):
            stopping += _by_call(project, module, call, known, depth, heeded)
    branches = dead.left(module.branches_in(body))
    halved = fixed and any(live(b.condition, fixed) != text_of(b.condition) for b in branches)
    for branch in branches:
        rest = module.kind == "python" or _refused_after(body, branch)
        here = _by_branch(module, branch, known, says_no, rest)
        if halved and not _DENIES.search(live(branch.condition, fixed)):  # made so that nobody has to be signed in
            here = [g for g in here if g.kind != "authentication"]
        if module.kind == "python" and _asked_for(branch.node, body):
            here = [replace(g, kind=_OF_PART) for g in here if g.kind == "authentication"]
        found += here
        if any(_STOPS.search(text_of(n)[:2000]) for n in (branch.then, *branch.otherwise)) or says_no:
            stopping += here
    # who is calling is read inside `try`, failing is a refusal
    if known.any and not halved and (refusal := _CATCHES.search(whole)):
        at = module.file.at(body.start_byte + len(whole[: refusal.start()].encode()))
        stopping.append(Guard("authentication", "early-return", "session check", at))
    asked = _ROLE_ASKED.search(_ROLE_NOTED.sub(" ", whole)) or _ROLE_QUERY.search(whole)
    by_role = known.any and bool(asked) and bool(_SAYS_NOBODY.search(whole))
    return Reading(_unique([*found, *stopping]), _unique(stopping), known.any, by_role)


class _Identity:
    """The names in a body that hold who is calling."""

    def __init__(self, project: Project, module: Module, body: Node, depth: int, dead: Dead) -> None:
        from vibeaudit.survey.made_guards import handed as handed_by

        self._project, self._module, self._depth = project, module, depth
        self.names: set[str] = set()
        self._roles: set[str] = set()  # names that are empty unless the caller has a role
        self.passwords = bool(_PASSWORD.search(text_of(body)))
        self.any = bool(_IDENTITY.search(dead.without(text_of(body))))
        self._unread: set[str] = set()  # headers that the body asks for and never reads
        scripts = dead.left(module.calls_in(body)) if module.kind == "javascript" else []
        handed = {handed_by(call) for call in scripts} - {""}
        handed |= _injected(project, module, body, depth) if module.kind == "python" else set()
        self.names |= handed
        self.any = self.any or bool(handed)
        for assign in dead.left(module.assigns_in(body)):
            if self.told_by(assign.value):
                self.any = True
                held = {t for t in assign.targets if t and "." not in t}
                if _HEADER.fullmatch(text_of(assign.value).strip()):
                    whole = text_of(body)
                    self._unread |= {t for t in held if len(re.findall(rf"\b{re.escape(t)}\b", whole)) == 2}
                self.names |= held
                if self.by_role(assign.value):
                    self._roles |= held

    def only_looked_for(self, condition: str) -> bool:
        """`if (!authHeader) return 401` when nothing else is ever done with the header: any word in it will do."""
        asked = _IS_THERE.fullmatch(condition.strip("() "))
        return asked is not None and (asked[1] or asked[2]) in self._unread

    def told_by(self, node: Node) -> bool:
        """Whether the expression says who is calling."""
        text = text_of(node)[:2000]
        if node.type in ("arrow_function", "function_expression", "lambda"):
            return False
        if _IDENTITY.search(text) or self.mentions(text):
            return True
        return any(self._asks(call) for call in self._module.calls_in(node))

    def is_asked_may(self, node: Node) -> bool:
        """`if (!(await canEdit(user, note)))`: whether this caller may do something."""
        asked = (c for c in self._module.calls_in(node) if _MAY.match(c.last))
        return any(self.told_by(a) for c in asked for a in c.args)

    def by_role(self, node: Node) -> bool:
        """Whether the expression is what a helper gives for callers of one role, or a name that holds it."""
        if self._roles & set(re.findall(r"[A-Za-z_]\w*", text_of(node)[:2000])):
            return True
        if self._is_role_row(node):
            return True
        if self._depth >= _MAX_DEPTH:
            return False
        for call in self._module.calls_in(node):
            called = self._project.function_called(self._module, call)
            asked = called is not None and _may_tell(called[1].name)
            if called and asked and _in_called(self._project, self._module, call, called, self._depth + 1).tells_role:
                return True
        return False

    def _is_role_row(self, node: Node) -> bool:
        """A query for the caller's own row that has the role among its conditions."""
        return bool(_ROLE_QUERY.search(text_of(node)[:2000])) and self.told_by(node)

    def _asks(self, call: Call) -> bool:
        if call.last in _WHO or call.name.endswith("auth.getUser") or call.name == "getUser":
            return True
        if self._depth >= _MAX_DEPTH:
            return False
        called = self._project.function_called(self._module, call)
        by_name = called is not None and _may_tell(called[1].name)
        if called is None or not (by_name or any(_HANDLED.fullmatch(text_of(a)) for a in call.args)):
            return False
        inside = _in_called(self._project, self._module, call, called, self._depth + 1)
        return inside.tells_who and (by_name or any(g.kind == "authentication" for g in inside.guards))

    def mentions(self, text: str) -> bool:
        return bool(self.names) and any(w in self.names for w in re.findall(r"(?<![.\w])[A-Za-z_]\w*", text))


_DEPENDS = re.compile(r"\b(?:Depends|Security)\(\s*([\w.]+)")


def _injected(project: Project, module: Module, body: Node, depth: int) -> set[str]:
    """The parameters that FastAPI fills with whoever is calling: `user=Depends(current_user)`."""
    from vibeaudit.survey.python_methods import function_of

    function = function_of(module, body.parent) if body.parent is not None and depth < _MAX_DEPTH else None
    names = set()
    for param in function.params if function else ():
        said = f"{text_of(param.default)} {param.type}"
        if not (given := _DEPENDS.search(said)):
            continue
        found = project.meaning(module, given[1])
        if _gives_caller(project, found, given[1], depth):
            names.add(param.name)
    return names


def _gives_caller(project: Project, found: Meaning | None, name: str, depth: int) -> bool:
    """Whether a dependency says who is calling, or takes that from another dependency."""
    kinds = set(kinds_by_name(name))
    if found is not None and found.function is not None:
        inside = in_function(project, found.module, found.function, depth + 1)
        kinds = kinds if refuses(text_of(found.function.body)) else set()
        kinds |= {g.kind for g in inside.stopping}
        if inside.tells_who or _injected(project, found.module, found.function.body, depth + 1):
            return True
    elif found is not None and found.value is not None:
        kinds |= {g.kind for g in of_value(project, found.module, found.value, "dependency", name)}
    return bool(kinds & {"authentication", "authorization"})


def _may_tell(name: str) -> bool:
    return bool(
        words(name)
        & {
            "auth",
            "user",
            "session",
            "token",
            "login",
            "signed",
            "caller",
            "jwt",
            "identity",
            "who",
            "whoami",
            "viewer",
            "me",
            "current",
            "account",
            "admin",
            "authorize",
            "authorization",
            "authenticate",
            "authenticated",
            "role",
            "owner",
            "access",
            "permission",
            "guard",
            "profile",
            "id",
        }
    )


def _by_call(project: Project, module: Module, call: Call, known: _Identity, depth: int, heeded: bool) -> list[Guard]:
    if not call.name:
        return []
    at = module.file.locate(call.node)
    if _SIGNATURE.search(call.name) or _SIGNATURE_HOLDER.search(call.name):
        return [Guard("signature", "call", call.name, at)]
    if module.kind == "python" and signed_links.opens(call):
        return [Guard("signature", "call", call.name, at)]
    if _RATE_CALL.search(call.name) and not words(call.last) & {"file", "size"}:
        return [Guard("rate-limit", "call", call.name, at)]
    if any(_RATE_CALL.search(text_of(a)[:80]) for a in call.args if a.type in ("identifier", "member_expression")):
        return [Guard("rate-limit", "call", call.name, at)]  # `await run(req, res, limiter)`
    if call.last in _VALIDATES or (call.last == "parse" and re.search(r"[sS]chema|^z\.", call.name)):
        return [Guard("validation", "call", call.name, at)]
    called = project.function_called(module, call)
    if called is not None:
        if depth >= _MAX_DEPTH or _swallowed(call.node) or _unheeded(module, call, called):
            return []
        inside = _in_called(project, module, call, called, depth + 1).stopping
        return [replace(g, name=call.name, how="call", location=at) for g in inside if g.kind in _CARRIED]
    if _MAKES_GUARD.search(call.name):
        callee = call.node.child_by_field_name("function")
        if callee is not None and callee.type == "call_expression":
            return []  # `passport.authenticate(...)(req, res, next)`: the inner call says it
        if _FOR_ANYBODY.search(text_of(call.args[0]) if call.args else ""):
            return []
        judged = bool(call.args) and module.function_at(call.args[-1]) is not None  # by its callback, in its branches
        return [] if judged else [Guard("authentication", "call", call.name, at)]
    if _THROWS.search(call.name) and heeded and (module.kind == "python" or not call.name.endswith("jwt.decode")):
        callback = call.args[-1] if call.args else None
        if callback is not None and module.function_at(callback) and not _SAYS_NO.search(text_of(callback)):
            return []  # the callback shrugs its shoulders
        kinds = ("authentication", "authorization") if words(call.name) & {"admin", "role"} else ("authentication",)
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
    held: Node | None = node
    while held is not None and held.type != "function_definition":
        handlers = [c for c in held.named_children if c.type == "except_clause"] if held.type == "try_statement" else []
        body = held.child_by_field_name("body")
        if handlers and body is not None and body.start_byte <= node.start_byte < body.end_byte:
            return not any(_STOPS.search(said) or _GIVES.search(said) for said in map(text_of, handlers))
        held = held.parent
    held = node
    while held is not None and held.type not in ("function_declaration", "arrow_function", "method_definition"):
        above = held.parent
        if above is not None and above.type == "try_statement" and above.child_by_field_name("body") == held:
            handler = above.child_by_field_name("handler")
            return (
                handler is not None
                and not re.search(r"\breturn\b", text_of(handler))
                and not _STOPS.search(text_of(handler))
            )
        held = above
    return False


_GIVES = re.compile(r"\breturn[ \t]+(?!None\b)\S")
_OF_PART = "partial-authentication"  # what guards only some of what a handler does
_CARRIED = frozenset(("authentication", _OF_PART, "authorization", "signature", "rate-limit", "csrf"))


_FIELD_SENT = re.compile(
    r"^\(?['\"]\w+['\"]\s+in\s+(?:self\.)?request\.(?:POST|GET|FILES|form|args|values|data|json)\)?$"
)


def _asked_for(node: Node, body: Node) -> bool:
    """Whether code runs only for callers who send a certain field: `if "save" in request.POST: ...`."""
    held = node.parent
    while held is not None and held.start_byte >= body.start_byte and held.type != "function_definition":
        if held.type in ("if_statement", "elif_clause"):
            condition, then = held.child_by_field_name("condition"), held.child_by_field_name("consequence")
            inside = then is not None and then.start_byte <= node.start_byte < then.end_byte
            if inside and _FIELD_SENT.match(text_of(condition).strip()):
                return True
        held = held.parent
    return False


def _refused_after(body: Node, branch: Branch) -> bool:
    """Whether what follows a branch turns away those who did not take it."""
    rest = (body.text or b"")[branch.node.end_byte - body.start_byte :].decode("utf-8", "replace")
    return bool(_SAYS_NO.search(_ELSEWHERE.sub(" ", rest)))


def _by_branch(module: Module, branch: Branch, known: _Identity, says_no: bool, rest: bool) -> list[Guard]:
    condition = text_of(branch.condition)[:2000]
    role = bool(_ROLE.search(condition)) or known.by_role(branch.condition) or known.is_asked_may(branch.condition)
    who = known.told_by(branch.condition)
    if _LIMITED.search(text_of(branch.then)[:600]):
        return [Guard("rate-limit", "early-return", "limit", module.file.locate(branch.condition))]
    if signed_links.compares_token(condition) and _REFUSES.search(text_of(branch.then)[:2000]):
        return [Guard("signature", "early-return", "token of the row", module.file.locate(branch.condition))]
    if not who and _NOBODY.fullmatch(condition.strip("() ")) and _TURNED_AWAY.search(text_of(branch.then)[:600]):
        who = not known.passwords
    if (not who and not role) or known.only_looked_for(condition):
        return []
    refuses = _refuses(branch, condition, says_no, rest)
    if not refuses:
        return []
    compares = bool(re.search(r"!==?|==", condition))
    secret = compares and bool(_SECRET.search(condition))
    at = module.file.locate(branch.condition)
    found = []
    if who:
        found.append(Guard("authentication", "early-return", "shared secret" if secret else "session check", at))
        if compares and _OWN_SECRET.search(
            condition
        ):  # who knows it is a program of the owner's, not just somebody with an account
            found.append(Guard("authorization", "early-return", "shared secret", at))
    if role and (who or known.any or _ABOUT_CALLER.search(condition)):
        found.append(Guard("authorization", "early-return", "role check", at))
        if not who and known.any:
            found.append(Guard("authentication", "early-return", "role check", at))
    return found


def _refuses(branch: Branch, condition: str, says_no: bool, rest: bool) -> bool:
    """`if (!user) return 401`, or `if (user) { ... } else { 401 }`."""
    then = text_of(branch.then)[:2000]
    if _LETS_THROUGH.fullmatch(then[:200]) or (_GOES_ON.search(then) and not _TURNS_AWAY.search(then)):
        turns_away = says_no or any(_REFUSES.search(text_of(o)[:2000]) for o in branch.otherwise)
        return turns_away and not _DENIES.search(condition)  # `isNotAuthenticated` turns away those who are signed in
    condition = _FOUND.sub(" ", condition)
    if not _SAYS_NO.search(_ELSEWHERE.sub(" ", then)):
        condition = _IS_WORD.sub(" ", condition)
    if _NEGATIVE.search(condition) and _REFUSES.search(then):
        return True
    if any(_REFUSES.search(o) and not _LETS_THROUGH.fullmatch(o) for o in map(_block, branch.otherwise)):
        return True
    if _OF_SOME.match(condition) and _THROWN.search(then):
        return False
    return says_no and rest and not _NEGATIVE.search(condition)


def _block(node: Node) -> str:
    return text_of(node)[:2000].removeprefix("else")


def of_expression(project: Project, module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """The guards that a middleware, decorator or dependency expression stands for."""
    from vibeaudit.survey import javascript, python
    from vibeaudit.survey.made_guards import made

    at = module.file.locate(node)
    if node.type in ("array", "list", "spread_element"):
        return tuple(g for c in node.named_children for g in of_expression(project, module, c, how))
    if function := module.function_at(node):
        return tuple(replace(g, how=how, location=at) for g in in_function(project, module, function).stopping)
    if module.kind == "javascript" and (forged := _against_forgery(module, node, how)):
        return forged
    if module.kind == "javascript" and (given := made(project, module, node, how)) is not None:
        return given
    call = module.call_at(node)
    name = call.name if call else (python if module.kind == "python" else javascript).dotted(node)
    if not name:
        return ()
    found = _reached(project, module, node) or project.meaning(module, name)
    if found and found.function:
        inside = in_function(project, found.module, found.function).stopping
        kinds = {g.kind for g in inside}
        if refuses(text_of(found.function.body)) and not kinds & {"authentication", "signature"}:
            kinds |= set(kinds_by_name(name))
        return tuple(Guard(kind, how, name, at) for kind in sorted(kinds))
    if found and found.value is not None and found.value is not node and found.value.type != "class_definition":
        inner = of_value(project, found.module, found.value, how, name)
        if inner:
            return tuple(replace(g, name=name, location=at) for g in inner)
    promised = _kinds_of_call(name, call)
    if not promised and how == "dependency" and words(name) >= {"current", "user"}:
        promised = ("authentication",)  # a dependency that gives the user refuses when there is none
    return tuple(Guard(kind, how, name, at) for kind in promised)


def _against_forgery(module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """`verifyCsrfToken()` tells a forged request from the page's own, and asks nobody who they are."""
    from vibeaudit.survey import javascript

    call = module.call_at(node)
    name = call.name if call else javascript.dotted(node)
    return (Guard("csrf", how, name, module.file.locate(node)),) if kinds_by_name(name) == ("csrf",) else ()


def refuses(text: str) -> bool:
    """Whether a body turns somebody away, for whatever reason."""
    return bool(_SAYS_NO.search(text) or re.search(r"\b(raise|throw)\b", text))


def own_kinds(name: str) -> tuple[str, ...]:
    """What the name of the app's own function promises; the file that it lies in promises nothing."""
    return kinds_by_name(name.rsplit(".", 1)[-1])


def _reached(project: Project, module: Module, node: Node) -> Meaning | None:
    """A script's middleware behind members of instances and objects: `session.isLoggedIn`, `this.guard.bind(this)`."""
    from vibeaudit.survey.project import Meaning
    from vibeaudit.survey.script_values import function_of

    if module.kind != "javascript":
        return None
    found = function_of(project, module, node)
    return Meaning(found[0], found[1], found[1].node, found[1].name) if found else None


def of_value(project: Project, module: Module, value: Node, how: str, name: str) -> tuple[Guard, ...]:
    """`const limiter = rateLimit({...})`, `const checkJwt = auth({...})`."""
    call = module.call_at(value)
    if value.type == "array":
        return of_expression(project, module, value, how)
    if call is None:
        return tuple(Guard(k, how, name, module.file.locate(value)) for k in kinds_by_name(name))
    kinds = _kinds_of_call(call.name, call) or kinds_by_name(name)
    return tuple(Guard(kind, how, name, module.file.locate(value)) for kind in kinds)


_MAKES_GUARD = re.compile(r"(^|\.)(passport\.authenticate|expressjwt|expressJwt|requiresAuth|ClerkExpressRequireAuth)$")
_KNOWN = re.compile(
    r"(^|\.)(passport\.authenticate|expressjwt|expressJwt|jwt|requiresAuth|ClerkExpressRequireAuth"
    r"|requireAuth|ensureLoggedIn|auth|basicAuth|"
    r"bearerAuth|OAuth2PasswordBearer|HTTPBearer|APIKeyHeader|APIKeyCookie|HTTPBasic|jwt_required"
    r"|login_required|token_required|"
    r"fresh_login_required|requires_auth|LoginManager\.login_required|isAuthenticated|protect|authMiddleware"
    r"|shopify\.authenticate\.admin)$"
)


# passport's strategies that turn nobody away: the one reads the session again, the other takes everybody
_FOR_ANYBODY = re.compile(r"['\"](?:session|anonymous)['\"]")


def _kinds_of_call(name: str, call: Call | None) -> tuple[str, ...]:
    given = text_of(call.args[0]) if call is not None and call.args else ""
    if name.endswith("passport.authenticate") and _FOR_ANYBODY.search(given):
        return ()
    if name.startswith("better") or name.endswith(("express.static", "session", "cookieParser")):
        return ()
    kinds = kinds_by_name(name)
    if _KNOWN.search(name) and not kinds:
        kinds = ("authentication",)
    if call is not None and "authentication" in kinds:
        said = " ".join(text_of(a) for a in (*call.args, *call.keywords.values()))
        if re.search(r"auto_error\s*=\s*False|optional\s*=\s*True|credentialsRequired:\s*false", text_of(call.node)):
            return ()
        if re.search(r"\b(admin|role|staff|superuser|owner)\b", said, re.IGNORECASE):
            kinds = (*kinds, "authorization")
    return tuple(dict.fromkeys(kinds))


def _unique(guards: list[Guard]) -> tuple[Guard, ...]:
    """One guard of each kind and name, the first."""
    seen: dict[tuple[str, str], Guard] = {}
    for guard in guards:
        seen.setdefault((guard.kind, guard.name), guard)
    return tuple(seen[k] for k in sorted(seen))
