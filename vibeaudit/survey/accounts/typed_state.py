"""The state of a form in a page, which holds the password that is being typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FIELD = re.compile(
    rb"""(?is)<(?:input|TextField|Input|Form\.Control)\b[^<>]{0,600}?\bname\s*=\s*\{?["'](?:\w*_)?(?:password|passwd|pwd)["']"""
)
# `{ ...form, [name]: value }`: whatever is typed goes in by the name of its field
_BY_NAME = re.compile(rb"\[\s*(?:\w+\.)*(?:name|id)\s*\]\s*:")
_PASSWORD = re.compile(r"(?i)(?:\w*_)?(?:password|passwd|pwd)")


def holds_typed_password(module: Module, leaf: Node) -> bool:
    """`const [form, setForm] = useState({ password: "" })`, then `form`."""
    if module.kind != "javascript" or leaf.type != "identifier":
        return False
    name = text_of(leaf)
    for assign in module.assigns:
        call = module.call_at(assign.value)
        if call is None or call.last != "useState" or assign.targets[:1] != (name,) or len(assign.targets) != 2:
            continue
        start = javascript.unwrap(call.args[0]) if call.args else None
        if start is not None and start.type == "object":
            keys = (p.child_by_field_name("key") for p in start.named_children if p.type == "pair")
            if any(_PASSWORD.fullmatch(text_of(k).strip("'\"")) for k in keys):
                return True
        data = module.file.data
        empty = start is None or start.type in ("object", "array", "null", "undefined")
        sets = re.search(rb"\b%s\(\s*(?:\w+\s*=>\s*\(?|\(\w+\)\s*=>\s*\(?)?\{" % assign.targets[1].encode(), data)
        if empty and sets and _FIELD.search(data) and _BY_NAME.search(data):
            return True
    return False
