"""The agents that the app's own code builds, and what the tools that it gives them can do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import AgentSetup, Location
from vibeaudit.survey import javascript
from vibeaudit.survey.agent_tools import Tool, tool_of
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.project import Meaning, Project

if TYPE_CHECKING:
    from tree_sitter import Node

_HINT = re.compile(
    rb"langchain|langgraph|crewai|\bagents\b|pydantic_ai|smolagents|autogen|llama_index|strands|google\.adk|agno"
    rb"|from [\"']ai[\"']|@ai-sdk|@langchain|@openai/agents|@mastra"
)
_LIBRARY = re.compile(
    r"^(langchain|langgraph|crewai|agents|pydantic_ai|smolagents|autogen|llama_index|strands|google\.adk|agno|ai$|@ai-sdk"
    r"|@langchain|@openai/agents|@mastra)"
)
_MAKERS = re.compile(
    r"(^|\.)(create_agent|create_react_agent|create_tool_calling_agent|create_openai_(functions|tools)_agent|initialize_agent"
    r"|AgentExecutor|Agent|LlmAgent|ToolCallingAgent|CodeAgent|AssistantAgent|FunctionAgent|ReActAgent|createAgent"
    r"|createReactAgent|createToolCallingAgent|ToolLoopAgent|Experimental_Agent|generateText|streamText|from_tools)$"
)
_ASKED = re.compile(
    r"interrupt_before|interrupt_on|HumanInTheLoop|human_input\s*=\s*True|humanInTheLoop|needs_?[aA]pproval|require_?[aA]pproval"
    r"|requireConfirmation|require_confirmation|\binterrupt\(|approval_func|HumanApproval"
)
_PRODUCTS = (
    ("langgraph", "LangGraph"),
    ("langchain", "LangChain"),
    ("crewai", "CrewAI"),
    ("pydantic_ai", "Pydantic AI"),
    ("smolagents", "smolagents"),
    ("autogen", "AutoGen"),
    ("llama_index", "LlamaIndex"),
    ("strands", "Strands Agents"),
    ("google.adk", "Google ADK"),
    ("agno", "Agno"),
    ("@mastra", "Mastra"),
    ("agents", "OpenAI Agents SDK"),
    ("ai", "Vercel AI SDK"),
)
_MAX_HOPS = 4
_MAX_TOOLS = 60


def code_agents(project: Project) -> tuple[AgentSetup, ...]:
    """One setup for each place where code lists the tools of an agent, in order of place."""
    found: dict[Location, AgentSetup] = {}
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        for call in module.calls:
            if _makes_agent(module, call) and (setup := _setup(project, module, call)):
                found.setdefault(setup.location, setup)
    return tuple(found[at] for at in sorted(found))


def _makes_agent(module: Module, call: Call) -> bool:
    """A maker of a library that builds agents, under whatever name it was imported."""
    head, _, rest = call.name.partition(".")
    entry = module.imports.get(head)
    if entry is None or not _LIBRARY.match(entry.spec):
        return False
    return _MAKERS.search(rest or (head if entry.name in ("*", "default") else entry.name)) is not None


def _setup(project: Project, module: Module, call: Call) -> AgentSetup | None:
    tools: dict[str, Tool] = {}
    place: list[Location] = []
    listed = _listed(module, call)
    if listed is not None:
        for tool in _tools(project, module, listed, place, 0):
            tools.setdefault(tool.name, tool)
    for tool in _decorated(project, module, call):
        tools.setdefault(tool.name, tool)
    if not tools:
        return None
    asked = _ASKED.search(text_of(call.node)) is not None or any(t.asks for t in tools.values())
    spec = module.imports[call.name.split(".")[0]].spec
    product = next((name for key, name in _PRODUCTS if key in spec), "agent")
    return AgentSetup(
        product,
        "code",
        place[0] if place else module.file.locate(call.node),
        frozenset(c for t in tools.values() for c in t.capabilities),
        tuple(sorted(tools)),
        "some" if asked else "never",
    )


def _listed(module: Module, call: Call) -> Node | None:
    """The expression that holds an agent's tools."""
    if "tools" in call.keywords:
        return call.keywords["tools"]
    if module.kind == "python":
        made = re.search(r"(create_\w*agent|initialize_agent|from_tools)$", call.name)
        position = 0 if call.last in ("initialize_agent", "from_tools") else 1
        return call.args[position] if made and len(call.args) > position else None
    for argument in call.args:
        if argument.type == "object":
            return _property(argument, "tools")
    return None


def _property(node: Node, name: str) -> Node | None:
    for child in node.named_children:
        if child.type == "pair" and text_of(child.child_by_field_name("key")).strip("'\"") == name:
            return child.child_by_field_name("value")
        if child.type == "shorthand_property_identifier" and text_of(child) == name:
            return child
    return None


def _tools(project: Project, module: Module, node: Node, place: list[Location], hops: int) -> Iterator[Tool]:
    """The tools that an expression stands for: a list, an object, a name of either, a function that returns one."""
    if hops > _MAX_HOPS or len(place) > _MAX_TOOLS:
        return
    if node.type in ("list", "array", "object", "tuple"):
        place.append(_first_line(module, node))
        for child in node.named_children[:_MAX_TOOLS]:
            yield from _member(project, module, child, place, hops)
        return
    if node.type in ("identifier", "shorthand_property_identifier", "attribute", "member_expression"):
        meaning = _meaning(project, module, node)
        if meaning is not None and meaning.value is not None and meaning.function is None:
            yield from _tools(project, meaning.module, meaning.value, place, hops + 1)
        return
    if node.type in ("binary_operator", "spread_element", "list_splat", "await_expression", "await", "as_expression"):
        for child in node.named_children:
            yield from _tools(project, module, child, place, hops + 1)
        return
    call = module.call_at(node)
    if call is None:
        return
    reached = project.function_called(module, call)
    for returned in _returned(reached[1].body) if reached else ():
        yield from _tools(project, reached[0], returned, place, hops + 1) if reached else ()


def _member(project: Project, module: Module, node: Node, place: list[Location], hops: int) -> Iterator[Tool]:
    """One entry of a list of tools, or one property of an object of them."""
    if node.type in ("spread_element", "list_splat"):
        for child in node.named_children:
            yield from _tools(project, module, child, place, hops + 1)
        return
    name = ""
    if node.type == "pair":
        name = text_of(node.child_by_field_name("key")).strip("'\"")
        value = node.child_by_field_name("value")
        if value is None:
            return
        node = value
    if tool := tool_of(project, module, node, name):
        yield tool


def _meaning(project: Project, module: Module, node: Node) -> Meaning | None:
    return project.meaning(module, text_of(node)[:200])


def _returned(body: Node) -> Iterator[Node]:
    """What a function returns, at any depth that is its own."""
    waiting, left = [body], 4000
    if body.type in ("array", "object"):
        yield body
        return
    while waiting and left:
        node, left = waiting.pop(), left - 1
        if node.type == "return_statement" and node.named_children:
            yield node.named_children[0]
        elif node is body or "function" not in node.type:
            waiting.extend(reversed(node.named_children))


def _decorated(project: Project, module: Module, call: Call) -> Iterator[Tool]:
    """`@agent.tool` of Pydantic AI, where agent is what this call made."""
    names = {n for a in module.assigns if a.value == call.node for n in a.targets}
    for function in module.functions:
        for decorator in function.decorators:
            head, _, last = text_of(decorator).partition("(")[0].rpartition(".")
            if (
                head in names
                and last in ("tool", "tool_plain")
                and (tool := tool_of(project, module, function.node, ""))
            ):
                yield tool


def _first_line(module: Module, node: Node) -> Location:
    at = module.file.locate(node)
    return Location(at.path, at.line, at.column, at.line, at.column)
