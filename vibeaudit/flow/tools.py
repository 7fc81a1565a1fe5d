"""Tools of agents: functions whose parameters a language model fills in."""

from __future__ import annotations

import re

from vibeaudit.flow.form import Call, Lambda, Record

ARGUMENT = ("tool", "argument")  # rulesets/flow names this call
_DECORATOR = re.compile(
    r"^@(?:[\w.]+\.)?(?:tool|call_tool|read_resource|function_tool|ai_function|kernel_function|tool_plain)\b(?!\.)"
    r"|^@(?:[\w.]+\.)?resource\(.*\{\w+[*\w]*\}"
)
_MAKERS = frozenset(
    ("tool", "createTool", "dynamicTool", "defineTool", "registerTool", "addTool", "setRequestHandler",
     "DynamicTool", "DynamicStructuredTool", "registerResource")
)  # fmt: skip
_HANDLERS = frozenset(("execute", "handler", "func", "run"))
_OWN = frozenset(("self", "cls", "ctx", "context", "run_context", "db", "session", "config"))


def is_tool(decorators: tuple[str, ...]) -> bool:
    """Whether a Python function is a tool, or a resource with a part that whoever asks chooses."""
    return any(_DECORATOR.search(d) for d in decorators)


def filled_in(name: str, kind: tuple[str, ...]) -> bool:
    """Whether the model fills in a tool's parameter of this name and type."""
    return name not in _OWN and not (kind and kind[-1] in ("Context", "RunContext", "RunContextWrapper", "ToolRuntime"))


def handlers(call: Call) -> list[str]:
    """The functions that a call such as `server.tool(name, schema, async ({path}) => ...)` makes a tool of."""
    if call.callee[-1] not in _MAKERS:
        return []
    found = [a.function for a in call.args if isinstance(a, Lambda)]
    for record in (a for a in call.args if isinstance(a, Record)):
        found += [v.function for n, v in record.fields if n in _HANDLERS and isinstance(v, Lambda)]
    return found
