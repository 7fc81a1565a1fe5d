"""Socket.IO and ws servers in scripts: what is set off by a connection is one entry point, however many events it
listens to, for the guard belongs before all of them (`io.use(...)`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.source.testing import is_test
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"socket\.io\b|new WebSocketServer|WebSocket\.Server|@WebSocketServer|from ['\"]ws['\"]")
_SERVER = re.compile(r"\bio\b|\w*[sS]erver\b|\bwss?\b|\w*[sS]ocket\w*|\w*IO\b|\w*[nN]amespace\b|\w*[nN]sp\b")
_MAKES = re.compile(
    r"socket\.io['\"]|\bnew (?:Server|SocketServer|IOServer|SocketIOServer)\(|WebSocketServer|WebSocket\.Server"
)
# who is not let in is hung up on: `if (!user) socket.disconnect()`, `authenticate(socket)... catch { socket.close() }`
_HANGS_UP = re.compile(
    r"(?is)(?:verif|authenticat|session|token|getUser|\buser\b).*?\.(?:disconnect|close|terminate)\("
)
# the ones who only listen in a browser
_CLIENT = re.compile(rb"socket\.io-client")


def routes(project: Project) -> Iterator[Route]:
    """One for each `io.on('connection', ...)`, and one for what each `io.use(...)` does before it."""
    for module in project.hinted(_HINT, *javascript.LANGUAGES):
        if is_test(module.path) or (_CLIENT.search(module.file.data) and not _MAKES.search(module.file.text)):
            continue
        guards = _standing(project, module)
        for call in module.calls:
            if call.last == "on" and len(call.args) == 2 and javascript.string_of(call.args[0]) == "connection":
                if (handler := _function(project, module, call)) and _SERVER.match(call.name.rpartition(".")[0]):
                    yield _route(project, module, call, handler, guards, "connection")
            elif _is_middleware(module, call) and (handler := _function(project, module, call)):
                yield _route(project, module, call, handler, guards, "handshake")


def _is_middleware(module: Module, call: Call) -> bool:
    """`io.use((socket, next) => ...)`, told from middleware of an HTTP server by what it is given."""
    function = module.function_at(call.args[-1]) if call.last == "use" and call.args else None
    return function is not None and bool(function.params) and "socket" in function.params[0].name.lower()


def _function(project: Project, module: Module, call: Call) -> tuple[Module, Function] | None:
    own = module.function_at(call.args[-1])
    if own is not None:
        return module, own
    found = project.meaning(module, javascript.dotted(call.args[-1]))
    return (found.module, found.function) if found and found.function else None


def _standing(project: Project, module: Module) -> tuple[Guard, ...]:
    """What every connection passes: `io.use(guard)`, `allowRequest`, `verifyClient`."""
    found: list[Guard] = []
    for call in module.calls:
        before = call.last == "use" and call.args and _SERVER.match(call.name.rpartition(".")[0])
        if before and (_is_middleware(module, call) or not module.function_at(call.args[-1])):
            found += guarding.of_expression(project, module, call.args[-1], "middleware")
        for given in call.args if call.node.type == "new_expression" else ():
            for name in ("allowRequest", "verifyClient") if given.type == "object" else ():
                if (check := javascript.property_of(given, name)) is not None:
                    found.append(Guard("authentication", "matcher", name, module.file.locate(check)))
    return tuple(found)


def _route(
    project: Project,
    module: Module,
    call: Call,
    handler: tuple[Module, Function],
    guards: tuple[Guard, ...],
    name: str,
) -> Route:
    home, function = handler
    if _HANGS_UP.search(home.code_in(function.body)):
        guards = (*guards, Guard("authentication", "call", "disconnect", home.file.locate(function.node)))
    return entries.route(
        project,
        entries.Entry(
            "socket",
            ("SOCKET",),
            f"/socket ({name})",
            module,
            call.node,
            function,
            home,
            None,
            guards,
            function.name or name,
            tuple(_sent(home, function)),
        ),
    )


def _sent(module: Module, function: Function) -> Iterator[Parameter]:
    """What a client sends: with its events, and with the handshake."""
    for call in module.calls_in(function.body):
        event = javascript.string_of(call.args[0]) if call.last == "on" and len(call.args) == 2 else ""
        listener = module.function_at(call.args[1]) if event and event != "disconnect" else None
        for param in listener.params if listener is not None else ():
            for word in re.findall(r"[A-Za-z_]\w*", param.name):
                if not re.search(r"(?i)^(?:cb|callback|ack|fn|done|err|socket|client)$", word):
                    yield Parameter(word, "body")
    for assign in module.assigns_in(function.body):
        if re.search(r"\bhandshake\.(?:query|auth)\b", text_of(assign.value)[:300]):
            for target in assign.targets:
                if target.isidentifier() and "token" not in target.lower():
                    yield Parameter(target, "query")
