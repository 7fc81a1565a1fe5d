"""Credentials in addresses and request headers: `scheme://user:password@host`, `Authorization: Bearer ...`."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from vibeaudit.analyzers.placeholders import is_gap, is_placeholder
from vibeaudit.analyzers.secret_hit import Hit
from vibeaudit.analyzers.secret_names import Kind
from vibeaudit.analyzers.secret_text import Readable
from vibeaudit.analyzers.secret_values import is_public, weigh
from vibeaudit.model import Confidence, Severity
from vibeaudit.source.testing import is_test

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]{0,24}\Z")
_USERINFO = re.compile(
    r"(?P<user>[^\s:/@\"'`<>?#]{0,80}):(?P<secret>[^\s/@\"'`<>]{1,256})@(?P<host>[\w.\-\[\]:${}%<]{1,200})", re.ASCII
)
_DATABASES = tuple(
    "postgres mysql mariadb mongodb mssql sqlserver oracle cockroach clickhouse neo4j bolt libsql jdbc".split()
)
_LOCAL = re.compile(r"(?i)^(?:localhost|127\.|0\.0\.0\.0|\[|host\.docker\.internal|[^.]*$)")
_EXAMPLE_HOST = re.compile(
    r"(?i)(?:^|\.)(?:example|test|invalid)(?:\.\w+)?$"
    r"|^(?:host|hostname|server|your[\w-]*|my[\w-]*host|xxx.*|foo|bar|domain\.tld|db-host|db_host)(?:$|[.:\d])"
)
_EXAMPLE_FILE = re.compile(r"(?i)(?:example|sample|template|dist)(?:\.\w+)?$")
_BEARER = re.compile(
    r"(?:bearer|basic|token)[ +](?:[\"'][ +]{0,3}[\"'])?"
    r"(?P<secret>[A-Za-z0-9._~+/\-]{12,1500}={0,2})(?=[\"'`\s,;\\)}\]]|\Z)",
    re.IGNORECASE,
)


_PROSE = frozenset((".md", ".mdx", ".rst", ".adoc"))


def address_password(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """The password of an address whose `://` stands at `start`. Local ones are less urgent, defaults no secret."""
    match = _USERINFO.match(text.text, start + 3)
    scheme = _SCHEME.search(text.low[max(0, start - 25) : start])
    if not match or not scheme:
        return
    secret, user, host = match["secret"], match["user"], match["host"]
    bare = host if host.startswith("[") else host.split(":")[0]
    if _is_shown(secret, user, bare):
        return
    local, weak = bool(_LOCAL.match(bare)), secret.isalpha() and len(secret) < 16
    prose = text.file.path.suffix.lower() in _PROSE
    if local and (prose or weak or _for_developers(text, start) or text.is_commented(start)):
        return
    named = scheme[0] if is_gap(bare) or "{" in bare or "$" in bare else bare
    first, last = match.span("secret")
    hit = Hit(
        "",
        first,
        last,
        text.value(first, last),
        70,
        severity=Severity.LOW if local else None,
        confidence=Confidence.LOW if weak else None,
        facts=(("host", named), ("scheme", scheme[0])),
    )
    yield "database-url" if scheme[0].startswith(_DATABASES) else "service-url", hit


def _for_developers(text: Readable, start: int) -> bool:
    """Whether an address of one's own machine stands in an example of settings, in a test, or in a sentence."""
    path = str(text.file.path)
    return (
        _EXAMPLE_FILE.search(path) is not None
        or is_test(path)
        or re.search(r"(?:e\.g\.|for example|such as)[^\n]{0,40}\Z", text.low[max(0, start - 60) : start]) is not None
    )


def _is_shown(secret: str, user: str, host: str) -> bool:
    """An address from a manual, or one that is filled in at run time."""
    if "{" in secret or secret.startswith(("$", "%")) or host.startswith(("<", "{")) or _EXAMPLE_HOST.search(host):
        return True
    if len(secret) < 4 or is_placeholder(secret) or secret.lower() == host.lower():
        return True
    # the same word twice is a default or an example, but not at a server that a provider has named
    return secret.lower() == user.lower() and (len(secret) < 8 or _LOCAL.match(host) is not None or host.count(".") < 2)


def header_credential(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """`Authorization: Bearer ...` and `Basic ...` with the credential spelled out."""
    if text.file.path.suffix.lower() in _PROSE or not (match := _BEARER.match(text.text, start)):
        return  # a manual shows what a header looks like
    secret, scheme = match["secret"], match[0][:5].lower()
    if is_placeholder(secret) or is_public(secret):
        return
    line = text.low[max(0, start - 120) : start]
    if scheme == "basic":
        if not (pair := _basic_pair(secret)) or is_placeholder(pair.partition(":")[2]):
            return
    elif (scheme == "token" and "authorization" not in line) or weigh(Kind.SECRET, "", secret) is None:
        return
    yield (
        "header",
        Hit(
            "",
            *match.span("secret"),
            secret,
            60,
            confidence=None if "auth" in line or "header" in line else Confidence.MEDIUM,
        ),
    )


def _basic_pair(secret: str) -> str:
    try:
        pair = base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True).decode("utf-8")
    except ValueError:
        return ""
    return pair if ":" in pair and pair.isprintable() else ""
