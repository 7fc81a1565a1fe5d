"""Passwords that reach a store as they were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.passwords import ABROAD, HASHED, is_raw
from vibeaudit.survey.accounts.scenes import bare, bare_text, function_of, home
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.accounts.written import Write
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SCRIPT_HOOK = re.compile(
    rb"\.pre\(\s*\[?\s*['\"](?:save|validate)|before(?:Create|Save|Update|Bulk\w+)\b|@Before(?:Insert|Update)|\$extends|\$use\("
    rb"|\bset\s*\(\s*(?:value|val|v|password|plain\w*)\s*\)|\bset:\s"
)
_UPDATE_HOOK = re.compile(
    rb"\.pre\(\s*\[?[^)]*['\"](?:findOneAndUpdate|updateOne)|beforeUpdate|beforeBulkUpdate|BeforeUpdate|\$extends|\$use\("
)
_PYTHON_HOOK = re.compile(
    rb"@\w*password\w*\.setter|@validates\(\s*['\"]\w*password|PasswordType|PasswordField\("
    rb"|def save\(self|def __setattr__"
    rb"|@listens_for|event\.listen|pre_save|def __init__\(self[^)]*password"
    rb"|@(?:field_)?validator\(\s*['\"]password|def set_password"
)
_PASSWORDS = re.compile(rf"(?i)passw|pwd|{ABROAD}".encode())
_OF_PASSWORDS = re.compile(rf"(?i)passw|pwd|hash|{ABROAD}")
_HASHED_BYTES = re.compile(HASHED.pattern.encode())


def kept_as_typed(project: Project, module: Module) -> Iterator[tuple[Module, Node]]:
    """The password expressions of writes that nothing hashed on the way; of a function that only writes what it is
    handed, those that its callers hand it."""
    for write in writes(project, module):
        if write.framework or not (write.whole or is_raw(project, module, write.scene, write.value)):
            continue
        if _hashed_around(project, module, write) or (not write.by_statement and _hooked(project, module, write)):
            continue
        if (handed := _handed(project, module, write)) is not None:
            yield from handed
            continue
        if _callers_hash(project, module, write) or _callee_hashes(project, module, write):
            continue
        yield module, write.value


def _handed(project: Project, module: Module, write: Write) -> list[tuple[Module, Node]] | None:
    """The passwords that callers hand to a script's function as they were typed, where the function writes its
    parameter with a statement and another module decides what it holds. None when nobody else does."""
    function = function_of(module, write.scene)
    if function is None or module.kind != "javascript" or write.value.type != "identifier":
        return None
    names = [p.name for p in function.params]
    called = function.name or _key(function.node)
    if not called or text_of(write.value) not in names:
        return None
    at = names.index(text_of(write.value))
    calls = [
        (place, call)
        for _, place, call in _callers(project, module.kind, called)
        if place.path != module.path and len(call.args) > at and _reaches(project, place, call, function)
    ]
    raw = [
        (place, call.args[at])
        for place, call in calls
        if not HASHED.search(text_of(call.args[at])) and not HASHED.search(_given(project, place, call))
    ]
    if len(raw) > 1 and len(raw) == len(calls):
        return [(module, write.value)]  # nobody hashes: it is repaired once, where it is written
    return raw if calls else None


def _key(node: Node) -> str:
    """The name of a function that is a member of an object."""
    held = node.parent
    return text_of(held.child_by_field_name("key")) if held is not None and held.type == "pair" else ""


def _hashed_around(project: Project, module: Module, write: Write) -> bool:
    """Whether the function hashes anything: then the value in hand is taken for the hashed one."""
    scene = (
        bare_text(project, module, write.scene)
        if write.scene.parent is not None
        else _statement(project, module, write)
    )
    return HASHED.search(_without_compare(scene)) is not None


def _without_compare(text: str) -> str:
    return re.sub(r"(?i)\b(?:\w+\.)*(?:compare\w*|check_?\w*|verify\w*)\s*\(|import[^\n]*|require\([^)]*\)", " ", text)


def _statement(project: Project, module: Module, write: Write) -> str:
    return bare_text(project, module, write.node)


def _hooked(project: Project, module: Module, write: Write) -> bool:
    """Whether the model hashes by itself, when it is saved or when the field is set."""
    if module.kind == "python":
        return _class_hashes(project, write.model)
    if "script hooks" not in project.memory:
        found = (bare(project, m) for m in project.hinted(_SCRIPT_HOOK, *javascript.LANGUAGES))
        project.memory["script hooks"] = tuple(d for d in found if _HASHED_BYTES.search(d) and _SCRIPT_HOOK.search(d))
    hooks: tuple[bytes, ...] = project.memory["script hooks"]  # type: ignore[assignment]
    by_query = write.how == "update" and write.node.type == "call_expression"
    return any(not by_query or _UPDATE_HOOK.search(data) for data in hooks)


def _class_hashes(project: Project, model: str) -> bool:
    """Whether the Python model of this name, or any when it is a variable's name, sees to its own passwords."""
    if "class hooks" not in project.memory:
        project.memory["class hooks"] = tuple(
            k.name
            for m in project.hinted(_PYTHON_HOOK, "python")
            for k in m.classes
            if (body := bare(project, m)[k.node.start_byte : k.node.end_byte])
            and _PYTHON_HOOK.search(body)
            and _HASHED_BYTES.search(body)
        )
    names: tuple[str, ...] = project.memory["class hooks"]  # type: ignore[assignment]
    known = any(
        model in m.by_class for m in project.hinted(re.compile(rb"class " + re.escape(model.encode())), "python")
    )
    return model in names if known else bool(names)


def _callers_hash(project: Project, module: Module, write: Write) -> bool:
    """Whether the password is a parameter, and some caller hands a hashed one over (or nobody calls at all)."""
    function = function_of(module, write.scene)
    if function is None or not function.name:
        return False
    name, _, field = re.sub(r"[\[?]+\.?", ".", text_of(write.value)).partition(".")
    if field and re.fullmatch(r"_?(?:req|request|ctx|event)", name):
        return False  # a handler's: the framework calls it
    params = [p.name for p in function.params]
    typed = module.kind == "python" or bool(function.decorators)  # a body of a handler, which no caller hashed
    of_schema = any(p.type not in ("", "str", "string") for p in function.params if p.name == name)
    if name not in params or (typed and of_schema):
        return False
    calls = _callers(project, module.kind, function.name)
    if not calls:
        return not function.decorators and not _registered(module, function.name)
    if any(HASHED.search(text) for text, _, _ in calls):
        return True
    return any(
        HASHED.search(_given(project, place, call))
        for _, place, call in calls
        if place.kind == "javascript" and _reaches(project, place, call, function)
    )


def _reaches(project: Project, module: Module, call: Call, function: Function) -> bool:
    called = project.function_called(module, call)
    return called is not None and called[1].key == function.key


def _callee_hashes(project: Project, module: Module, write: Write) -> bool:
    """Whether what looks like a store is the app's own function, and hashes before it writes."""
    call = module.call_at(write.node)
    called = project.function_called(module, call) if call is not None and call.name else None
    if called is None or called[1].node.start_byte <= write.node.start_byte < called[1].node.end_byte:
        return False
    return HASHED.search(_without_compare(bare_text(project, called[0], called[1].node))) is not None


def _registered(module: Module, name: str) -> bool:
    return (
        re.search(rf"(?:\.(?:post|put|patch|route|tool)|add_url_rule)\([^\n]*\b{name}\b", module.file.text) is not None
    )


def _is_whole(call: Call) -> bool:
    """`create(req.body)`: the password may be in what is handed over as a whole."""
    return any(a.type in ("identifier", "member_expression") for a in call.args)


_BY_NAME = re.compile(r"(?:shorthand_property_)?identifier|member_expression")


def _given(project: Project, module: Module, call: Call) -> str:
    """What a script's function puts into the password that a call hands over, before it."""
    around = home(module, call.node) if module.kind == "javascript" else None
    if around is None:
        return ""
    named = {text_of(n).split(".")[-1] for a in call.args for n in _parts(a) if _BY_NAME.fullmatch(n.type)}
    said = [
        bare_text(project, module, a.value)[:1000]
        for a in module.assigns_in(around)
        if a.node.start_byte < call.node.start_byte
        and any(t.split(".")[-1] in named or text_of(x) == t.rpartition(".")[0] for t in a.targets for x in call.args)
    ]
    return " ".join(said)


def _parts(node: Node) -> list[Node]:
    """An argument, and the values of an object's fields."""
    if node.type != "object":
        return [node]
    return [c.child_by_field_name("value") or c for c in node.named_children]


def _callers(project: Project, kind: str, name: str) -> tuple[tuple[str, Module, Call], ...]:
    """The calls of functions of this name anywhere in the app."""
    key = ("calls by name", kind)
    if key not in project.memory:
        table: dict[str, list[tuple[str, Module, Call]]] = {}
        languages = ("python",) if kind == "python" else javascript.LANGUAGES
        for module in project.hinted(_PASSWORDS, *languages):
            for call in module.calls:
                text = bare_text(project, module, call.node)[:3000]
                if _OF_PASSWORDS.search(text) or _is_whole(call):
                    table.setdefault(call.last, []).append((text, module, call))
        project.memory[key] = table
    found: dict[str, list[tuple[str, Module, Call]]] = project.memory[key]  # type: ignore[assignment]
    return tuple(found.get(name, ()))
