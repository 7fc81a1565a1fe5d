"""Whose text something is: the caller's, something that was stored, the app's own. Here, as far as its words tell."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_origins import ORIGINS
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.python.stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node


class Origin(enum.IntEnum):
    """Whose text it is, in order of danger."""

    OWN = 0  # a constant, a number, or made safe
    UNKNOWN = 1
    LIKELY = 2  # unknown, but called what people's texts are called
    STORED = 3  # read from a store, a session, another service
    CALLER = 4


_PYTHON_REQUEST = re.compile(
    r"(?:self\.|flask\.|bottle\.)?request\.(?:args|form|values|json|data|files|cookies|headers|GET|POST|COOKIES|FILES|body"
    r"|query_params|path_params|view_args|get_json|get_data|query|match_info|forms|params)\b(?!\.(?:keys|csrf))"
    r"|self\.get_(?:query_|body_)?arguments?\b|(?:self\.)?\w*form\.(?:cleaned_data\b|\w+\.data\b)"
)
_PYTHON_STORED = re.compile(
    r"(?:self\.|flask\.)?(?:request\.user|request\.session|current_user|session|g\.(?:user|session))\b"
    r"|(?:requests|httpx)\.(?:get|post|request)\b|urllib\.request\.urlopen\b|get_object_or_404\b|get_list_or_404\b"
    r"|[\w.]*\.objects\.|[\w.]*\.completions\.create\b|[\w.]*\.generate_content\b"
)
_SCRIPT_STORED = re.compile(
    r"(?:req|request|ctx)\.(?:user|session)\b|(?:ctx\.)?(?:state\.user|session)\b|(?:axios|needle|got|superagent)\b|fetch$"
)
_SCRIPT_READS = re.compile(
    r"\.(?:find(?:One|All|ById|Many|First|Unique|ByPk|AndCountAll|OneBy|By)?|query|execute|aggregate|toArray|lean|exec|select"
    r"|findUniqueOrThrow|findFirstOrThrow|oneOrNone|manyOrNone|fetchAll|all|get|each|raw|one|many|any|first)$"
)
_STORE = re.compile(
    r"(?:^|\.)(?:\w*(?:db|pool|conn|connection|sql|knex|prisma|client|stmt|collection|repo|repository|model|dao)s?|prepare)\.",
    re.I,
)
_SURE = re.compile(
    r"(?:findOne|findAll|findById|findMany|findFirst|findUnique|findByPk|findAndCountAll|toArray|lean|OrThrow|OrNone)$"
)


def known(module: Module, node: Node) -> Origin | None:
    """What an expression's own words say, or None when they say nothing."""
    text = text_of(node)[:300]
    if module.kind == "python":
        if "REMOTE_ADDR" in text:
            return Origin.OWN
        if _PYTHON_REQUEST.match(text):
            return Origin.CALLER
        return Origin.STORED if _PYTHON_STORED.match(text) else None
    if re.match(r"(?:req|request)\.(?:csrfToken|url|path|originalUrl|baseUrl)\b", text):
        return Origin.OWN
    if ORIGINS["request"].match(text):
        return Origin.CALLER
    return Origin.STORED if _SCRIPT_STORED.match(text) or ORIGINS["stored"].match(text) else None


def reads(module: Module, call: Call) -> bool:
    """Whether a call reads from a store."""
    if module.kind == "python":
        if call.last in ("fetchall", "fetchone", "fetchmany", "scalars"):
            return True
        touched = touch(module, call)
        return touched is not None and touched.verb == "read"
    return reads_store(call.name)


def reads_store(name: str) -> bool:
    if _SURE.search(name):
        return True
    return bool(_SCRIPT_READS.search(name)) and bool(_STORE.search(name) or re.search(r"(?:^|\.)[A-Z]\w+\.", name))


def keeps_only(call: Call) -> bool:
    """Whether a replacement takes everything away but a list of harmless characters."""
    said = text_of(call.args[0]).lstrip("rb/'\"(") if call.args else ""
    return said.startswith("[^") and not set("<>\"'") & set(said[2:].partition("]")[0])
