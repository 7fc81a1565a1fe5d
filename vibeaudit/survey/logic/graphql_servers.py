"""GraphQL servers: whether they show their whole schema, how deep a query may reach, how many one request may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)graphql|apollo|graphene|strawberry|ariadne|mercurius")
_SCRIPT = re.compile(
    r"^(?:new\s+)?(?:ApolloServer|\w+\.ApolloServer|createYoga|graphqlHTTP|\w+\.graphqlHTTP|GraphQLServer)$"
    r"|^GraphQLModule\.forRoot(?:Async)?$"
)
_PYTHON = re.compile(r"(?:^|\.)(?:\w*GraphQLView\.as_view|GraphQLRouter|GraphQL|GraphQLApp|GraphQLHTTPHandler)$")
_LIMITS = re.compile(
    rb"(?i)depth[_-]?limit|max_?depth|query_?depth|complexity|cost[_-]?(?:analysis|limit)|armor|max_?tokens_?limit|MaxTokensLimiter"
    rb"|MaxAliasesLimiter|QueryDepthLimiter|persistedOperations|trusted_?documents|persisted_?only"
)
_HIDES = re.compile(
    rb"(?i)NoSchemaIntrospection|DisableIntrospection|disable_?introspection|introspection['\"]?\s*[:=]\s*(?!\s*(?:true|True)\b)"
)
_ALWAYS_SHOWN = re.compile(r"createYoga|graphqlHTTP|GraphQLView|GraphQLRouter|(?:^|\.)GraphQL(?:App)?$")
_BATCHES = re.compile(r"(?:\bbatch\s*=\s*True\b|\bbatching\s*:\s*true\b|\ballowBatchedHttpRequests\s*:\s*true\b)")
_FROM = re.compile(r"graphql|graphene|strawberry|ariadne|starlette_graphene|apollo", re.IGNORECASE)


def servers(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """One of each kind for every place where a GraphQL server is made."""
    for call in module.calls:
        if not _makes(module, call):
            continue
        said = text_of(call.node)[:4000]
        whole = _around(project)
        if not _LIMITS.search(whole):
            yield "answers queries of any depth", call.node, ""
        if (_ALWAYS_SHOWN.search(call.name) or call.last == "as_view") and not _HIDES.search(whole):
            yield "shows its schema", call.node, ""
        if _BATCHES.search(said):
            yield "takes queries by the batch", call.node, ""


def _makes(module: Module, call: Call) -> bool:
    pattern = _PYTHON if module.kind == "python" else _SCRIPT
    root = call.name.removeprefix("new ").split(".")[0]
    if call.last == "as_view" and root in module.by_class:
        return any("GraphQLView" in base for base in module.by_class[root].bases)
    if not pattern.search(call.name):
        return False
    entry = module.imports.get(root)
    return (entry is None and module.kind != "python") or bool(entry and _FROM.search(entry.spec))


def _around(project: Project) -> bytes:
    """All code of the app that speaks of GraphQL: a limit may stand where the schema is built."""
    key = ("graphql", "code")
    if key not in project.memory:
        files = project.sources("python", *javascript.LANGUAGES)
        project.memory[key] = b"\n".join(f.data for f in files if HINT.search(f.data))
    return project.memory[key]  # type: ignore[return-value]
