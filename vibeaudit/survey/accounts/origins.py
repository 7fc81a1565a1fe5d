"""Whose data a logged value is, by where it came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from vibeaudit.survey import javascript, people, python
from vibeaudit.survey.accounts.log_words import says_secret
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Assign, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

Kind = Literal["secret", "record", "field"]

# the whole of what a browser sent: nobody knows which secrets are among it
_WHOLE_REQUEST = re.compile(
    r"(?:await )?(?:self\.)?(?:flask\.)?request\.(?:json|get_json\([^)]*\)|data|form|headers|cookies|POST"
    r"|COOKIES|META|body|values|json\(\)|body\(\)|form\(\)|get_data\([^)]*\)|form\.to_dict\([^)]*\)|POST\.dict\(\))"
)
# what Flask-RESTful, Django's forms and serializers hand over in one piece, where a password is among it
_PARSED = re.compile(
    r"(?:self\.)?\w+\.parse_args\([^)]*\)|\w*(?:form|serializer)\w*\.(?:cleaned_data|validated_data)|form\.data"
)
_PARSES_PASSWORD = re.compile(
    rb"add_argument\(\s*['\"]\w*passw|(?:cleaned_data|validated_data)(?:\[|\.(?:get|pop)\()['\"]\w*passw|\bform\.\w*password\.data"
)
_EMPTY = frozenset("Form FlaskForm Serializer object".split())  # bases that bring no fields of their own
_NAMES_SECRET = re.compile(r"(?i)passw|\bpwd|secret|token|\botp|\bpin\b|cvv|card_?number|api_?key")
# the token of the login is among what a browser sends with each request; the rest of it is what somebody wrote
_SENT_ALONG = re.compile(r"(?:req|request|ctx|ctx\.req|ctx\.request|c\.req)\.(?:headers|cookies)")
_WRITTEN = re.compile(r"(?:req|request|ctx\.request)\.body")
_ENVIRONMENT = re.compile(
    r"os\.environ|dict\(os\.environ\)|process\.env|(?:cfenv|app_?env)\.\w*(?:env|services)\w*\(\)", re.IGNORECASE
)
_COOKIE = re.compile(
    r"(?i)\b(?:req|request|ctx|self\.request)\.cookies(?:\.get)?[\[(.]\s*['\"]?\w*(?:sess|auth|token|jwt|sid|cookie|remember|user)\w*"
)
_AUTHORIZATION = re.compile(r"""(?i)[\w.]*headers(?:\.authorization|(?:\.get)?[\[(]\s*['"]authorization['"]\s*[\])])""")
_PAYMENT = re.compile(
    r"(?i)(?:await\s+)?(?:new )?\w*(?:payments?|charges|paymentIntents|checkout\.sessions)\.(?:get|retrieve|find)\w*\("
    r"|(?:await\s+)?\w*stripe\w*\.(?:checkout\.sessions|paymentIntents|setupIntents)\.(?:create|confirm)\("
)
# Prisma: rows of people, or of something together with the people or addresses it belongs to
_PRISMA_PEOPLE = re.compile(
    rf"(?i)(?:await\s+)?\w+\??\.(?:{people.SOMEBODY})s?\??\.find(?:Unique|First|Many)(?:OrThrow)?\("
    r"(?![\s\S]*\bselect\s*:)"
    r"|(?:await\s+)?\w+\??\.\w+\??\.find(?:Unique|First|Many)(?:OrThrow)?\((?=[\s\S]*\binclude\s*:\s*\{[\s\S]*"
    r"\b(?:user|customer|patient|buyer|\w*address\w*)\s*:\s*(?:true\b|\{\s*\}))"
)
# Drizzle: `db.select().from(users)`, `db.query.users.findFirst({ where })`
_DRIZZLE_PEOPLE = re.compile(
    rf"(?i)(?:await\s+)?[\w.]+\.select\(\s*\)\s*\.from\(\s*(?:\w+\.|\w+_)?(?:{people.SOMEBODY})s?(?:_?(?:profiles?|table|accounts?))?\s*\)"
    rf"|(?:await\s+)?\w+\.query\.(?:\w+_)?(?:{people.SOMEBODY})s?\.find(?:First|Many)\((?![\s\S]*\bcolumns\s*:)"
)
_CLAIMS = re.compile(
    r"(?i)\b(?:jwt|jose|jsonwebtoken)\w*\.(?:decode|verify|jwtVerify)\w*\(|\b(?:decode|verify)_?(?:\w{0,8}_?)?(?:jwt|token|id_?token)\w*\("
    r"|jwt_?decode\(|verifyIdToken\(|get_jwt\(\)"
)
_CLAIMS_NAME = re.compile(r"(?:decoded\w*|claims|jwt_?[pP]ayload|token_?(?:payload|data))")
_PEOPLE_NAME = re.compile(
    r"(?:(?:new|current|saved|created|updated|existing|found|db|all|logged_?in_?|the)_?)?"
    rf"(?:{people.SOMEBODY}|visitor|guest|person)s?(?:_?(?:data|info|row|rows|record|records|doc|docs|details))?",
    re.IGNORECASE,
)
_PEOPLE_ROWS = re.compile(
    rf"(?i)(?:\bfrom\s+[`\"\[]?\w*|\b)(?:{people.SOMEBODY}|visitor)s?\w*\b[\s\S]*\.(?:fetch(?:all|one|many)|values|find|find_one"
    r"|to_dict|aggregate|find_many)\("
)
# `user.__dict__`: the hash of the password, too
_ALL_COLUMNS = re.compile(r"(?:vars|model_to_dict)?\(?(?P<row>\w+)(?:\.__dict__|\))")
_FETCHES = re.compile(r"(\w+(?:\.\w+)?)\.fetch(?:one|all|many)\([^()]*\)")
_WHOLE_PEOPLE = re.compile(rf"(?i)select\s+\*\s+from\s+[`\"\[]?\w*(?:{people.SOMEBODY}|people)s?\b")
_SERVER_SESSION = re.compile(
    rb"from flask import[^\n]*\bsession\b|express-session|cookie-session|contrib\.sessions|django"
)
_NO_RECORD = re.compile(
    r"(?i)\.(?:id|_id|pk|length|count|name|username|role|size)\b[)\]]*$|\.count\(|^(?:len|bool)\(|\.length$|\.some\("
)
_NOT_A_RECORD = frozenset(
    "true false number integer string comparison_operator not_operator unary_expression template_string"
    " arrow_function".split()
)
_PICKED = frozenset("attribute member_expression subscript subscript_expression call call_expression".split())
_DEPTH = 3


_TAKES_REQUEST = re.compile(r"\(\s*(?P<name>req(?:uest)?)\b[^()]{0,60},\s*res(?:ponse)?\b")


def _is_request(scene: Node, text: str) -> bool:
    """`console.log(req)` in a handler of Express: the body with its password, the headers with the token."""
    taken = _TAKES_REQUEST.search(text_of(scene)[:400]) if text in ("req", "request") else None
    return taken is not None and taken["name"] == text


def of_value(project: Project, module: Module, scene: Node, node: Node, depth: int = 0) -> Kind | None:
    """What the expression shows when it is written out, followed through assignments of its function."""
    node = (python if module.kind == "python" else javascript).unwrap(node)
    text = text_of(node)[:400]
    if _ENVIRONMENT.fullmatch(text) or _COOKIE.match(text) or _AUTHORIZATION.fullmatch(text):
        return "secret"
    if _WHOLE_REQUEST.fullmatch(text) and module.kind == "python":
        return "secret"
    if module.kind == "python" and _PARSED.fullmatch(text) and _PARSES_PASSWORD.search(module.file.data):
        return None if _without_secrets(project, module, scene, node) else "secret"
    if module.kind == "python" and _given_to_serializer(scene, node):
        return "secret"
    if module.kind == "python" and (shown := _ALL_COLUMNS.fullmatch(text)) and _PEOPLE_NAME.fullmatch(shown["row"]):
        return "record"
    if module.kind == "javascript" and (_SENT_ALONG.fullmatch(text) or _is_request(scene, text)):
        return "secret"
    if module.kind == "javascript" and _WRITTEN.fullmatch(text):
        return "record"
    if node.type in ("call", "call_expression") and (_CLAIMS.match(text) or _PAYMENT.match(text)):
        return None if _gives_id(project, module, node) else "record"
    if text in ("session", "req.session", "request.session") and _SERVER_SESSION.search(module.file.data):
        return "record"  # and all that the app keeps there
    if module.kind == "javascript" and node.type == "call_expression" and _PRISMA_PEOPLE.match(text):
        return "record"
    if module.kind == "javascript" and node.type == "call_expression" and _DRIZZLE_PEOPLE.match(text):
        return "record"
    if node.type == "subscript_expression" and re.search(r"\[\d\]$", text):  # the first of the rows
        held = node.child_by_field_name("object")
        return of_value(project, module, scene, held, depth) if held is not None and held.type == "identifier" else None
    if (
        module.kind == "python"
        and node.type == "call"
        and (_PEOPLE_ROWS.search(text) or _fetched_whole(module, scene, node, text))
    ):
        return "record"
    if text in ("session", "data.session", "authSession") and re.search(
        rb"supabase|\.auth\.(?:getSession|onAuthStateChange)", module.file.data
    ):
        return "secret"  # it holds the access and the refresh token
    if module.kind == "javascript" and re.fullmatch(
        r"(?:req|request|ctx|session)\.(?:user|session\.user|state\.user)", text
    ):
        return "record"
    if node.type not in ("identifier", "shorthand_property_identifier") or depth > _DEPTH:
        return None
    return _of_name(project, module, scene, node, depth)


def _given_to_serializer(scene: Node, node: Node) -> bool:
    """The whole of what a serializer of Django's REST framework is sent, where a password is among its fields."""
    if not re.fullmatch(r"attrs|data|validated_data|self\.initial_data", text_of(node)):
        return False
    function = scene.child_by_field_name("definition") or scene
    if text_of(function.child_by_field_name("name")) not in ("validate", "create", "update", "to_internal_value"):
        return False
    klass = function.parent
    while klass is not None and klass.type != "class_definition":
        klass = klass.parent
    bases = text_of(klass.child_by_field_name("superclasses")) if klass is not None else ""
    taken = "Token" in bases or _NAMES_SECRET.search(text_of(klass)) is not None
    return "Serializer" in bases and taken and not re.search(r"\.pop\(\s*['\"]\w*passw", text_of(function))


def _without_secrets(project: Project, module: Module, scene: Node, parsed: Node) -> bool:
    """Whether the form or serializer is a class of the app's own, none of whose fields is a secret."""
    holder = parsed.child_by_field_name("object")
    made = [a.value for a in module.assigns_in(scene) if a.targets == (text_of(holder),)]
    forms = [lineage(project, module, call.name) if (call := module.call_at(v)) else None for v in made]
    return bool(forms) and all(
        form is not None
        and all(base.rsplit(".", 1)[-1] in _EMPTY for base in form.foreign)
        and not any(_NAMES_SECRET.search(text_of(k.node)) for _, k in form.classes)
        for form in forms
    )


def _fetched_whole(module: Module, scene: Node, node: Node, text: str) -> bool:
    """`cursor.fetchall()`, where the last statement of that cursor took whole rows of people."""
    fetches = _FETCHES.fullmatch(text)
    if fetches is None:
        return False
    asked = [
        c for c in module.calls_in(scene) if c.name == f"{fetches[1]}.execute" and c.node.start_byte < node.start_byte
    ]
    return bool(asked) and _WHOLE_PEOPLE.search(text_of(asked[-1].node)[:600]) is not None


_ID_ALONE = re.compile(r"\w+(?:\.get\(|\[)\s*['\"](?:sub|id|user_?id|uid)['\"]\s*[\])]")


def _gives_id(project: Project, module: Module, node: Node) -> bool:
    """Whether one of the app's own functions opens a token and gives only the id in it: `verify_token(token)`."""
    call = module.call_at(python.unwrap(node)) if module.kind == "python" else None
    reached = project.function_called(module, call) if call is not None and call.name else None
    if reached is None:
        return False
    home, function = reached
    ids = {t for a in home.assigns_in(function.body) for t in a.targets if _ID_ALONE.fullmatch(text_of(a.value))}
    given = re.findall(r"(?m)^[ \t]*return\s+([^\n#]+)", text_of(function.body))
    return bool(given) and all(g.strip() in ids or _ID_ALONE.fullmatch(g.strip()) for g in given)


def _is_part(assign: Assign) -> bool:
    """`const { id } = row`: one field of it, and not the row."""
    pattern = assign.node.child_by_field_name("name")
    return (
        pattern is not None
        and pattern.type == "object_pattern"
        and not any(c.type == "rest_pattern" for c in pattern.named_children)
    )


def _of_name(project: Project, module: Module, scene: Node, node: Node, depth: int) -> Kind | None:
    name = text_of(node)
    given = [a for a in module.assigns_in(scene) if a.targets == (name,) and a.node.start_byte < node.start_byte]
    if given:
        if _gives_id(project, module, given[-1].value):
            return None
        if given[-1].value.type in _PICKED and says_secret(module, scene, given[-1].value):
            return "secret"
        kind = None if _is_part(given[-1]) else of_value(project, module, scene, given[-1].value, depth + 1)
        if kind:
            return kind
    if re.match(r"(?i)is_|has_|valid", name):
        return None
    if _CLAIMS_NAME.fullmatch(name) and re.search(rb"(?i)jwt|verify_?token|decode_?token", module.file.data):
        return "record"
    if module.kind != "javascript" or not _PEOPLE_NAME.fullmatch(name):
        return None
    if given and (given[-1].value.type in _NOT_A_RECORD or _NO_RECORD.search(text_of(given[-1].value)[-300:])):
        return None
    return "record"
