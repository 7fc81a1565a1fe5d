"""What rules may ask of routes that hand tools to agents over the network (MCP)."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate

_TRANSPORT = re.compile(
    r"\.connect_sse\(|\bnew\s+SSEServerTransport\(|\bnew\s+StreamableHTTPServerTransport\("
    r"|\b(?:session_manager|sessionManager)\.handle_request\(|\.handle_post_message\("
)
_LOCAL = re.compile(rb"['\"](?:127\.0\.0\.1|localhost|::1)['\"]")
_BINDS = re.compile(rb"(?:\bhost(?:name)?\s*[=:]|\.listen\(|\bHOST\b)[^\n]{0,80}")


@predicate("route", "serves tools to agents")
def _(s: Subject) -> bool:
    return bool(_TRANSPORT.search(s.text))


@predicate("route", "answers this machine only")
def _(s: Subject) -> bool:
    """Every place in the file that says where to listen says: here."""
    file = s.snapshot.file(s.route.location.path)
    places = [m[0] for m in _BINDS.finditer(file.data)] if file else []
    return bool(places) and all(_LOCAL.search(p) for p in places)
