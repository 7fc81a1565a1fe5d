"""Where a row that a query gives goes: to the caller as it is, into an object that is answered, or nowhere."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.javascript.client_components import sent_to_browser
from vibeaudit.survey.project import Project
from vibeaudit.survey.rows_read import SECRET_COLUMN, awaited_chain, saved_row

if TYPE_CHECKING:
    from tree_sitter import Node

_ANSWERS = re.compile(
    r"(^|\.)(res|reply|response|Response|NextResponse|c|ctx)(\.(?:status|code|cookie|header|set|type|clearCookie))*\.(json|send|jsonp)$|^jsonify$|^JSONResponse$"
    r"|^(flask\.)?jsonify$|^json$|^(?:flask\.)?(?:Next)?Response$"
)
# the app's own helper that is handed the response, and the envelope that answers are put into
_SENDS = re.compile(r"(?i)(?:^|\.)(?:send|respond|reply|success|ok|created|json|api)\w*$")
_ENVELOPE = re.compile(
    r"(?i)^(?:new\.)?(?:api|success|http|custom|base)_?(?:response|result|success)$|^successResponse$"
)
# a row that is taken apart gives these one by one: `const { id, password, ...rest } = row`
_COLUMN = re.compile(SECRET_COLUMN.pattern + r"|^(?:_?id|role|email|username)$", re.IGNORECASE)
_AS_OBJECT = re.compile(r"\.(?:toObject|toJSON)$")
_OWN_WORDS = re.compile(
    r"\.(?:to_?(?!object|json\b)\w+|as_\w+|serialize\w*|public\w*|dump\w*|summary|profile)\(\)\)*$", re.IGNORECASE
)
_COPIES = frozenset(
    "dict list JSON.parse JSON.stringify structuredClone dumps json_util.dumps loads json.loads"
    " jsonable_encoder".split()
)
_RENDERS = re.compile(r"(?:^|\.)(?:res|response|reply)(?:\.\w+)?\.render$")
_ONE_OF_THEM = re.compile(r"(?:dict\()?\w+\)?|\{\s*\*\*\w+\b(?!.*\bfor\b)[^{}]*\}", re.DOTALL)
_TAKEN_OUT = re.compile(  # out of a copy of the row, not out of what the caller sent
    r"\bdelete (?!(?:payload|body|input|form|values|params|dto|fields)\b)\w+\.\w*(?:pass|pwd|hash)"
    r"|(?:\.pop\(|\bdel \w+\[)\s*['\"]\w*(?:pass|pwd|hash)",
    re.IGNORECASE,
)
_SECRET_FIELD = re.compile(r"pass|pwd|hash|salt", re.IGNORECASE)
_CODE_FIELD = re.compile(r"token|code|otp|expir", re.IGNORECASE)
_GIVES_DOCUMENT = frozenset("findOne findById create findOneAndUpdate findByIdAndUpdate findOneOrFail".split())
_MONGOOSE = re.compile(rb"(?:from\s+|require\(\s*)['\"]mongoose['\"]")
_CALLBACKS = ("arrow_function", "function_expression")
_FUNCTIONS = frozenset("arrow_function function_expression function_declaration method_definition".split())
_PUT_INTO = frozenset(
    "object pair dictionary spread_element parenthesized_expression as_expression satisfies_expression"
    " non_null_expression".split()
)
_PASSES = frozenset(
    "await_expression parenthesized_expression await arguments argument_list object pair dictionary list array tuple"
    " as_expression non_null_expression spread_element keyword_argument list_comprehension member_expression"
    " subscript_expression for_in_clause jsx_expression dictionary_splat".split()
)


def answer_of(project: Project, module: Module, body: Node, call: Call) -> Node | None:
    """Where the rows go to the caller as they are, or a helper returns them so."""
    node = awaited_chain(call.node)
    if _OWN_WORDS.search(text_of(node)[-60:]):
        return None  # the model says itself what it shows
    given = _given_to(module, _first_step(call.node, node))
    if given is not None:
        function, name = given
        uses = () if cleaned(text_of(function), name) else _uses(function, name)
        return next((use for use in uses if _handed_over(project, module, use)), None)
    names = names_of(module, body, call)
    if names is None:
        return node if _handed_over(project, module, node) else None
    if call.last == "save" and _handed_over(project, module, node):
        return node
    text, document = text_of(body), _is_document(project, module, call)
    left = (use for name in names if not cleaned(text, name, document) for use in _uses(body, name))
    return next((use for use in left if _passed(project, module, body, use)), None)


def answer_in(project: Project, module: Module, function: Function, call: Call) -> Node | None:
    """The same in a helper, which many handlers ask: looked for once."""
    key = ("answer", function.key, call)
    if key not in project.memory:
        project.memory[key] = answer_of(project, module, function.body, call)
    return project.memory[key]  # type: ignore[return-value]


def _passed(project: Project, module: Module, body: Node, use: Node) -> bool:
    """Whether it is answered, itself, by another name, or in an object that is given a name first."""
    if _handed_over(project, module, use):
        return True
    up = use.parent
    while up is not None and up.type in _PUT_INTO:
        up = up.parent
    if up is None or up.type not in ("variable_declarator", "assignment"):
        return False
    named = up.child_by_field_name("name") or up.child_by_field_name("left")
    name = text_of(named)
    if named is None or use.end_byte <= named.end_byte or cleaned(text_of(body), name):
        return False
    later = (u for u in _uses(body, name) if u.start_byte > up.end_byte) if name.isidentifier() else ()
    return any(_handed_over(project, module, u) for u in later)


def names_of(module: Module, body: Node, call: Call) -> tuple[str, ...] | None:
    """The names that the rows of a query are given; None when nothing takes them."""
    names = _kept_as(module, body, awaited_chain(call.node))
    if names is not None:
        return names
    if call.last == "save":
        saved = saved_row(call)
        return (saved,) if saved.isidentifier() else None
    if call.last == "execute" and module.kind == "python":  # `cursor.execute(...)`, then `row = cursor.fetchone()`
        holder = re.escape(call.name.rpartition(".")[0])
        fetches = re.compile(rf"(?:await )?(?:dict\()?{holder}\.fetch(?:one|all|many)\(")
        after = (a for a in module.assigns_in(body) if a.node.start_byte > call.node.end_byte)
        return next((a.targets for a in after if fetches.match(text_of(a.value))), None)
    return None


def cleaned(text: str, name: str, document: bool = False) -> bool:
    """Whether what is secret is taken out of the row before it leaves. `delete` takes nothing out of a document of
    Mongoose, which answers with what it was read with."""
    name = re.escape(name)
    if re.search(rf"\bdel {name}\b|\b{name}\.pop\(", text):
        return True
    emptied = re.findall(rf"\b{name}\.(\w+) = (?:undefined|null|None)\b", text)
    if not document:
        emptied += re.findall(rf"\bdelete {name}\.(\w+)", text)
    if any(_SECRET_FIELD.search(e) for e in emptied) or (emptied and not any(_CODE_FIELD.search(e) for e in emptied)):
        return True
    return any(not (document and taken.startswith(f"delete {name}.")) for taken in _taken_out(text))


def _is_document(project: Project, module: Module, call: Call) -> bool:
    """`await User.findById(id)` of Mongoose, and not `.lean()`."""
    if module.kind != "javascript" or call.last not in _GIVES_DOCUMENT or not re.match(r"[A-Z]\w*\.", call.name):
        return False
    chain = text_of(awaited_chain(call.node))
    return ".lean(" not in chain and "toObject" not in chain and project.says(_MONGOOSE, "javascript", "typescript")


@lru_cache(maxsize=64)
def _taken_out(text: str) -> tuple[str, ...]:
    return tuple(m[0] for m in _TAKEN_OUT.finditer(text))


def _first_step(query: Node, chain: Node) -> Node:
    """The first `.then(...)` of a chain: what follows takes what its callback gives, and `.catch(...)` an error."""
    node = query
    while node.id != chain.id and node.parent is not None:
        node = node.parent
        if node.type == "call_expression" and text_of(node.child_by_field_name("function")).endswith(".then"):
            return node
    return chain


def _given_to(module: Module, chain: Node) -> tuple[Node, str] | None:
    """The callback that the rows are given to, and its name for them: `.then((rows) => ...)`."""
    call = module.call_at(chain)
    last = call.args[-1] if call is not None and call.args else None
    if call is not None and call.last == "then":
        last = javascript.unwrap(call.args[0]) if call.args else None
    if call is None or call.last in ("catch", "finally") or last is None or last.type not in _CALLBACKS:
        return None
    function = module.function_at(last)
    if function is None or not function.params:
        return None
    param = function.params[0 if call.last == "then" else -1]
    return (last, param.name) if param.name.isidentifier() else None


def _kept_as(module: Module, body: Node, node: Node) -> tuple[str, ...] | None:
    """The names that take the rows; None when nothing does."""
    for assign in module.assigns_in(body):
        if assign.value.start_byte <= node.start_byte and node.end_byte <= assign.value.end_byte:
            head = text_of(assign.node).partition("=")[0]
            return () if "{" in head and any(_COLUMN.match(w) for w in re.findall(r"\w+", head)) else assign.targets
    return None


def _handed_over(project: Project, module: Module, node: Node) -> bool:
    """Whether the value goes into an answer as it is: alone, in a list, or under a key."""
    held, as_text = node, False
    while (up := held.parent) is not None:
        if up.type in ("return_statement",):
            step = _step(up) if module.kind == "javascript" else None
            return _goes_on(project, module, step) if step is not None else True
        if up.type in ("call_expression", "call", "new_expression"):
            called = module.call_at(up)
            name = called.name if called else ""
            if _ANSWERS.search(name) or _sends(called) or (as_text and _RENDERS.search(name)):
                return True
            as_text = as_text or name == "JSON.stringify"
            if name not in _COPIES and not _ENVELOPE.match(name) and not _AS_OBJECT.search(name):
                return False
        elif up.type == "jsx_attribute":
            return sent_to_browser(project, module, up)
        elif up.type == "list_comprehension":
            if not _ONE_OF_THEM.fullmatch(text_of(up.child_by_field_name("body"))):
                return False
        elif up.type in ("conditional_expression", "ternary_expression"):
            if held == (up.child_by_field_name("condition") or up.named_children[1]):
                return False
        elif up.type == "pair":
            if up.child_by_field_name("key") == held:
                return False
        elif up.type in ("member_expression", "subscript_expression", "subscript"):
            if not re.search(r"\.(?:rows|data|_doc|toObject|toJSON|dataValues)$|\[0\]$", text_of(up)):
                return False
        elif up.type not in _PASSES:
            return False
        held = up
    return False


def _step(returned: Node) -> Node | None:
    """The `.then(...)` whose callback a `return` stands in."""
    held = returned.parent
    while held is not None and held.type not in _FUNCTIONS:
        held = held.parent
    outer = held.parent.parent if held is not None and held.parent is not None else None
    if outer is None or outer.type != "call_expression":
        return None
    return outer if text_of(outer.child_by_field_name("function")).endswith(".then") else None


def _goes_on(project: Project, module: Module, step: Node) -> bool:
    """What a step of a promise gives is what the next one takes; the last gives it to whoever awaits the chain."""
    up = step.parent
    following = up.parent if up is not None and up.type == "member_expression" else None
    if following is None or following.type != "call_expression":
        return _handed_over(project, module, step)
    if not text_of(following.child_by_field_name("function")).endswith(".then"):
        return _goes_on(project, module, following)
    call = module.call_at(following)
    function = module.function_at(call.args[0]) if call is not None and call.args else None
    name = function.params[0].name if function is not None and function.params else ""
    if function is None or not name.isidentifier() or cleaned(text_of(function.body), name):
        return False
    return any(_handed_over(project, module, use) for use in _uses(function.body, name))


def _sends(call: Call | None) -> bool:
    """`sendResponse(res, {data: rows})`"""
    first = text_of(call.args[0]) if call is not None and call.args else ""
    return call is not None and first in ("res", "response", "reply") and _SENDS.search(call.name) is not None


def _uses(body: Node, name: str) -> tuple[Node, ...]:
    """Where a name stands in the handler, bounded."""
    return _names_in(body).get(name.encode(), ())


@lru_cache(maxsize=128)
def _names_in(body: Node) -> dict[bytes, tuple[Node, ...]]:
    """Where each name stands in a body. The same few bodies are asked about each of their calls."""
    found: dict[bytes, list[Node]] = {}
    waiting, left = [body], 20_000
    while waiting and left:
        node, left = waiting.pop(), left - 1
        if node.type in ("identifier", "shorthand_property_identifier") and node.text is not None:
            found.setdefault(node.text, []).append(node)
        waiting.extend(reversed(node.named_children))
    return {name: tuple(nodes) for name, nodes in found.items()}
