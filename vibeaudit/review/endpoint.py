"""Which model answers: one on loopback, unless the person names another with its address."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from vibeaudit.egress import Door
from vibeaudit.errors import UsageError

# Where local engines listen by default: (kind, port).
_USUAL = (("ollama", 11434), ("openai", 8080), ("openai", 1234), ("openai", 8000))
_OLLAMA = "http://127.0.0.1:11434"
_WAIT = 0.5  # seconds; a server on this machine answers at once
_MAX_REPLY = 1_000_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`model` as litellm names it ("openai/NAME", "ollama_chat/NAME"), and where it answers."""

    model: str
    base: str

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""


def choose(wish: str, door: Door) -> Endpoint | None:
    """The endpoint for `--llm auto` or `--llm MODEL[@URL]`; None when auto finds none. Raises UsageError for a
    model that is named without an address and is not Ollama's."""
    if wish != "auto":
        model, at, base = wish.partition("@http")
        if at:
            return Endpoint(model if "/" in model else f"openai/{model}", f"http{base}")
        if model.startswith("ollama"):
            return Endpoint(model.replace("ollama/", "ollama_chat/"), _OLLAMA)
        if "/" not in model:
            return Endpoint(f"ollama_chat/{model}", _OLLAMA)
        raise UsageError(
            f"--llm {model} does not say where the model answers", "write --llm MODEL@http://127.0.0.1:PORT/v1"
        )
    with door.permit("127.0.0.1", "looking for a local model"):
        return next((e for kind, port in _USUAL if (e := _at(kind, port)) is not None), None)


def _at(kind: str, port: int) -> Endpoint | None:
    data = _get(port, "/api/tags" if kind == "ollama" else "/v1/models")
    key, name = ("models", "name") if kind == "ollama" else ("data", "id")
    listed = data.get(key) if isinstance(data, dict) else None
    names = [str(m[name]) for m in listed if isinstance(m, dict) and name in m] if isinstance(listed, list) else []
    if not names:
        return None
    best = next((n for n in sorted(names) if "cod" in n.lower()), sorted(names)[0])
    base = f"http://127.0.0.1:{port}"
    return Endpoint(f"ollama_chat/{best}", base) if kind == "ollama" else Endpoint(f"openai/{best}", f"{base}/v1")


def _get(port: int, path: str) -> object:
    """What a server on this machine says, or None when none does or it says no JSON."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT)
    try:
        line.request("GET", path)
        reply = line.getresponse()
        return json.loads(reply.read(_MAX_REPLY)) if reply.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        line.close()
