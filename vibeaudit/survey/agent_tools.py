"""What a tool of an agent can do, from what its body calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import effects
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.project import Project

if TYPE_CHECKING:
    from tree_sitter import Node

# Tools that libraries bring along, by the name of their class or function.
_KNOWN = (
    (re.compile(r"Shell|Bash|Terminal|PythonREPL|PythonAstREPL|CodeInterpreter|LocalShell|ComputerTool"), "run"),
    (re.compile(r"SQLDatabase|QuerySQL|NL2SQL|PGSearch|SQLToolkit"), "query"),
    (
        re.compile(
            r"(?i)DuckDuckGo|Tavily|Serper|SerpAPI|BraveSearch|GoogleSearch|WebSearch|web_search|webSearch|WebBase|ScrapeWebsite"
            r"|WebsiteSearch|Wikipedia|Requests(Get|Post)|Browser|Playwright|VisitWebpage|Firecrawl|\bexa_?(tools|search)|google_?search|scrape_?website|Arxiv"
        ),
        "network",
    ),
    (re.compile(r"Gmail\w*(Get|Search|Read)|ImapTool|O365Search|OutlookRead"), "network"),
    (
        re.compile(
            r"Gmail(Send|Toolkit|Tools)|O365Send|Office365Toolkit|Outlook(Send|Toolkit|Tools)|EmailTools?\b|Slack|Twilio"
        ),
        "send",
    ),
    (re.compile(r"WriteFile|FileWriter|FileManagement|DeleteFile"), "write"),
)
_RUNS = re.compile(r"^(eval|exec|new\.Function|Function|vm\.\w+|execAsync|execPromise)$")
_FETCHES = re.compile(
    r"^(fetch|axios(\.\w+)?|got(\.\w+)?|ky(\.\w+)?|(requests|httpx)\.\w+|urllib\.request\.(urlopen|Request)"
    r"|(\w*(client|session|http))\.(get|post|request)|\w*page\.goto)$",
    re.IGNORECASE,
)
_READS_MAIL = re.compile(
    r"(^|\.)(messages\.list|messages\.get|imap\w*\.\w+|search_emails|fetch_emails|list_messages)$", re.IGNORECASE
)
_SENDS = re.compile(r"(^|\.)(chat_postMessage|postMessage|messages\.create|send_message|sendMessage|messages\.send)$")
_DELETES = re.compile(
    r"^(os\.(remove|unlink|rmdir)|shutil\.rmtree|(fs\.)?(promises\.)?(unlink|unlinkSync|rm|rmSync))$"
    r"|(^|\.)(delete|deleteMany|delete_many|deleteOne|delete_one|destroy|drop)$"
)
_RUNS_SQL = frozenset(
    "execute executescript query fetch fetchrow fetch_all run all exec prepare raw unsafe text"
    " $queryRawUnsafe $executeRawUnsafe read_sql read_sql_query sql rpc exec_driver_sql".split()
)
_STATEMENT = re.compile(r"^\w*(sql|query|statement|stmt|command)\w*$", re.IGNORECASE)
_ASKS = re.compile(
    r"\binterrupt\(|\binput\(|needs_?[aA]pproval|require_?[aA]pproval|confirm\w*\(|requires_confirmation"
)
_EFFECTS = {
    "runs-command": "run",
    "writes-file": "write",
    "writes-store": "write",
    "sends-mail": "send",
    "takes-payment": "pay",
    "reads-store": "read",
}
_MAX_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Tool:
    """`capabilities` as an AgentSetup has them; `asks`: somebody confirms before it acts."""

    name: str
    capabilities: frozenset[str]
    asks: bool = False


def tool_of(project: Project, module: Module, node: Node, name: str) -> Tool | None:
    """The tool that an entry of a list stands for: a function, `tool(...)`, a library's class, a factory's result."""
    if (function := module.function_at(node)) is not None:
        return _of_function(project, module, function, name or function.name, text_of(node)[:4000])
    if node.type in ("identifier", "attribute", "member_expression", "shorthand_property_identifier"):
        said = text_of(node)[:200]
        meaning = project.meaning(module, said)
        if meaning is None:
            return _of_library(said, name or said)
        if meaning.function is not None:
            return _of_function(project, meaning.module, meaning.function, name or meaning.function.name, "")
        if meaning.value is not None and (meaning.module, meaning.value) != (module, node):
            return _of_call(project, meaning.module, meaning.value, name or said)
        return None
    return _of_call(project, module, node, name)


def _of_call(project: Project, module: Module, node: Node, name: str) -> Tool | None:
    if node.type in ("await", "await_expression", "as_expression", "satisfies_expression") and node.named_children:
        node = node.named_children[0]
    call = module.call_at(node)
    if call is None:
        return None
    reached = project.function_called(module, call)
    if reached is not None:  # a factory: the tools that it defines
        home, factory = reached
        inner = [f for f in home.functions if factory.body.start_byte <= f.node.start_byte < factory.body.end_byte]
        made = [f for f in inner if f.decorators or home.kind == "javascript"]
        capabilities = {c for f in made for c in _capabilities(project, home, f)}
        return Tool(name or call.last, frozenset(capabilities), bool(_ASKS.search(text_of(factory.node)[:8000])))
    inner = [f for f in module.functions if node.start_byte <= f.node.start_byte and f.node.end_byte <= node.end_byte]
    named = [
        m
        for a in (*call.args, *call.keywords.values())
        if a.type == "identifier" and (m := project.meaning(module, text_of(a)))
    ]
    found = {c for f in inner for c in _capabilities(project, module, f)}
    found |= {c for m in named if m.function for c in _capabilities(project, m.module, m.function)}
    if inner or any(m.function for m in named):
        return Tool(name or call.last, frozenset(found), bool(_ASKS.search(text_of(node)[:8000])))
    return _of_library(call.name, name or call.last)


def _of_library(said: str, name: str) -> Tool:
    return Tool(name, frozenset(capability for pattern, capability in _KNOWN if pattern.search(said)))


def _of_function(project: Project, module: Module, function: Function, name: str, text: str) -> Tool:
    asks = _ASKS.search(text or text_of(function.node)[:8000]) is not None
    return Tool(name, frozenset(_capabilities(project, module, function)), asks)


def _capabilities(project: Project, module: Module, function: Function) -> set[str]:
    chosen = {n for p in function.params for n in re.findall(r"\w+", p.name)}
    return set(_of_body(project, module, function.body, frozenset(chosen), 0))


def _of_body(project: Project, module: Module, body: Node, chosen: frozenset[str], depth: int) -> Iterator[str]:
    for call in module.calls_in(body):
        yield from _of_one(call, chosen)
        if depth < _MAX_DEPTH and (reached := project.function_called(module, call)) and reached[1].body != body:
            home, function = reached
            passed = {p.name for p, a in zip(function.params, call.args, strict=False) if _mentions(text_of(a), chosen)}
            yield from _of_body(project, home, function.body, frozenset(passed), depth + 1)


def _of_one(call: Call, chosen: frozenset[str]) -> Iterator[str]:
    first = text_of(call.args[0])[:400] if call.args else text_of(call.keywords.get("url"))[:400]
    yield from (_EFFECTS[e] for e in effects.of_call(call) if e in _EFFECTS)
    if _RUNS.search(call.name) and _mentions(first, chosen):
        yield "run"
    if _FETCHES.search(call.name) and _mentions(_head(first), chosen):
        yield "network"
    if _READS_MAIL.search(call.name):
        yield "network"
    if _SENDS.search(call.name):
        yield "send"
    if _DELETES.search(call.name):
        yield "delete"
    if call.last in _RUNS_SQL and "." in call.name and "runs-command" not in effects.of_call(call):
        whole = re.sub(r"^\w*\.?text\((.*)\)$", r"\1", first)
        if whole.split(".")[-1] in chosen or (_STATEMENT.match(whole) and whole in chosen):
            yield "query"


def _head(address: str) -> str:
    """The part of an address that decides where it leads."""
    found = re.match(r"""^[rf]*[`"']{1,3}(https?://[^/`"']*)""", address)
    if found:
        return found[1]
    if gap := re.match(r"""^[rf]*[`"']+\$?\{([^}]*)\}[/?]""", address):
        return gap[1]
    return address


def _mentions(text: str, names: frozenset[str]) -> bool:
    return bool(names & set(re.findall(r"\w+", text)))
