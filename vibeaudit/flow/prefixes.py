"""How little a look at the beginning of an address tells: its scheme, or a host that another host may begin with."""

from __future__ import annotations

import re

SCHEME = "scheme-checked"  # https, and then any host
HOST = "host-begun"  # "https://ours.example", which "https://ours.example.evil.example" begins with as well
SLASH = "slash-begun"  # "/", which "//evil.example" begins with as well
ANY_HOST = "any-host"  # "//", which only a refusal looks for
_SCHEME = re.compile(r"['\"`](?:https?(?::(?://)?)?|wss?://|ftp://)['\"`]")
_SCHEME_PATTERN = re.compile(
    r"/\^\(?(?:\?:)?(?:https?\??|http\|https|https\|http)\)?(?::(?:\\?/){0,2})?(?:\.[*+])?\$?/[a-z]*"
)
_BARE_HOST = re.compile(r"['\"`]https?://[\w.:-]+['\"`]")
_HELD_HOST = re.compile(
    r"(?:[\w$]+[.?!]*\.)*(?:\w*(?:[uU]rl|URL|[oO]rigin|ORIGIN|[dD]omain|DOMAIN|[hH]ost|HOST)|(?:site|frontend|client|app)[A-Z_]?\w*)!?"
)

# The ways of writing an inside address that a refusal may know; there are always others.
_INSIDE = re.compile(
    r"['\"`](?:https?://)?(?:localhost|127\.[\d.]*|0\.0\.0\.0|10\.[\d.]*|192\.168[\d.]*|172\.[\d.]*|169\.254[\d.]*|\[?::1\]?"
    r"|\.?(?:internal|local)|metadata[\w.]*|file:(?://)?|gopher:(?://)?)['\"`]",
    re.IGNORECASE,
)


def names_inside(written: str) -> bool:
    """Whether a text names a place inside: looking whether an address holds it lets all other spellings through."""
    return _INSIDE.fullmatch(written) is not None


def of_pattern(written: str) -> str:
    """What a regular expression tells of an address when it looks at the scheme only; nothing for all others."""
    return SCHEME if _SCHEME_PATTERN.fullmatch(written) else ""


def of_start(written: str) -> str:
    """What `x.startsWith(written)` tells when it tells little; nothing for all others."""
    if _SCHEME.fullmatch(written):
        return SCHEME
    if written.strip("'\"`") in ("/", "//"):
        return SLASH if len(written) == 3 else ANY_HOST
    return HOST if _BARE_HOST.fullmatch(written) or _HELD_HOST.fullmatch(written) else ""
