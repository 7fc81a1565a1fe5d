"""Whether a function is one at which strangers name an account: a sign-in, a reset, a registration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import sign_ins
from vibeaudit.survey.accounts.messages import WRONG
from vibeaudit.survey.accounts.passwords import ABROAD
from vibeaudit.survey.accounts.scenes import bare_text, function_of, reached, whole
from vibeaudit.survey.accounts.schemas import password_taken
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

    Paths = Mapping[tuple[str, int], str]

_LOOKS_UP = re.compile(
    r"(?i)^(?:filter|filter_by|get|get_or_none|get_or_404|find\w*|first|select|execute|query|where|one|aget|load\w*"
    r"|fetch\w*"
    r"|(?:get|find|fetch|load|lookup)_?\w*(?:user|mail|account|member|admin|name)\w*"
    r"|(?!select|delete|remove)\w+_?by_?(?:e?mail|(?:user_?|login_?)?name|login|phone)\w*)$"
)
_PERSON = re.compile(r"(?i)user|mail|login|phone|account|name")
_RESETS = frozenset(
    "forgotten reactivate"
    " forgot forget forgotpw forgotpass forgotpassword forgetpw forgetpass forgetpassword reset resetpw resetpass"
    " resetpassword recoverpassword lostpassword recover recovery lost resend".split()
)
_FORGETS = frozenset("forgot forgotten forget forgotpw forgotpass forgotpassword forgetpassword".split())
# all that a sign-up form sends, its password too: `Object.assign({}, req.body)`, `create(req.body)`
_WHOLE_BODY = re.compile(
    r"\b(?:create|insert\w*|assign|save)\([^()]*\b(?:req|request|ctx\.request)\.body\s*\)|\.\.\.(?:req|request)\.body\b"
)
_PASSWORD = re.compile(rf"(?i)passw|pwd|\bpass\b|mdp|{ABROAD}")
_ASKING = frozenset("check available availability exists exist taken unique".split())
_NAMES = frozenset("name username usernames email mail user users account login phone".split())
_NO_ASKING = frozenset(
    "token auth session permission permissions role access status password in out confirm verify".split()
)
_OPENS = frozenset(
    "register registration signup join enrol enroll"
    " cadastro cadastrar registrar registro inscription inscrire registrieren".split()
)
_SIGNED_IN = re.compile(
    r"(?i)(?P<name>\bcurrent_?user\b)(?!\.is_(?:auth|anon)|\s*=[^=])|req\.user\b|request\.user\.(?!is_auth)|session\[['\"]\w*user\w*['\"]\](?!\s*=[^=])"
    r"|req\.session\.user\w*(?!\w*\s*=[^=])"
    r"|get_jwt_identity|\bg\.user|auth\(\)|getServerSession"
)
_KNOWN_ALREADY = re.compile(r"(?i)\b(?:old|current|existing|present)_?passw")
_HELD_BY_REQUEST = re.compile(
    r"(?i)\b(?:request|req|form|data|json|body|cookies?|headers|params|args|values|post|meta|cleaned_data|environ)\.get$"
)
# how a form or serializer looks at one of its fields: `validate_email`, `clean_username`
_LOOKS_AT_FIELD = re.compile(r"^(?:validate|clean)(?:_\w*)?$")
_FORM_CLASS = re.compile(r"(?:Form|Serializer)\w*$")
_VERBS = frozenset("get post put patch delete dispatch create perform_create form_valid handle default".split())
_CALLBACKS = frozenset(("arrow_function", "function_expression", "function"))
_OF_FORM = frozenset("save create validate is_valid update run_validation".split())


def asks(project: Project, module: Module, scene: Node, kind: str, paths: Paths) -> bool:
    """Whether the function is a sign-in or a reset (or, for names that are taken, opens accounts). `paths` are the
    addresses of handlers, by file and line."""
    text = bare_text(project, module, scene)
    if knows_caller(module, scene, text):
        return False
    function = function_of(module, scene)
    said = _said_of(function) | words(
        " ".join(paths.get((module.path, whole(scene).start_point[0] + 1), "").split("/")[-2:])
    )
    if kind == "tells who already has an account" and _checked_at_sign_up(module, scene):
        return True
    if kind == "tells who already has an account":
        if says_whether_taken(said):
            return True
        opens = bool(said & _OPENS) or {"sign", "up"} <= said or {"create", "user"} <= said
        asked = _PASSWORD.search(text + _form_around(module, function)) is not None
        return opens and (
            asked
            or _WHOLE_BODY.search(text) is not None
            or password_taken(project, module, function) is not None
            or _body_holds_password(project, module, function)
        )
    if said & _RESETS and re.search(r"(?i)mail|user|login|phone", text) is not None:
        return True
    return signs_in(module, scene, text)


_ROUTE = re.compile(r"(?:\w+\.)*(?:post|put|all)$")


def _checked_at_sign_up(module: Module, scene: Node) -> bool:
    """A check of a field where the sign-up is registered: `post("/register", body("email").custom(...))`."""
    up = scene.parent
    while up is not None and up.type in ("arguments", "call_expression", "member_expression", "array"):
        call = module.call_at(up) if up.type == "call_expression" else None
        if call is not None and _ROUTE.fullmatch(call.name) and call.args and call.args[0].type == "string":
            said = words(text_of(call.args[0]).rsplit("/", 1)[-1])
            return bool(said & _OPENS) or {"sign", "up"} <= said
        up = up.parent
    return False


def services_of(project: Project, routes: Iterable[Route]) -> dict[tuple[str, int], str]:
    """The addresses of sign-ups and forgotten passwords, for the functions that their handlers call, by file and
    line: what a service throws, its handler answers."""
    found: dict[tuple[str, int], str] = {}
    for route in routes:
        said = words(" ".join(route.path.split("/")[-2:]))
        opens = bool(said & _OPENS) or {"sign", "up"} <= said or bool(said & _FORGETS)
        handler = handler_of(project, route) if opens and not route.guards else None
        for place, node in reached(project, *handler)[1:] if handler is not None else ():
            found.setdefault((place.path, whole(node).start_point[0] + 1), route.path)
    return found


def says_whether_taken(said: frozenset[str]) -> bool:
    """Whether a function is there to say if a name is free: `/check-email`, `isUsernameAvailable`."""
    return bool(said & _ASKING and said & _NAMES) and not said & _NO_ASKING


def signs_in(module: Module, scene: Node, text: str) -> bool:
    """Whether a typed password is held against the stored one of an account that is looked for by its name."""
    if _KNOWN_ALREADY.search(text):
        return False
    compared = sign_ins.compares(text) or (WRONG.search(text) is not None and "passw" in text.lower())
    return compared and (WRONG.search(text) is not None or looks_up_by_name(module, scene))


def knows_caller(module: Module, scene: Node, text: str) -> bool:
    """Whether the function rests on who is signed in; a local variable of that name is only a row."""
    own = {t for a in module.assigns_in(scene) for t in a.targets}
    return any(m["name"] is None or m["name"] not in own for m in _SIGNED_IN.finditer(text))


def _said_of(function: Function | None) -> frozenset[str]:
    """The words of its name and decorators; of its class, where the name is only a verb of HTTP."""
    if function is None:
        return frozenset()
    named = words(function.name) | words(" ".join(text_of(d) for d in function.decorators)[:200])
    of_form = _looks_at_field(function) or (function.name in _OF_FORM and _FORM_CLASS.search(function.owner))
    return named | words(function.owner) if function.name in _VERBS or of_form else named


def _looks_at_field(function: Function) -> bool:
    return bool(_LOOKS_AT_FIELD.match(function.name) and _FORM_CLASS.search(function.owner))


def form_of(module: Module, scene: Node) -> str:
    """The form or serializer one of whose fields the function looks at; empty for other functions."""
    function = function_of(module, scene)
    return function.owner if function is not None and _looks_at_field(function) else ""


def _form_around(module: Module, function: Function | None) -> str:
    """The text of the form or serializer one of whose fields the function looks at, with what it inherits from."""
    if function is None or not _looks_at_field(function):
        return ""
    klass = module.by_class.get(function.owner)
    return text_of(klass.node).replace("UserCreationForm", "UserCreationForm password") if klass is not None else ""


def _body_holds_password(project: Project, module: Module, function: Function | None) -> bool:
    """Whether a parameter is of a class of the app's own (a DTO) that declares a password."""
    for param in function.params if function is not None and module.kind == "javascript" else ():
        name = re.sub(r"^:\s*", "", param.type or "")
        if re.fullmatch(r"[A-Z]\w+", name):
            meaning = project.meaning(module, name)
            klass = (meaning.module if meaning else module).by_class.get(name)
            if klass is not None and re.search(r"(?i)\bpassword\b", text_of(klass.node)):
                return True
    return False


def looks_up_by_name(module: Module, scene: Node) -> bool:
    """Whether the account is looked for by its name alone, so that an unknown name and a wrong password part ways."""
    for call in module.calls_in(scene):
        said = " ".join(text_of(a) for a in call.args[:2] if a.type not in _CALLBACKS) + " ".join(
            f"{k}={text_of(v)}" for k, v in call.keywords.items()
        )
        if _HELD_BY_REQUEST.search(call.name):
            continue
        if _LOOKS_UP.match(call.last) and _PERSON.search(said) and not re.search(r"(?i)pass|pwd", said):
            return True
        if re.search(r"(?i)^(?:auth\.)?authenticate$|validate_?login$", call.name):
            return True
    return (
        re.search(r"(?i)\b(?:user\w*|e?mail|name) (?:not )?in \w*(?:users|accounts|db)\b", text_of(scene)) is not None
    )
