"""Messages over sockets: functions whose parameters whoever is connected fills in."""

from __future__ import annotations

import re

from vibeaudit.flow.form import Call, Lambda, Literal

MESSAGE = ("socket", "message")  # rulesets/flow names this call
LIBRARIES = ("socket.io", "ws", "@nestjs/websockets", "sockjs", "express-ws", "@fastify/websocket", "uWebSockets.js")
_DECORATOR = re.compile(
    r"^@(?:\w+\.)?SubscribeMessage\(|^@(?:socketio|socket_io|sio|socket|server)\.(?:on|event)\b(?!\.)", re.IGNORECASE
)
_SOCKET = re.compile(r"(?:^|_)(?:socket|sock|ws|client|conn|connection|peer)$|(?:Socket|Client|Connection)$")
_OWN_EVENTS = frozenset(
    ("connection", "connect", "disconnect", "disconnecting", "error", "close", "open", "end", "upgrade", "listening",
     "ping", "pong", "timeout", "drain", "connect_error", "reconnect", "ready", "headers")
)  # fmt: skip
_OWN = frozenset(("self", "sid", "environ", "auth", "client", "socket", "server", "ack", "callback", "cb", "namespace"))
_OWN_KINDS = frozenset(("Socket", "WebSocket", "Server", "Namespace"))


def hears(decorators: tuple[str, ...]) -> bool:
    """Whether a function is called with the messages of those who are connected."""
    return any(d for d in decorators if _DECORATOR.search(d) and not any(f'"{e}"' in _quoted(d) for e in _OWN_EVENTS))


def sent(name: str, kind: tuple[str, ...]) -> bool:
    """Whether a handler's parameter of this name and type holds what was sent."""
    return name not in _OWN and not (kind and kind[-1] in _OWN_KINDS)


def listeners(call: Call) -> list[str]:
    """The functions that `socket.on("message", (data) => ...)` calls with what was sent."""
    if call.callee[-1] != "on" or len(call.callee) < 2 or not _SOCKET.search(call.callee[-2]) or not call.args:
        return []
    event = call.args[0]
    if not isinstance(event, Literal) or not event.text or event.text in _OWN_EVENTS:
        return []
    return [a.function for a in call.args[1:] if isinstance(a, Lambda)]


def _quoted(decorator: str) -> str:
    return decorator.replace("'", '"')
