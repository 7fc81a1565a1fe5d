"""Joi, as middleware that an app makes of a schema calls it."""

from __future__ import annotations

import re

from vibeaudit.survey.code import Call, Module, text_of

_JOI = frozenset(("joi", "@hapi/joi"))
_GIVES_ERROR = re.compile(
    r"\{[^{}]*\berror\b[^{}]*\}\s*=\s*(?:await\s+)?$|\b(?:result|validation|checked)\s*=\s*(?:await\s+)?$"
)


def lists_fields(module: Module, call: Call) -> bool:
    """`Joi.object({...}).validate(body)`, `const { error } = schema.validate(body)`: fields that nobody listed are
    refused, unless it is told to let them through."""
    if call.last not in ("validate", "validateAsync") or not call.args or module.kind != "javascript":
        return False
    said = text_of(call.node)
    if "allowUnknown: true" in said and "stripUnknown" not in said:
        return False
    if any(i.spec in _JOI for i in module.imports.values()):
        return re.search(r"(?i)\bjoi\b|schema|valid", said[:400]) is not None
    above = call.node.parent
    while above is not None and above.type in ("await_expression", "parenthesized_expression"):
        above = above.parent
    return "chema" in said[:200] and _GIVES_ERROR.search(text_of(above).partition(said)[0]) is not None
