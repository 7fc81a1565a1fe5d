"""The judgements that a condition may name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_names import unwrap
from vibeaudit.analyzers.pattern_origins import checked, derives, mentions, stored_prose, whole
from vibeaudit.analyzers.pattern_regexes import is_slow
from vibeaudit.analyzers.pattern_text import built, escaped, led_by, names_only
from vibeaudit.analyzers.pattern_values import Judge

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_HMAC = re.compile(r"(?s)createHmac\(.{0,400}\.digest\([^()]*\)$")
_TOOL = re.compile(
    r"(?:^|\.)(?:tool|createTool|dynamicTool|defineTool|DynamicTool|DynamicStructuredTool|registerTool|addTool)$"
)
_TOOL_HANDLERS = frozenset(("execute", "handler", "func", "run"))


def tool_input(judge: Judge, node: SgNode, depth: int = 0) -> bool:
    """What a model fills in: a parameter of an agent tool's handler."""
    node = unwrap(node)
    if not judge.go_on(depth):
        return False
    if node.kind() in ("identifier", "shorthand_property_identifier"):
        owner = judge.names.parameter_of(node)
        if owner is not None and is_tool_handler(owner):
            return True
        return any(tool_input(judge, d.value, depth + 1) for d in judge.names.definitions(node))
    if node.kind() == "member_expression":
        held = node.field("object")
        return held is not None and tool_input(judge, held, depth + 1)
    if node.kind() in ("template_string", "template_substitution", "binary_expression", "array"):
        return any(tool_input(judge, c, depth + 1) for c in node.named_children())
    return False


def is_tool_handler(function: SgNode) -> bool:
    """Whether a function is what an agent's tool runs: AI SDK, LangChain.js, Mastra, MCP."""
    parent = function.parent()
    if parent is None:
        return False
    if parent.kind() == "pair":
        key = parent.field("key")
        if key is None or key.text() not in _TOOL_HANDLERS:
            return False
    elif parent.kind() != "arguments" and function.kind() != "method_definition":
        return False
    call = next((a for a in parent.ancestors() if a.kind() in ("call_expression", "new_expression")), None)
    callee = call and (call.field("function") or call.field("constructor"))
    return callee is not None and bool(_TOOL.search(callee.text()[:120]))


def compares_hmac(judge: Judge, comparison: SgNode) -> bool:
    """Whether one side of a comparison is a freshly computed keyed digest."""
    sides = (judge.resolve(side) for side in comparison.named_children())
    return any(s.kind() == "call_expression" and _HMAC.search(s.text()[:2000]) is not None for s in sides)


JUDGEMENTS: dict[str, Callable[[Judge, SgNode], bool]] = {
    "literal": lambda judge, node: judge.literal(node),
    "string": lambda judge, node: judge.string(node) is not None,
    "text-built": built,
    "escaped": escaped,
    "names-only": names_only,
    "any-part-request": lambda judge, node: mentions(judge, node, "request"),
    "either-side-hmac": compares_hmac,
    "request-led": lambda judge, node: led_by(judge, node, "request"),
    "browser-led": lambda judge, node: led_by(judge, node, "browser-input"),
    "request-number": lambda judge, node: derives(judge, node, "request", numbers=True),
    "request": lambda judge, node: derives(judge, node, "request"),
    "request-object": whole,
    "browser-input": lambda judge, node: derives(judge, node, "browser-input"),
    "model-output": lambda judge, node: derives(judge, node, "model-output"),
    "part-stored-prose": stored_prose,
    "tool-input": tool_input,
    "checked": checked,
    "slow-regex": is_slow,
}


def judge_by(judge: Judge, node: SgNode, judgement: str) -> bool:
    """Whether the named judgement holds, with a fresh allowance of steps."""
    judge.refill()
    return JUDGEMENTS[judgement](judge, node)
