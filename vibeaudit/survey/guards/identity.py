"""Who is calling, and in which role: the names in a body that hold it, the expressions that say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import people
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.guards import reading
from vibeaudit.survey.guards.injected import injected
from vibeaudit.survey.guards.refusals import MAX_DEPTH
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.guards.made import Dead
    from vibeaudit.survey.project import Project

# An expression that says who is calling, in the ways that frameworks offer.
_IDENTITY = re.compile(
    rf"""\b(?:req|request|ctx|context|c|event|socket|reply|info|self\.request)(?:\s+as\s[^()\n]{{1,60}}\))?\??\.(?:(?!params|query|body|form|args|json|data)\w+\??\.)?
          (?:session\b|user\b|auth\b|userId\b|user_id\b|currentUser\b|isAuthenticated\b|token\b|uid\b|jwt\b
          |viewer\b|principal\b|actor\b|identity\b|claims\b|member\b|authUser\b|userInfo\b)
      | \b(?:c|ctx|context)\.get\(\s*['"](?:user|session|userId|jwtPayload|auth)\w*['"]
      | \b(?:res\.|event\.)?locals\??\.(?:user|session|auth
          |(?:currentUser|viewer|me|{people.SOMEBODY}|admin|loggedIn\w*)\b)
      | \bsession\s*(?:\.get\(|\[)\s*['"](?:user|uid|account|logged|admin|auth|is_|email|username|role|login|id['"]
          |(?!cart|order|basket|quiz|game|item|product)\w+_id['"]|{people.SOMEBODY}|client|driver|owner|profile|name['"])
      | ['"](?:user\w*|uid|logged\w*|login|account\w*|email|admin\w*|role|id|\w+_?(?:name|email)
          |(?!cart|order|basket|quiz|game|item|product)\w+_id
          |{people.SOMEBODY}|client|driver|owner|profile)['"]\s*(?:not\s+)?in\s+
          (?:flask\.)?(?:session|request\.session|self\.request\.session)
      | \bg\.(?:current_|auth_|logged_in_)?(?:{people.SOMEBODY}|viewer|profile|identity|principal|claims
          |person|user_?id|uid|me)\b | \bcurrent_user\b | \bclientContext\b
      | \bheaders?(?:\(\)\)?)?\s*(?:\??\.(?:get\()?|\[|\()\s*['"]?[\w-]*(?:authorization|api[-_]key|token|secret)
      | HTTP_AUTHORIZATION
      | \bheaders?\s*(?:\??\.(?:get\()?|\[|\()\s*['"]x[-_](?!idempotency)[\w-]*key['"]
      | \binfo\.context(?:\[['"]\w+['"]\]|\.\w+){{0,2}}(?:\.|\[['"]|\.get\(['"])
          (?:current_)?(?:user|session|auth|token|viewer)
      | \bget_(?:secure_|signed_)?cookie\(\s*['"][\w-]*(?:session|token|user|auth|sid\b|login)
      | \bget(?:Signed)?Cookie\((?:\s*[\w.]+\s*,){{1,2}}\s*
          (?:[\w.]*cookie\w*|['"]?[\w.-]*(?:session|token|user|auth|sid\b|jwt|login))
      | \b(?:authorization|x_(?:[a-z]+_){{0,3}}(?:key|token|secret))\b(?!['"]?\s*:)
      | \bcookies?\b(?:\(\))?\)?[^;\n]{{0,30}}?['".](?:\w*session\w*|\w*token\w*|auth\w*|sid|jwt)\b
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
# `const claims = jwt.verify(token, secret)`: who signed in; a token that was mailed only says whose address it is
_CLAIMS = re.compile(r"(?:^|\.)(?:jwt|jsonwebtoken|JWT)\.verify$")
_MAILED = re.compile(r"(?i)\b(?:body|query|params|searchParams)\b|reset|verif|confirm|activat|invit")
_HEADERS = re.compile(r"(?:ctx\.|c\.)?(?:req|request)\.headers")
_SAYS_WHO = re.compile(r"^\s*\{[^{}=]*\b(?:authorization|['\"]?x-(?:access|auth)-token)\b[^{}=]*\}")
_HANDLED = re.compile(r"(?:req|request|ctx|context|event|c)")
_MAY = re.compile(r"can[A-Z_]\w*$|(?:may|is_?allowed|is_?permitted|has_?access)(?:_?[A-Z]\w*)?$", re.ASCII)
# A row of the caller's that is asked for by role: nothing comes back for whoever lacks it.
ROLE_QUERY = re.compile(
    r"\.(?:eq|in|filter|contains|containedBy)\(\s*['\"](?:\w*_)?(?:roles?|is_?admin|is_super_?(?:user|admin)|is_staff)['\"]\s*,"
    r"|\b(?:role|user_role|userRole|_role)\s*:\s*(?:['\"](?!(?:system|user|assistant|tool|developer)['\"])\w|\{\s*in\b|\w*(?:Role|ROLE)\w*\.)"
    r"|\brole\s*(?:=|in)\s*\(?\s*'\w+'"
    r"|\.rpc\(\s*['\"](?:\w+\.)?(?:has_\w*role|has_\w*permission|is_\w*admin|is_\w*staff|check_\w*(?:admin|role))\w*['\"]",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"[\w.]*\bheaders?\??(?:\(\))?(?:\.get\(|\[|\.)\s*['\"]?authorization['\"]?[\])]*!?", re.IGNORECASE
)
_IS_THERE = re.compile(r"(?:!|not\s+)\s*(\w+)|(\w+)\s+is\s+None")
PASSWORD = re.compile(r"password|passwd|scrypt|bcrypt|pbkdf2|argon2", re.IGNORECASE)


_RECKONED = re.compile(
    r"(?:await\s+)?(?:round|float|Decimal|len|sum|reduce|max|min|abs|Math\.\w+|parseFloat)\(|[\w.]+\.(?:reduce|toFixed|length)\b"
)


# `const req = await request.json()`: a name that sounds like the request, and holds only what was sent with it
_SENT = re.compile(
    r"^(?:await\s+)?\(?(?:await\s+)?[\w.]+\.(?:json|formData)\(\)\)?$|^(?:await\s+)?readBody\(\w+\)$|^JSON\.parse\("
)


class Identity:
    """The names in a body that hold who is calling."""

    def __init__(self, project: Project, module: Module, body: Node, depth: int, dead: Dead) -> None:
        from vibeaudit.survey.guards.made import handed as handed_by

        self._project, self._module, self._depth = project, module, depth
        self.names: set[str] = set()
        self._roles: set[str] = set()  # names that are empty unless the caller has a role
        self.passwords = bool(PASSWORD.search(text_of(body)))
        sent = [a for a in module.assigns_in(body) if _SENT.match(text_of(a.value)[:300])]
        said = {t for a in sent for t in a.targets if _HANDLED.fullmatch(t)}
        self._sent = re.compile(rf"(?<![.\w])(?:{'|'.join(sorted(said))})\??\.(?!json\b)\w+") if said else None
        self.any = bool(_IDENTITY.search(self._told(dead.without(text_of(body)))))
        self._unread: set[str] = set()  # headers that the body asks for and never reads
        scripts = dead.left(module.calls_in(body)) if module.kind == "javascript" else []
        handed = {handed_by(call) for call in scripts} - {""}
        handed |= injected(project, module, body, depth) if module.kind == "python" else set()
        self.names |= handed
        self.any = self.any or bool(handed)
        for assign in dead.left(module.assigns_in(body)):
            if _HEADERS.fullmatch(text_of(assign.value)) and _SAYS_WHO.search(text_of(assign.node)[:300]):
                self.any = True  # `const { authorization: token } = req.headers`
                self.names |= {t for t in assign.targets if t}
            if (
                self.told_by(assign.value)
                and not self._only_reckoned(assign.value)
                and not self._or_looked_up(assign.value)
            ):
                self.any = True
                held = {t for t in assign.targets if t and "." not in t}
                if _HEADER.fullmatch(text_of(assign.value).strip()):
                    whole = text_of(body)
                    self._unread |= {t for t in held if len(re.findall(rf"\b{re.escape(t)}\b", whole)) == 2}
                self.names |= held
                if self.by_role(assign.value):
                    self._roles |= held

        self.any = self.any or any(_is_answer(c.node, body) and self._asks(c) for c in scripts)

    def _told(self, text: str) -> str:
        """The text without the fields of names that hold what was sent."""
        return self._sent.sub(" ", text) if self._sent is not None else text

    def _only_reckoned(self, node: Node) -> bool:
        """A sum or a count of what belongs to the caller does not say who that is: `round(cart_total, 2)`."""
        said = text_of(node)[:2000]
        return _RECKONED.match(said) is not None and not _IDENTITY.search(said)

    def _or_looked_up(self, node: Node) -> bool:
        """`req.user || (await User.findAny())`: there is something even when nobody is signed in."""
        node = _bare(node)
        sides = [_bare(s) for f in ("left", "right") if (s := node.child_by_field_name(f)) is not None]
        if text_of(node.child_by_field_name("operator")) not in ("||", "??", "or") or len(sides) != 2:
            return False
        call = self._module.call_at(_bare(sides[1]))
        return call is not None and _LOOKED_UP.search(call.name) is not None and not self.told_by(sides[1])

    def only_looked_for(self, condition: str) -> bool:
        """`if (!authHeader) return 401` when nothing else is ever done with the header: any word in it will do."""
        asked = _IS_THERE.fullmatch(condition.strip("() "))
        return asked is not None and (asked[1] or asked[2]) in self._unread

    def told_by(self, node: Node) -> bool:
        """Whether the expression says who is calling."""
        text = text_of(node)[:2000]
        if node.type in ("arrow_function", "function_expression", "lambda"):
            return False
        if _IDENTITY.search(self._told(text)) or self.mentions(text):
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
        if self._depth >= MAX_DEPTH:
            return False
        for call in self._module.calls_in(node):
            called = self._project.function_called(self._module, call)
            asked = called is not None and _may_tell(called[1].name)
            if (
                called
                and asked
                and reading.in_called(self._project, self._module, call, called, self._depth + 1).tells_role
            ):
                return True
        return False

    def _is_role_row(self, node: Node) -> bool:
        """A query for the caller's own row that has the role among its conditions."""
        return bool(ROLE_QUERY.search(text_of(node)[:2000])) and self.told_by(node)

    def _asks(self, call: Call) -> bool:
        if call.last in _WHO or call.name.endswith("auth.getUser") or call.name == "getUser":
            return True
        if _CLAIMS.search(call.name) and not (call.args and _MAILED.search(text_of(call.args[0])[:200])):
            return True
        if self._depth >= MAX_DEPTH:
            return False
        called = self._project.function_called(self._module, call)
        by_name = called is not None and _may_tell(called[1].name)
        if called is None or not (by_name or any(_HANDLED.fullmatch(text_of(a)) for a in call.args)):
            return False
        inside = reading.in_called(self._project, self._module, call, called, self._depth + 1)
        return inside.tells_who and (by_name or any(g.kind == "authentication" for g in inside.guards))

    def mentions(self, text: str) -> bool:
        return bool(self.names) and any(w in self.names for w in re.findall(r"(?<![.\w])[A-Za-z_]\w*", text))


_LOOKED_UP = re.compile(r"\.(?:find\w*|count\w*|exists|first|any|all)$|(?:^|\.)(?:find|count|any)[A-Z_]\w*$", re.ASCII)


def _bare(node: Node) -> Node:
    while node.type in ("parenthesized_expression", "await_expression", "await") and node.named_children:
        node = node.named_children[0]
    return node


def _is_answer(node: Node, body: Node) -> bool:
    """`return (await getServerSession(options)) as Session | null`: what is asked is all that the body gives."""
    while node.id != body.id and node.parent is not None and node.parent.type in _AROUND:
        node = node.parent
    return node.id == body.id or (node.parent is not None and node.parent.type == "return_statement")


_AROUND = frozenset(
    ("await_expression", "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression")
)


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
