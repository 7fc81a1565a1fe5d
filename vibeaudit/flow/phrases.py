"""What constant texts tell: which language a text is in, and whether it fixes the host of an address."""

from __future__ import annotations

import re
from functools import lru_cache

_SQL = re.compile(
    r"\b(?:select\b.{0,400}?\bfrom\b|insert\s+into\s|update\s.{0,200}?\bset\s|delete\s+from\s|replace\s+into\s"
    r"|(?:where|and|or|having)\s+[\w.\"`\[\]()]+\s*(?:=|<|>|!=|like\b|in\b)|order\s+by\s|union\s+(?:all\s+)?select"
    r"|(?:create|drop|alter|truncate)\s+(?:table|database|schema|user|role|view|index)\s|pragma\s|values\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_HTML = re.compile(r"<\s*[a-zA-Z!/]")
_LDAP = re.compile(r"\([\w;.-]+\s*(?:=|~=|<=|>=)|\b(?:ou|dc|cn)=", re.IGNORECASE)
_XPATH = re.compile(r"//|\[@|(?<!\w)\w+\[[\w.]+\s*=")
_OPEN = re.compile(r"(?:https?:)?(?://[^/?#\0]*|/)?")
_PROSE = re.compile(  # instructions, or the names of parts that are put before them
    r"(?:(?<![A-Za-z\u00c0-\u017f'\u2019])[A-Za-z\u00c0-\u017f'\u2019]+[,.:;]?\s+){4}[A-Za-z\u00c0-\u017f]{2,}"
    r"|\b(?:question|query|context|answer|instructions?|passages?|task)\s*:",
    re.IGNORECASE,
)
_KINDS = (("sql", _SQL), ("html", _HTML), ("ldap", _LDAP), ("xpath", _XPATH), ("prose", _PROSE))
_IN_PATH = re.compile(r"(?:https?://[^/?#]+|\0)/[^?#]*")
MAX_CHARS = 4000


@lru_cache(maxsize=4096)
def kinds(text: str) -> frozenset[str]:
    """The languages that a text seems to be in: sql, html, ldap, xpath, or that of people."""
    text = text[:MAX_CHARS]
    return frozenset(k for k, pattern in _KINDS if pattern.search(text))


def fixes_host(lead: str) -> bool:
    """Whether what follows `lead` is a path or a query and no host. \\0 stands for an unknown value of the app's own,
    \\1 for a caller's."""
    return _OPEN.fullmatch(lead[:MAX_CHARS]) is None


def names_path(lead: str) -> bool:
    """Whether what follows `lead` is a part of an address's path, at a host that the app has chosen."""
    return _IN_PATH.fullmatch(lead[:MAX_CHARS]) is not None
