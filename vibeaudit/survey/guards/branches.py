"""The guards that a branch is: it asks who is calling and turns somebody away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.code import Branch, Module, text_of
from vibeaudit.survey.guards import page_tokens, signed_links
from vibeaudit.survey.guards.identity import Identity
from vibeaudit.survey.guards.refusals import DENIES, ELSEWHERE, SAYS_NO
from vibeaudit.survey.guards.told_roles import told_role
from vibeaudit.survey.guards.trades import ROLE_OF_MANY, asks_for_few, only_of_many

if TYPE_CHECKING:
    from tree_sitter import Node


_REFUSES = re.compile(
    r"\b(?:return|throw|raise)\b|\b(?:redirect|abort|notFound|forbidden|unauthorized|reject)\s*\("
    r"|\bstatus\(40[13]\)|sendStatus\(40[13]\)|\bstatus:\s*40[13]\b"
)
_LETS_THROUGH = re.compile(
    r"\W*(?:return\s+)?(?:await\s+)?(?:next\(\)|(?:self\.)?(?:get_response|call_next)\(\s*\w+\s*\))\W*(?:return\W*)?"
)
# `{ req.user = null; return next(); }`: nobody is turned away
_GOES_ON = re.compile(r"\bnext\(\s*\)|\b(?:get_response|call_next)\(\s*\w+\s*\)")
_TURNS_AWAY = re.compile(
    r"\bthrow\b|redirect|\b40[0134]\b|\.(?:status|send|sendStatus|json|render|end|writeHead)\(|\bnext\(\s*[^\s)]"
)
# `if (user && user.banned) throw`: those who are signed in are looked at, nobody else is turned away
_OF_SOME = re.compile(r"\W*([\w.]+)\s*&&\s*\1\??\.|\W*\w+\?\.\w+\W*$")
_THROWN = re.compile(r"\bthrow\b|\b40[13]\b")
_FOUND = re.compile(r"!==?\s*-1\b")  # `at !== -1`: it is there
_IS_WORD = re.compile(r"===?\s*(['\"])[\w-]+\1")  # `scheme === "Basic"`: what was found, not what is missing
_NEGATIVE = re.compile(r"!(?!=)|!==?|\bnot\b|==|\bis\s+None|\?\.error|\b\w*[eE]rror\b|\bundefined\b|\bnull\b")
_ROLE = re.compile(
    r"(?<=\.)(?:admin|superuser|can_\w+)\b|(?<=session\.)(?:staff|employee|operator|moderator|manager)\b|\b\w*\.?(?:role|roles|isAdmin|is_admin|is_staff|is_superuser"
    r"|isSuperAdmin|is_owner|isOwner|permissions?"
    r"|scopes?|has_?[Rr]ole|has_?[Pp]erm\w*|isModerator)\b"
    r"|ADMIN_EMAILS?|admin_emails?|adminEmails?|\b_?(?:check_?)?[iI]s_?(?:[uU]ser_?)?[aA]dmin\w*\("
    r"|\b(?:is_user_admin|checkIsAdmin)\b|ADMIN_(?:TOKEN|SECRET|KEY|PASSWORD)"
    r"|\.email\s*[!=]==?\s*['\"][^'\"\s]+@"  # one address in the code: poor, but a check (admin-chosen-by-email)
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
# an allowance that runs out limits as well as a rate does
_LIMITED = re.compile(
    r"\b429\b|too.?many.?(?:requests|attempts|tries)|rate.?limit|\b402\b"
    r"|(?:insufficient|not enough|out of|no more|no) (?:credits?|tokens|quota|balance)"
    r"|(?:limit|quota|allowance) (?:reached|exceeded|used up)",
    re.IGNORECASE,
)
# `if (tooMany(req, "sign-up", 10)) return ...`, whatever it answers then
_COUNTED = re.compile(
    r"\b(?:is_?)?(?:too_?many\w*|rate_?limit(?:ed|_?exceeded|_?reached)?|(?:limit|quota)_?(?:reached|exceeded|hit)"
    r"|over_?(?:limit|quota)|exceeds_?(?:limit|rate)\w*|throttled)\(",
    re.IGNORECASE,
)
_FIELD_SENT = re.compile(
    r"^\(?['\"]\w+['\"]\s+in\s+(?:self\.)?request\.(?:POST|GET|FILES|form|args|values|data|json)\)?$"
)


def asked_for(node: Node, body: Node) -> bool:
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


def refused_after(body: Node, branch: Branch) -> bool:
    """Whether what follows a branch turns away those who did not take it."""
    rest = (body.text or b"")[branch.node.end_byte - body.start_byte :].decode("utf-8", "replace")
    return bool(SAYS_NO.search(ELSEWHERE.sub(" ", rest)))


def by_branch(module: Module, branch: Branch, known: Identity, says_no: bool, rest: bool) -> list[Guard]:
    """The guards of one branch. `says_no`: the body refuses somewhere; `rest`: what follows the branch does."""
    condition = text_of(branch.condition)[:2000]
    if _always_there(module, condition):
        return []
    if page_tokens.compared(condition):
        at = module.file.locate(branch.condition)
        return [Guard("csrf", "early-return", "page token", at)] if _REFUSES.search(text_of(branch.then)[:2000]) else []
    role = (
        (bool(_ROLE.search(condition)) and not told_role(module, branch.condition))
        or known.by_role(branch.condition)
        or known.is_asked_may(branch.condition)
    )
    if _asks_permission(module, condition) and _REFUSES.search(text_of(branch.then)[:2000]):
        return [Guard("authorization", "early-return", "permission", module.file.locate(branch.condition))]
    who = _asks_who(branch, known)
    role = role or (who and asks_for_few(condition))
    limited = _COUNTED.search(condition) and _REFUSES.search(text_of(branch.then)[:600])
    if limited or _says_enough(text_of(branch.then)[:600]):
        return [Guard("rate-limit", "early-return", "limit", module.file.locate(branch.condition))]
    if signed_links.compares_token(condition) and _REFUSES.search(text_of(branch.then)[:2000]):
        return [Guard("signature", "early-return", "token of the row", module.file.locate(branch.condition))]
    if not who and _NOBODY.fullmatch(condition.strip("() ")) and _TURNED_AWAY.search(text_of(branch.then)[:600]):
        who = not known.passwords
    if (not who and not role) or known.only_looked_for(condition) or _sends_staff_away(branch, condition):
        return []
    refuses = _turns_away(branch, condition, says_no, rest)
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
        if only_of_many(condition):
            found.append(Guard(ROLE_OF_MANY, "early-return", "role check", at))
        if not who and known.any:
            found.append(Guard("authentication", "early-return", "role check", at))
    return found


_BARE_CALLER = re.compile(r"(?:not\s+)?current_user(?:\s+is\s+(?:not\s+)?None|\s*[!=]=\s*None)?")


def _always_there(module: Module, condition: str) -> bool:
    """`if current_user:` of Flask-Login, which is an object for strangers, too."""
    given = module.imports.get("current_user") if _BARE_CALLER.fullmatch(condition.strip("() ")) else None
    return given is not None and given.spec.split(".")[0] in ("flask_login", "flask_security", "flask_user")


# `if (session?.user.role === "ADMIN") redirect("/admin")`: the staff have pages of their own; nobody else is stopped
_OF_STAFF = re.compile(
    r"\brole\b['\"\])]{0,2}\s*={2,3}\s*(?:['\"](?:super_?)?admin(?:istrator)?['\"]|\w*Role\w*\.(?:SUPER_?)?ADMIN)",
    re.IGNORECASE,
)


def _sends_staff_away(branch: Branch, condition: str) -> bool:
    asks = _OF_STAFF.search(condition) is not None and not re.search(r"!|\bnot\b|\|\||\bor\b", condition)
    then = text_of(branch.then)[:2000]
    away = not branch.otherwise and re.search(r"\bredirect\w*\(", then) is not None
    return asks and away and not re.search(r"\b40[13]\b|log-?in|sign-?in", then)


def sends_members_away(branch: Branch, known: Identity) -> bool:
    """`if (req.session.user) return res.redirect("/")`: the sign-in page is for strangers."""
    condition, then = text_of(branch.condition)[:2000], text_of(branch.then)[:600]
    return (
        not DENIES.search(condition)
        and known.told_by(branch.condition)
        and not branch.otherwise
        and bool(_REFUSES.search(then))
        and not _GOES_ON.search(then)
    )


# `request.user.project_set.count() == 1`: asked of somebody who is signed in
_OWN = r"(?:(?:self\.)?req(?:uest)?\.user|current_user|g\.user)\.[\w.()]+"
_COUNTED_OF_OWN = re.compile(rf"(?:len\({_OWN}\)|{_OWN}\.(?:count\(\)|length|size))\s*(?:[=!]==?|[<>]=?)\s*\d+")
_INSIDE = re.compile(r"[\w.]+\.(?:is_authenticated|isAuthenticated|is_logged_in|isLoggedIn)(?:\(\))?")


def _asks_permission(module: Module, condition: str) -> bool:
    """`if not Permission(IsModerator): return ...`, of Flask-Allows and Flask-Principal, which know the caller."""
    asked = re.match(r"\(?not\s+(\w*Permission)\(", condition)
    given = module.imports.get(asked[1]) if asked else None
    return given is not None and given.spec.startswith(("flask_allows", "flask_principal"))


def _says_enough(then: str) -> bool:
    """Whether a branch turns somebody away because it was too often."""
    return _LIMITED.search(then) is not None and (_REFUSES.search(then) is not None or "429" in then)


def _asks_who(branch: Branch, known: Identity) -> bool:
    """Whether a condition asks who is calling, and not something of those who are signed in only: who refuses them, as
    in `if closed or user.is_authenticated: return 403`, refuses no stranger."""
    sides = _alternatives(branch.condition)
    refused = len(sides) > 1 and not branch.otherwise and SAYS_NO.search(text_of(branch.then)[:600]) is not None
    return any(
        known.told_by(side)
        and not _COUNTED_OF_OWN.fullmatch(text_of(side))
        and not (refused and _INSIDE.fullmatch(text_of(side)))
        for side in sides
    )


def _alternatives(condition: Node) -> list[Node]:
    """The sides of `a or b`; else the condition alone."""
    while condition.type == "parenthesized_expression" and condition.named_children:
        condition = condition.named_children[0]
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    operator = text_of(condition.child_by_field_name("operator"))
    if operator not in ("or", "||") or left is None or right is None:
        return [condition]
    return [*_alternatives(left), *_alternatives(right)]


def _turns_away(branch: Branch, condition: str, says_no: bool, rest: bool) -> bool:
    """`if (!user) return 401`, or `if (user) { ... } else { 401 }`."""
    then = text_of(branch.then)[:2000]
    if _LETS_THROUGH.fullmatch(then[:200]) or (_GOES_ON.search(then) and not _TURNS_AWAY.search(then)):
        turns_away = says_no or any(_REFUSES.search(text_of(o)[:2000]) for o in branch.otherwise)
        return turns_away and not DENIES.search(condition)  # `isNotAuthenticated` turns away those who are signed in
    condition = _FOUND.sub(" ", condition)
    if not SAYS_NO.search(ELSEWHERE.sub(" ", then)):
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
