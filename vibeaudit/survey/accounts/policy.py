"""Handlers that take a new password: what they ask of it, and of whoever changes one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.dto_passwords import weak
from vibeaudit.survey.accounts.handed_whole import field_of, models_named, saved_by_form, strategy_of, whole_bodies
from vibeaudit.survey.accounts.lengths import AT_LEAST, AT_LEAST_NAMED, ENOUGH, PASS, STRONG, number, of_other_names
from vibeaudit.survey.accounts.named_places import handed_on, in_middleware, named
from vibeaudit.survey.accounts.scenes import bare_text, function_of, node_in, reached
from vibeaudit.survey.accounts.schemas import password_taken
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.accounts.written import Write
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

    Place = tuple[Module, Node]

_TAKEN = re.compile(
    r"""(?i)['"](?:new_?|user_?)?pass(?:word|wd)?[12]?['"]|\.(?:new|user)?_?passw(?:or)?d[12]?\b(?!\s*\()"""
    r"|[{,]\s*(?:new)?_?password[12]?\b(?=\s*[,}:])|\bpassword[12]?\s*:\s*(?:str|string|Annotated)|\(\s*(?:\w+,\s*)*password\b"
)
_JUDGES = re.compile(
    rf"(?i)(?:\.test|\.match|re\.(?:match|search|fullmatch)|\.matches|\.search|\.fullmatch)\([^()\n]*{PASS}|{PASS}\.match\(|\(\?="
)
_JUDGE_NAME = re.compile(
    r"(?i)^(?:\w*\.)*(?:validate|check|is|verify|test|assert|ensure)_?\w*(?:passw\w*|pwd)\w*$|passw\w*_?(?:complex|strength|valid|ok|strong)\w*$"
)
_MATCHES_HASH = re.compile(r"(?i)^(?:\w*\.)*(?:check|verify|compare|is_?valid|validate)_?passw\w*(?:_?hash)?$")
_OLD = re.compile(
    r"(?i)old_?p|current_?p|existing_?p|prev\w*_?p|\.(?:current|old|existing)\b(?!\.)|[\[(]['\"](?:current|old|existing)['\"]|match_?passw|\.matches\(\s*[^/\s]|compare|check_?p|verify|\bauthenticate\s*\(|token|\botp\b|\bcode\b|uid|reset|forgot|recover|answer|admin"
    r"|Form\(|serializer|is_?first|invit"
)
# of somebody who is signed in, a code or token counts when it comes with the request
_OLD_OF_KNOWN = re.compile(
    r"(?i)old_?p|current_?p|existing_?p|prev\w*_?p|\.(?:current|old|existing)\b(?!\.)|match_?passw|compare|check_?p|verify_?\w*p"
    r"|\.matches\(\s*[^/\s]|\bauthenticate\s*\(|reset|forgot|recover|answer|admin|Form\(|serializer|is_?first|invit"
    r"|(?:body|query|params|form|data|args|values|POST|json)(?:\(\))?(?:\.get\(|[.\[])\s*['\"]?\w*(?:token|otp|code)"
    r"|\{[^{}]*\b(?:token|otp|code)\b[^{}]*\}\s*=\s*(?:await\s+)?(?:req|request|body)\b"
)
_OWN_FORM = re.compile(r"\b([A-Z]\w*Form)\(")
_OLD_FIELD = re.compile(
    r"(?i)old_?p|current_?p|existing_?p|prev\w*_?p|token|\botp|(?:reset|verif\w*|confirm\w*|sms)_?code|answer|PasswordChange|SetPassword|AdminPassword"
)
_NEW_ACCOUNT = re.compile(r"(?i)register|sign_?up|create|insert|\badd\b|seed|import|invite")


def takes(project: Project, route: Route) -> Iterator[tuple[str, Module, Node]]:
    """(kind, where) for what a route that stores a password fails to ask."""
    handler = handler_of(project, route)
    if handler is None:
        return
    found = list(_takes(project, route, *handler))
    yield from found or weak(project, route, *handler)


def _takes(project: Project, route: Route, module: Module, body: Node) -> Iterator[tuple[str, Module, Node]]:
    module, body = strategy_of(project, module, body) or (module, body)
    forms = saved_by_form(project, module, body)
    places = (*reached(project, module, body, 3 if module.kind == "python" else 2), *forms)
    kept = [(m, w) for m, n in places for w in writes(project, m) if n.start_byte <= w.node.start_byte < n.end_byte]
    kept += whole_bodies(project, places)
    at = _taken(project, places, (*named(project, module, body), *_registration(project, route))) if kept else None
    models = models_named(project, places)
    if at is None and models and any(w.whole for _, w in kept):
        at = field_of(project, models[0])
    at = at or (_taken(project, forms, ()) if kept and forms else None)
    if at is None:
        if is_change(route) and kept and _unasked(project, route, module, body, places, kept):
            yield "changes a password unasked", module, _write_in(project, module, body, kept)
        return
    if any(w.how == "create" for _, w in kept) or is_change(route):
        by_framework = next(((m, w.node) for m, w in kept if w.framework), None)
        yield from _asked(project, module, body, (*places, *models, *_registration(project, route)), by_framework or at)
    if _unasked(project, route, module, body, places, kept):
        write = _write_in(project, module, body, kept)
        yield "changes a password unasked", module, write


def is_change(route: Route) -> bool:
    """Whether people choose another password there, by its address or name."""
    said = words(route.path) | words(route.handler)
    return bool(said & {"password", "passwd", "pwd"} and said & {"change", "update", "reset", "new", "set", "confirm"})


_DECLARED = re.compile(rf"(?i)\b{PASS}[!?]?['\"]?\s*:|\b{PASS}\s*=\s*(?:\w+\.)*(?:Str|String)\(")


def _taken(project: Project, places: tuple[Place, ...], declared: tuple[Place, ...]) -> Place | None:
    """Where the password is taken: in the handler, in the service that is handed the whole body, or in the schema.
    A service takes it from a body that declares one: sign-ins of other sites reach the same service without."""
    whole = any(_DECLARED.search(bare_text(project, m, n)) for m, n in declared)
    for module, node in places if whole else (*places[:1], *handed_on(project, places)):
        text = bare_text(project, module, node)
        found = list(_TAKEN.finditer(text))
        if found:  # the type of a parameter takes nothing yet
            typed = module.kind == "javascript"
            taken = next((m for m in found if not (typed and _TYPE.match(text, m.start()))), found[0])
            return module, node_in(node, text, taken.start())
    return _listed(project, places)


_TYPE = re.compile(r"(?i)\W*(?:new_?)?password[12]?\s*:\s*string\b")


def _listed(project: Project, places: tuple[Place, ...]) -> Place | None:
    """The password field of the schema that one of the functions takes."""
    found = (password_taken(project, m, function_of(m, n)) for m, n in places)
    return next((f for f in found if f is not None), None)


def _asked(
    project: Project, module: Module, body: Node, places: tuple[Place, ...], at: Place
) -> Iterator[tuple[str, Module, Node]]:
    found: list[tuple[int, Module, Node]] = []
    for place, node in (*places, *named(project, module, body)):
        text = bare_text(project, place, node)
        if STRONG.search(text) or _judged_elsewhere(project, place, node):
            return
        for pattern in (*AT_LEAST, *of_other_names(place, node)):
            for m in pattern.finditer(text):
                found.append((int(m["n"]), place, node_in(node, text, m.start("n"))))
        for m in _MEASURED.finditer(text):  # `len(fresh) < 12`, of what is hashed then
            if re.search(rf"(?i)\w*(?:hash|passw|pwd|crypt|digest)\w*\(\s*{m['name'] or m['held']}\b", text):
                found.append((int(m["n"]), place, node_in(node, text, m.start("n"))))
        for m in AT_LEAST_NAMED.finditer(text):  # a number that has a name: taken for enough where it is not known
            found.append((number(project, place, m["n"]), place, node_in(node, text, m.start("n"))))
        if not any(p is place for _, p, _ in found) and _JUDGES.search(text):
            return
    longest = max((n for n, _, _ in found), default=0)
    if longest >= ENOUGH:
        return
    if found:
        _, place, node = max(found, key=lambda f: f[0])
        yield "takes a short password" if longest > 1 else "takes any password", place, node
    else:
        schema = _listed(project, places) or _schema(project, (*places, *named(project, module, body)))
        yield "takes any password", *(schema or at)


_MEASURED = re.compile(r"(?:\blen\((?P<name>\w+)\)|\b(?P<held>\w+)\.length)\s*(?:<=?|>=?)\s*(?P<n>\d+)")
_FIELD = re.compile(
    rf"(?i)\b{PASS}['\"]?\s*:\s*(?:z|zod|y|yup|joi|vine|v|t|s|type|body|Type|Joi)\b"
    rf"|\b{PASS}\s*=\s*(?:\w+\.)*(?:Password|String|Char|Text)Field\("
    rf"|@Is\w+\([^\n]*\)\s*(?:readonly\s+|public\s+)?{PASS}[!?]?\s*:\s*string\b"
)


_AGAIN = re.compile(r"(?i)confirm|again|repeat|re_?pass|re_?type|passw\w*2")
_NO_CHOICE = re.compile(r"(?i)log_?in|sign_?in|current|old_?pass")


def _schema(project: Project, places: tuple[Place, ...]) -> tuple[Module, Node] | None:
    """The field of a schema (zod, yup, joi, vine) or form that takes the password, where the length would be asked."""
    for place, node in places:
        text = bare_text(project, place, node)
        fields = (f for f in _FIELD.finditer(text) if not _AGAIN.search(f[0]))
        if (field := next(fields, None)) and not _NO_CHOICE.search(text_of(node.parent)[:200]):
            return place, node_in(node, text, field.start())
    return None


def _registration(project: Project, route: Route) -> tuple[Place, ...]:
    """The call that registers the handler, with the validators that stand in it, and those that it names."""
    module = project.module(str(route.location.path))
    if module is None or module.kind != "javascript" or module.file.tree is None:
        return ()
    start = module.file.offset(route.location.line) + route.location.column - 1
    node: Node | None = module.file.tree.root_node.descendant_for_byte_range(start, start + 1)
    while node is not None and node.type != "call_expression":
        node = node.parent
    if node is None or module.path != str(route.location.path):
        return ()
    return ((module, node), *named(project, module, node), *in_middleware(project, module, node))


def _judged_elsewhere(project: Project, module: Module, node: Node) -> bool:
    """Whether a judge of passwords is called whose body is not the app's."""
    return any(
        (
            _JUDGE_NAME.search(c.name)
            and c.last != "isStrongPassword"
            and not _MATCHES_HASH.match(c.name)
            and project.function_called(module, c) is None
        )
        or c.last == "validate_password"
        for c in module.calls_in(node)
    )


def _unasked(
    project: Project,
    route: Route,
    module: Module,
    body: Node,
    places: tuple[Place, ...],
    kept: list[tuple[Module, Write]],
) -> bool:
    """Whether a password that exists is replaced, and nobody is asked for the old one or for a code."""
    if any(w.how != "update" for _, w in kept) or words(route.path) & {
        "admin",
        "admins",
        "staff",
        "register",
        "signup",
    }:
        return False
    if _NEW_ACCOUNT.search(route.handler) or route.has("authorization"):
        return False
    old = _OLD_OF_KNOWN if route.has("authentication") and module.kind == "javascript" else _OLD
    return not any(old.search(_without_forms(project, m, bare_text(project, m, n))) for m, n in places)


def _without_forms(project: Project, module: Module, text: str) -> str:
    """The text without the app's own forms, as far as none of their fields asks for the old password or a code."""

    def kept(match: re.Match[str]) -> str:
        meaning = project.meaning(module, match[1])
        klass = meaning.module.by_class.get(match[1]) if meaning else module.by_class.get(match[1])
        own = klass is not None and not _OLD_FIELD.search(text_of(klass.node))
        return "" if own else match[0]

    return _OWN_FORM.sub(kept, text)


def _write_in(project: Project, module: Module, body: Node, kept: list[tuple[Module, Write]]) -> Node:
    """The write, or the call in the handler by which it comes about."""
    for place, write in kept:
        if place is module and body.start_byte <= write.node.start_byte < body.end_byte:
            return write.value
    for call in module.calls_in(body):
        called = project.function_called(module, call)
        if called and any(
            p is called[0] and called[1].node.start_byte <= w.node.start_byte < called[1].node.end_byte for p, w in kept
        ):
            return call.node
    return body
