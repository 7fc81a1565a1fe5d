"""MCP servers: each tool and resource, and the endpoint of a server that is reached over the network.

A tool is not open by itself: whoever reaches its server reaches it. What is missing is missing at the endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"FastMCP|\bmcp\.server\b|\bfastmcp\b")
_KINDS = {
    "tool": "TOOL", "call_tool": "TOOL", "resource": "RESOURCE", "read_resource": "RESOURCE", "prompt": "PROMPT",
}  # fmt: skip
_SERVER = re.compile(r"(^|\.)(FastMCP|Server|MCPServer)$")
_APPS = (
    "sse_app",
    "streamable_http_app",
    "http_app",
    "SseServerTransport",
    "StreamableHTTPSessionManager",
    "run_http_async",
)
_AUTH = ("auth", "auth_server_provider", "token_verifier")


def routes(project: Project) -> Iterator[Route]:
    """The tools and resources of each server, and its endpoint when it has one."""
    for module in project.hinted(_HINT, "python"):
        servers = {t: c for a in module.assigns if (c := _made(module, a.value)) for t in a.targets}
        tools: list[Route] = []
        for function in module.functions:
            for number, decorator in enumerate(function.decorators):
                call = module.call_at(decorator)
                name = call.name if call else python.dotted(decorator)
                if _is_registration(project, module, name, servers):
                    tools.append(_tool(project, module, function, number, name.rpartition(".")[2], call, servers))
        yield from tools
        yield from _endpoints(project, module, servers, frozenset(e for t in tools for e in t.effects))


def _made(module: Module, node: object) -> Call | None:
    call = module.call_at(node)  # type: ignore[arg-type]
    return call if call and _SERVER.search(call.name) else None


def _is_registration(project: Project, module: Module, name: str, servers: dict[str, Call]) -> bool:
    holder, _, verb = name.rpartition(".")
    if verb not in _KINDS or not holder:
        return False
    if holder in servers:
        return True
    found = project.meaning(module, holder)
    return bool(found and found.value is not None and _made(found.module, found.value))


def _tool(
    project: Project, module: Module, function: Function, number: int, verb: str, call: Call | None,
    servers: dict[str, Call],
) -> Route:  # fmt: skip
    named = call.keywords.get("name") or (call.args[0] if call.args else None) if call else None
    said = python.string_of(named) or function.name
    uri = "path" if verb == "resource" else "body"
    given = [p for p in function.params if p.name not in ("self", "ctx", "context") and "Context" not in p.type]
    own = python_guards.of_decorators(project, module, function.decorators[number + 1 :])
    return entries.route(
        project,
        entries.Entry(
            "mcp", (_KINDS[verb],), said if "://" in said else f"/{said}", module, function.decorators[number],
            function, module, guards=(*_auth(module, servers), *own), handler_name=function.name, public="tool",
            parameters=tuple(Parameter(p.name, uri, p.type[:60]) for p in given),
        ),
    )  # fmt: skip


def _auth(module: Module, servers: dict[str, Call]) -> tuple[Guard, ...]:
    """`FastMCP("x", auth=verifier)`, with anything but None."""
    return tuple(
        Guard("authentication", "middleware", word, module.file.locate(call.node))
        for call in servers.values()
        for word in _AUTH
        if word in call.keywords and text_of(call.keywords[word]) != "None"
    )


def _endpoints(
    project: Project, module: Module, servers: dict[str, Call], effects: frozenset[str]
) -> Iterator[Route]:  # fmt: skip
    for call in module.calls:
        transport = text_of(call.keywords.get("transport") or (call.args[0] if call.args else None)).strip("'\"")
        serves = call.last == "run" and transport in ("sse", "http", "streamable-http", "streamable_http")
        if not serves and call.last not in _APPS:
            continue
        kind = "sse" if "sse" in transport or "sse" in call.last.lower() else "mcp"
        yield entries.route(
            project,
            entries.Entry(
                "mcp", ("POST",), f"/{kind}", module, _registered(module, call), None,
                guards=_auth(module, servers), effects=effects,
                handler_name=call.last,
            ),
        )  # fmt: skip
        return


def _registered(module: Module, call: Call) -> Node:
    """Where the endpoint is hung into a Starlette app, when the server does that by hand."""
    by_hand = (c for c in module.calls if c.last == "Route" and c.args)
    return next((c.node for c in by_hand if re.search("sse|mcp", python.string_of(c.args[0]))), call.node)
