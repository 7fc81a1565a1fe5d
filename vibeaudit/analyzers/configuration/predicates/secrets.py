"""Values that are secrets by the name they stand under, and are not placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]

_NAME = re.compile(
    r"(?i)(?:^|[_\-.])(?:(?:api|access|secret|private|service|signing|encryption|master|admin|auth)[_-]?key|apikey|token|secret|"
    r"passw(?:or)?d|pwd|passphrase|credentials?|authorization|dsn|database[_-]?url|connection[_-]?string|pat)(?:$|[_\-.]\d*$)"
    r"|(?i:secret|password|apikey|api_key|token|service_role)(?:_|-|$)|(?i:(?:access|refresh|auth|bot)token$)"
)
_PUBLIC_NAME = re.compile(
    r"(?i)public|publishable|anon|_id$|_url$(?<!database_url)(?<!db_url)|_file$|_path$|_name$|_header|_expir|_ttl|_limit|max_|"
    r"tokens$|_type$|_env|_algorithm|_length|_timeout|_endpoint|tokenizer|_min|_enabled"
)
_PLACEHOLDER = re.compile(
    r"(?i)^$|\$\{|\$\(|\{\{|^\$|^%\w+%$|^<|>$|^\[|\byour|^x{3,}|x{6,}|\.\.\.|…|^changeme|change[_-]?(?:me|this)|example|placeholder|"
    r"dummy|insert|replace|redacted|todo|^\*+$|^(?:true|false|none|null|test|secret|password|token|\d{1,6})$|^(?:env|input|op|vault|secret):"
    r"|secrets?\.|process\.env|_here$|^sk-\.|(?-i:^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$)|fake|sample|demo"
)
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s:@]*:(?P<password>[^@\s/]+)@(?P<host>[^/\s:?]+)", re.IGNORECASE)
_QUERY = re.compile(
    r"[?&](?:[\w-]*(?:api[_-]?key|token|secret|password|access[_-]?key))=(?P<value>[^&\s]{8,})", re.IGNORECASE
)
_FLAG = re.compile(r"--?(?P<name>[\w-]*(?:key|token|secret|password|auth))(?:=(?P<value>.+))?", re.IGNORECASE)
_BEARER = re.compile(r"^(?:Bearer|Basic|token|Token|Api-Key)\s+", re.IGNORECASE)
_LOCAL_HOST = re.compile(
    r"^(?:localhost|127\.|\[?::1|host\.docker\.internal|db$|postgres$|mysql$|redis$|mongo(?:db)?$|0\.0\.0\.0|[\w-]+$)"
)

# composed for one run of the tests: its secrets live as long
_OF_A_RUN = re.compile(r"(?i)(?:^|/)\.?(?:ci|circleci|gitlab|buildkite|e2e|cypress)/[^/]*(?:compose|\bci\b|test)[^/]*$")


def is_secret(name: str, value: str) -> bool:
    """Whether a value under this name is a secret that really opens something."""
    if len(name) > 200 or len(value) > 5000:
        return False
    if url := _URL.match(value):
        password = url["password"]
        return not _PLACEHOLDER.search(password) and (not _LOCAL_HOST.match(url["host"]) or _is_random(password))
    if not _NAME.search(name) or (_PUBLIC_NAME.search(name) and not re.search(r"(?i)secret|private", name)):
        return False
    bare = _BEARER.sub("", value.strip())
    return (
        len(bare) >= 8 and not _PLACEHOLDER.search(bare) and " " not in bare and "://" not in bare and not _wordy(bare)
    )


def _is_random(value: str) -> bool:
    """Whether nobody would think it up for a database on their own machine."""
    kinds = (any(c.isdigit() for c in value), any(c.isupper() for c in value), any(c.islower() for c in value))
    return len(value) >= 12 and all(kinds)


def _wordy(value: str) -> bool:
    """Whether it reads as words (a scope, a path, a name) and not as a key."""
    words = re.fullmatch(r"[a-z]+(?:[-_./:][a-z]+)*", value) and len(value) < 40
    return bool(words or (value.isalpha() and len(value) < 20))


def literal_secret(match: Match, document: Document) -> list[Reason]:
    """A secret under its own name, as in `env` and `headers`."""
    value = match.node.text
    if _OF_A_RUN.search(str(document.file.path)):
        return []
    return [(value, (("name", match.key),), None)] if is_secret(match.key, value) else []


def secret_argument(match: Match, document: Document) -> list[Reason]:
    """A secret among the arguments of a command: in a URL, after `--token`, or in `--token=...`."""
    found: list[Reason] = []
    waiting = ""
    for node in match.node.items:
        text = node.text
        flag = _FLAG.fullmatch(text)
        if url := _URL.match(text):
            if is_secret("dsn", text):
                found.append((url["password"], (("name", "password"),), node))
        elif waiting and not text.startswith("-"):
            if _opens(text):
                found.append((text, (("name", waiting),), node))
        elif flag and flag["value"] and _opens(flag["value"]):
            found.append((flag["value"], (("name", flag["name"]),), node))
        elif "=" in text and not flag and is_secret(text.partition("=")[0], text.partition("=")[2]):
            found.append((text.partition("=")[2], (("name", text.partition("=")[0]),), node))
        else:
            found.extend(_in_query(node))
        waiting = flag["name"] if flag and not flag["value"] else ""
    return found


def secret_in_address(match: Match, document: Document) -> list[Reason]:
    """A secret in a URL's query or before its host."""
    url = _URL.match(match.node.text)
    if url and is_secret("dsn", match.node.text):
        return [(url["password"], (("name", "password"),), None)]
    return [(part, facts, None) for part, facts, _ in _in_query(match.node)]


def _in_query(node: Node) -> list[Reason]:
    m = _QUERY.search(node.text)
    return [(m["value"], (("name", "url"),), node)] if m and _opens(m["value"]) else []


def _opens(value: str) -> bool:
    return len(value) >= 8 and not _PLACEHOLDER.search(value) and not _wordy(value) and "/" not in value[:2]


PREDICATES: dict[str, Callable[[Match, Document], list[Reason]]] = {
    "literal-secret": literal_secret,
    "secret-argument": secret_argument,
    "secret-in-address": secret_in_address,
}
