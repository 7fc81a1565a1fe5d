"""A GitHub on loopback that keeps pull requests, and refuses what GitHub's own published description refuses."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SPEC = Path(__file__).parent / "data" / "github-openapi-slice.json"
REPO = "acme/shop"


@dataclass
class Forge:
    """`fail` maps "METHOD path-end" to a status that is answered once instead of the work being done."""

    address: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[int, list[str]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    fail: dict[str, int] = field(default_factory=dict)


@contextlib.contextmanager
def serving() -> Iterator[Forge]:
    from openapi_core import OpenAPI

    forge = Forge()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(forge))
    forge.address = f"http://127.0.0.1:{server.server_port}"
    spec = json.loads(SPEC.read_text("utf-8"))
    spec["servers"] = [{"url": forge.address}]
    server.openapi = OpenAPI.from_dict(spec)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def _work(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            forge.requests.append((self.command, parts.path))
            for key, status in list(forge.fail.items()):
                method, end = key.split(" ", 1)
                if method == self.command and parts.path.endswith(end):
                    del forge.fail[key]
                    self._answer(status, {"message": "no, this time"})
                    return
            if why := self._wrong(parts.path, parts.query, data):
                forge.refused.append(f"{self.command} {parts.path}: {why}")
                self._answer(422, {"message": "Validation Failed", "errors": [why]})
                return
            self._answer(*_respond(forge, self.command, parts.path, dict(parse_qsl(parts.query)), data))

        def _wrong(self, path: str, query: str, data: bytes) -> str:
            """Why GitHub's description does not allow this request, or an empty string."""
            from openapi_core.testing import MockRequest

            request = MockRequest(
                forge.address,
                self.command.lower(),
                path,
                args=dict(parse_qsl(query)),
                headers=dict(self.headers),
                data=data or None,
                content_type="application/json",
            )
            try:
                self.server.openapi.validate_request(request)  # type: ignore[attr-defined]
            except Exception as error:
                return f"{type(error).__name__}: {error} {error.__cause__ or ''}"
            return ""

        def _answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _work  # noqa: N815

    return Handler


def _respond(forge: Forge, method: str, path: str, query: dict[str, str], data: bytes) -> tuple[int, object]:
    body = json.loads(data) if data else {}
    if path == f"/repos/{REPO}":
        return 200, {"full_name": REPO, "default_branch": "main", "url": f"{forge.address}{path}"}
    if path == f"/repos/{REPO}/pulls" and method == "GET":
        return 200, [p for p in forge.pulls if query.get("head") in (None, f"acme:{p['head']['ref']}")]
    if path == f"/repos/{REPO}/pulls":
        if any(p["head"]["ref"] == body["head"] and p["state"] == "open" for p in forge.pulls):
            return 422, {"message": "A pull request already exists"}
        pull = _pull(forge, body)
        forge.pulls.append(pull)
        return 201, pull
    if found := re.fullmatch(rf"/repos/{REPO}/pulls/(\d+)", path):
        pull = forge.pulls[int(found[1]) - 1]
        pull.update(body)
        return 200, pull
    if found := re.fullmatch(rf"/repos/{REPO}/issues/(\d+)/labels", path):
        forge.labels[int(found[1])] = list(body["labels"])
        return 200, [{"name": n} for n in body["labels"]]
    return 404, {"message": "Not Found"}


def _pull(forge: Forge, body: dict[str, Any]) -> dict[str, Any]:
    number = len(forge.pulls) + 1
    return {
        "number": number,
        "url": f"{forge.address}/repos/{REPO}/pulls/{number}",
        "html_url": f"https://forge.example/{REPO}/pull/{number}",
        "state": "open",
        "title": body["title"],
        "body": body.get("body"),
        "draft": body.get("draft", False),
        "head": {"ref": body["head"]},
        "base": {"ref": body["base"]},
    }
