"""What a compose service publishes and sets, and what a Firebase rule opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]

_STORES = {
    "5432": "PostgreSQL", "3306": "MySQL", "6379": "Redis", "27017": "MongoDB", "9200": "Elasticsearch",
    "5601": "Kibana", "6333": "Qdrant", "11434": "Ollama", "11211": "Memcached", "5672": "RabbitMQ",
    "15672": "RabbitMQ", "9092": "Kafka", "2375": "Docker", "8086": "InfluxDB", "7700": "Meilisearch",
    "7474": "Neo4j", "7687": "Neo4j", "19530": "Milvus", "1433": "SQL Server", "5984": "CouchDB", "8123": "ClickHouse",
}  # fmt: skip
_PORT = re.compile(
    r"^(?:(?P<host>\[[^\]]+\]|\d+(?:\.\d+){3}|\$\{[^}]*\}):)?(?:(?P<published>[^:]*):)?(?P<target>\d+)(?:-\d+)?(?:/(?:tcp|udp))?$"
)
_DEFAULTS = frozenset(
    (
        "postgres", "password", "example", "changeme", "change-me", "change_me", "root", "admin", "secret", "test",
        "minioadmin", "guest", "mysql", "mongo", "redis", "123456", "12345678", "1234", "pass", "passwd", "toor",
        "supersecret",
        "admin123", "password123", "postgrespassword", "mysecretpassword", "mypassword", "qwerty", "letmein", "default",
    )
)  # fmt: skip
# A sample tells that whoever builds the image has the real one beside it.
_SECRET_FILES = (".env", ".env.local", ".env.production", ".env.example", ".env.sample", ".env.template")
_IGNORES_ENV = re.compile(r"^(?:\*\*/)?/?(?:\.env|\.env\*|\.env\.\*|\*\.env|\.\*|\*\*?)\s*$", re.MULTILINE)
_ENTRIES = ("index.ts", "index.js", "index.tsx", "index.mts")
_PUBLIC_BY_DESIGN = re.compile(r"(?i)^(?:health|healthz|health-check|ping|status|sitemap|robots|og|og-image|version)$")
_DEFAULT_VALUE = re.compile(r"\$\{\w+:?-(?P<value>[^}]*)\}")


def published_store(match: Match, document: Document) -> list[Reason]:
    """A data store's port on all interfaces. Docker's own firewall rules come before the host's."""
    node = match.node
    if node.kind == "mapping":
        host = node.get("host_ip")
        target, published = node.get("target"), node.get("published")
        if published is None or (host and host.text not in ("0.0.0.0", "::")):
            return []
        return _store(target.text if target else "", node)
    text = re.sub(r"\$\{\w+:?-(\d+)\}", r"\1", node.text)
    m = _PORT.match(text)
    if m is None or m["published"] is None or (m["host"] and m["host"] not in ("0.0.0.0", "[::]")):
        return []
    return _store(m["target"], node)


def _store(target: str, node: Node) -> list[Reason]:
    name = _STORES.get(target)
    return [("", (("store", name), ("port", target)), node)] if name else []


def default_password(match: Match, document: Document) -> list[Reason]:
    """A password that every scanner tries first, as the value or as the fallback of a variable. For lists, the
    items are `NAME=value`."""
    found: list[Reason] = []
    for name, node in _settings(match.node):
        if not re.search(r"(?i)passw(?:or)?d|_pass$|root_password|minio_secret_key", name) or re.search(
            r"(?i)_file$", name
        ):
            continue
        value = node.text.partition("=")[2] if match.node.kind == "sequence" else node.text
        fallback = _DEFAULT_VALUE.fullmatch(value.strip())
        word = (fallback["value"] if fallback else value).strip().strip("\"'").lower()
        if word in _DEFAULTS:
            found.append(("", (("name", name), ("service", dict(match.captured).get("service", ""))), node))
    return found


def _settings(node: Node) -> list[tuple[str, Node]]:
    if node.kind == "sequence":
        return [(n.text.partition("=")[0].strip(), n) for n in node.items if "=" in n.text]
    return list(node.entries)


def copies_env_file(match: Match, document: Document) -> list[Reason]:
    """A copy of the whole build folder where a file of secrets lies in it and no .dockerignore keeps it out."""
    words = [w for w in match.node.text.split() if not w.startswith("--")]
    if "--from" in match.node.text or not words or words[0] not in (".", "./"):
        return []
    folder = document.file.path.parent
    ignored = document.project.get(str(folder / ".dockerignore"))
    secret = next((n for n in _SECRET_FILES if str(folder / n) in document.project), None)
    if secret is None or (ignored and _IGNORES_ENV.search(ignored.text)):
        return []
    return [("", (("name", secret),), None)]


def unchecked_function(match: Match, document: Document) -> list[Reason]:
    """An edge function that the platform does not guard and whose source is not here. Where it is, the rules that
    read the code say more, and one hole needs one finding."""
    name = dict(match.captured).get("function", "")
    seen = any(_entry(document, name, entry) in document.project for entry in _ENTRIES)
    return [] if seen or _PUBLIC_BY_DESIGN.search(name) else [("", (), None)]


def _entry(document: Document, name: str, file: str) -> str:
    return str(document.file.path.parent / "functions" / name / file)


def open_rule(match: Match, document: Document) -> list[Reason]:
    """A Firebase `allow`, told by the path that it opens."""
    path = match.node.get("path")
    return [("", (("path", path.text if path else ""),), match.node)]


PREDICATES: dict[str, Callable[[Match, Document], list[Reason]]] = {
    "published-store": published_store,
    "default-password": default_password,
    "copies-env-file": copies_env_file,
    "open-rule": open_rule,
    "unchecked-function": unchecked_function,
}
