"""Which expressions hold a password as its owner typed it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, python
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.words import PASSWORDS_ABROAD

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_NAME = re.compile(
    r"^(?!.*(?:hash|crypt|digest|secure|salt|old|current|confirm|repeat|forgot|reset|stored|min|max|valid|show|has|is_))"
    r"(?:(?:new|user|plain|raw|admin|account|login|reg|register|customer|my|txt|input)_?)*(?:[a-z]{1,12}_)*[a-z]?"
    rf"(?:password|passwd|passwrd|passphrase|pwd|pswd|pword|pasword|pw|psw|userpass|mdp|{PASSWORDS_ABROAD})"
    r"(?:_?(?:1|2|one|plain|raw|text|input|value|new|user|usuario|usuário|cliente|admin))?$",
    re.IGNORECASE,
)
_HASH_NAME = re.compile(
    r"^(?:user_?)?(?:hashed_?(?:password|passwd|pwd|pw|pass)|(?:password|passwd|pwd|pw|pass)_?(?:hash|digest|hashed)"
    r"|encrypted_?password)$",
    re.IGNORECASE,
)
# as people write them who do not write English
ABROAD = rf"contrase|\bmdp\b|{PASSWORDS_ABROAD}"
HASHED = re.compile(
    r"(?i)hash|bcrypt|scrypt|argon|pbkdf|encrypt|\bcrypt\b|make_password|set_?password\b|digest|pwd_?context|crypt_?context|\bmd5\b"
    r"|\bsha_?\d|encode_?password|create_user\b|create_superuser|\bsecure_?password|hmac|cipher"
)
_CLEANS = frozenset("strip trim encode decode str String toString get getlist lower upper escape".split())
_PICKS = frozenset(("get", "getlist", "pop"))


def names_password(name: str) -> bool:
    """Whether a variable, column or key of this name holds a password (and no hash of one)."""
    return bool(_NAME.match(name.strip("'\"`").rsplit(".", 1)[-1]))


def names_hash(name: str) -> bool:
    """Whether a column or key of this name holds the hash of a password."""
    return bool(_HASH_NAME.match(name.strip("'\"`").rsplit(".", 1)[-1]))


def key_of(module: Module, node: Node) -> str:
    """What a literal key says: `"password"`, `password`."""
    reader = python if module.kind == "python" else javascript
    return reader.string_of(node) or text_of(node)


def is_raw(project: Project, module: Module, scene: Node, node: Node, depth: int = 0) -> bool:
    """Whether the expression is a password that nothing was done to, as far as its function (`scene`) shows."""
    node = (python if module.kind == "python" else javascript).unwrap(node)
    said = text_of(node)
    if depth > 4 or HASHED.search(said):
        return False
    if node.type in ("identifier", "shorthand_property_identifier"):
        return _name_is_raw(project, module, scene, node, depth)
    if node.type in ("attribute", "member_expression"):
        last = text_of(node.child_by_field_name("attribute") or node.child_by_field_name("property"))
        holder = node.child_by_field_name("object")
        if last in ("data", "value") and holder is not None:  # WTForms: form.password.data
            return is_raw(project, module, scene, holder, depth + 1)
        return names_password(last)
    if node.type in ("subscript", "subscript_expression"):
        index = node.child_by_field_name("subscript") or node.child_by_field_name("index")
        return index is not None and _is_key(key_of(module, index))
    if node.type in ("call", "call_expression"):
        return _call_is_raw(project, module, scene, node, depth)
    if node.type in ("as_expression", "binary_expression", "boolean_operator"):
        return any(is_raw(project, module, scene, c, depth + 1) for c in node.named_children[:1])
    return False


def _is_key(name: str) -> bool:
    return names_password(name) or name.lower() in ("pass", "psw", "pw")


def _call_is_raw(project: Project, module: Module, scene: Node, node: Node, depth: int) -> bool:
    call = module.call_at(node)
    if call is None or call.last not in _CLEANS:
        return False
    if call.last in _PICKS:
        return bool(call.args) and _is_key(key_of(module, call.args[0]))
    callee = node.child_by_field_name("function")
    inner = callee.child_by_field_name("object") if callee is not None else None
    inner = inner or (call.args[0] if call.args else None)
    return inner is not None and is_raw(project, module, scene, inner, depth + 1)


def _name_is_raw(project: Project, module: Module, scene: Node, node: Node, depth: int) -> bool:
    name = text_of(node)
    given = [a for a in module.assigns_in(scene) if name in a.targets and a.node.start_byte < node.start_byte]
    for assign in reversed(given):
        value = (python if module.kind == "python" else javascript).unwrap(assign.value)
        if HASHED.search(bare_text(project, module, assign.value)):
            return False
        if len(assign.targets) > 1 or value.type not in ("call", "call_expression"):
            continue
        if is_raw(project, module, scene, value, depth + 1):
            continue
        if not names_password(name) or re.search(rf"\(.*\b{re.escape(name)}\b", text_of(value)):
            return False  # `password = scramble(password)`
    if names_password(name):
        return True
    return bool(given) and is_raw(project, module, scene, given[-1].value, depth + 1)
