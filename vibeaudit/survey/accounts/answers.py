"""Answers that name a field which nobody should be sent whole: card numbers, social security numbers, passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.source.testing import is_test
from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SENSITIVE = re.compile(
    r"(?:credit_?card(?:_?(?:number|num|no))?|card_?(?:number|num|no)|cc_?(?:num|number)|ccn|cvv2?|cvc|ssn"
    r"|social_?security(?:_?(?:number|no))?|aadhaa?r(?:_?(?:number|no|id))?|passport_?(?:number|no)|iban"
    r"|(?:bank_?)?account_?number|password|passwd|pwd|(?:password|pass)_?hash|hashed_?password|(?:mfa|totp|otp)_?secret)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:^|\.)(?:jsonify|JsonResponse|JSONResponse|ORJSONResponse|json_response|Response|dumps)$"
    r"|(?:^|\.)(?:res|reply|response|Response|NextResponse|c|ctx)(?:\.status|\.code)?\.(?:json|send|jsonp)$|^json$"
    r"|(?:^|\.)jwt\.(?:sign|encode)$|^create_access_token$|^new\.?Response$"
)
_ROUTE = re.compile(r"\.(?:get|post|put|patch|delete|route|api_route|view|api_view)\b")
_FROM_CALLER = re.compile(
    r"(?i)^(?:self\.)?(?:req|request|form|body|data|payload|dto|input|args|params|validated_data|event|props|state|this)\b"
)
_OWN_WORDS = re.compile(r"(?:to|as)_(?:dict|json)|serialize|serialise|json|dict")
_GATHERS = frozenset(("append", "push", "extend", "map"))
_HOLDERS = frozenset(
    "dictionary object list array tuple parenthesized_expression list_comprehension"
    " spread_element pair argument_list arguments keyword_argument dictionary_comprehension".split()
)


def sensitive_answers(project: Project, module: Module) -> Iterator[Node]:
    """The first such field of each object that is answered."""
    told: set[int] = set()
    for held in _objects(module):
        pair = next((p for p in held.named_children if p.type == "pair" and _shows(p)), None)
        scene = home(module, held) if pair is not None else None
        if pair is None or scene is None or held.start_byte in told:
            continue
        if _is_answered(module, held, scene, bare_text(project, module, scene)) or _is_own_words(project, scene, pair):
            told.add(held.start_byte)
            yield pair


def _objects(module: Module) -> Iterator[Node]:
    from tree_sitter import Query, QueryCursor

    from vibeaudit.source.trees import grammar

    kind = "dictionary" if module.kind == "python" else "object"
    tree = module.file.tree
    if tree is not None:
        captured = QueryCursor(Query(grammar(module.file.language), f"({kind}) @o")).captures(tree.root_node)
        yield from sorted(captured.get("o", ()), key=lambda n: n.start_byte)


def _shows(pair: Node) -> bool:
    """Whether the value is the field of a stored row as it is."""
    value = pair.child_by_field_name("value")
    if value is None or value.type not in ("attribute", "member_expression", "subscript", "subscript_expression"):
        return False
    last = value.child_by_field_name("attribute") or value.child_by_field_name("property")
    key = value.child_by_field_name("subscript") or value.child_by_field_name("index")
    named = text_of(last) if last is not None else text_of(key).strip("'\"")
    holder = text_of(value.child_by_field_name("object") or value.child_by_field_name("value"))
    return bool(_SENSITIVE.fullmatch(named)) and not _FROM_CALLER.search(holder)


def _is_answered(module: Module, held: Node, scene: Node, said: str) -> bool:
    up = held.parent
    while up is not None and up.start_byte >= scene.start_byte:
        if up.type in ("call", "call_expression", "new_expression"):
            call = module.call_at(up)
            if call is None:
                return False
            if _ANSWERS.search(call.name):
                return True
            if call.last not in _GATHERS:
                return False
            return call.last == "map" or _passed_on(call.name.rpartition(".")[0], said)
        if up.type == "return_statement":
            return module.kind == "python" and _is_route(scene)
        if up.type in ("assignment", "variable_declarator", "assignment_expression"):
            name = text_of(up.child_by_field_name("left") or up.child_by_field_name("name"))
            return _passed_on(name, said)
        if up.type not in _HOLDERS and up.type not in ("await", "await_expression", "as_expression", "arrow_function"):
            return False
        up = up.parent
    return False


def _is_own_words(project: Project, scene: Node, pair: Node) -> bool:
    """Whether a model says so of itself, `to_dict()`, and something answers with that."""
    name = text_of(scene.child_by_field_name("name"))
    if not _OWN_WORDS.fullmatch(name) or not text_of(pair.child_by_field_name("value")).startswith("self."):
        return False
    answered = re.compile(
        rb"(?:jsonify|JsonResponse|JSONResponse|\breturn)\b[^\n]{0,200}\w\." + name.encode() + rb"\(\)"
    )
    return any(answered.search(f.data) for f in project.sources("python") if not is_test(str(f.path)))


def _passed_on(name: str, said: str) -> bool:
    """Whether the name is what an answer is made of."""
    if not name.isidentifier():
        return False
    made = r"(?:jsonify|JsonResponse|JSONResponse|json_response|dumps|\.json|\.send|jwt\.(?:sign|encode))\("
    return re.search(rf"{made}[^()]*\b{name}\b", said) is not None


def _is_route(scene: Node) -> bool:
    up = scene.parent
    return (
        up is not None
        and up.type == "decorated_definition"
        and any(_ROUTE.search(text_of(d)) for d in up.named_children if d.type == "decorator")
    )
