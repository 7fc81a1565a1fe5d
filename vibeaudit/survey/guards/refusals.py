"""What turning somebody away looks like in a text, and how deep we look for it."""

from __future__ import annotations

import re

STOPS = re.compile(
    r"\b(?:throw|raise)\b|redirect|abort\(|\b40[0134]\b|unauthori[sz]ed|forbidden|\breject\(|\bnext\(\s*\w"
    r"|\bres\.|Response"
    r"|notFound\(|jsonify|\.close\([^()\n]{0,60}\b(?:WS_1008\w*|1008|4001|4003|4401|4403)\b",
    re.IGNORECASE,
)
DENIES = re.compile(r"!|\bnot\b|\bis\s+None|\bundefined\b|\bnull\b")
SAYS_NO = re.compile(
    r"\b40[13]\b|unauthori[sz]ed|forbidden|not authenticated|\bredirect\b|\babort\(|\bsign-?in\b|/login"
    r"|PermissionDenied|AuthError|\.close\([^()\n]{0,60}\b(?:WS_1008\w*|1008|4001|4003|4401|4403)\b",
    re.IGNORECASE,
)
# a redirect to an address that was looked up, and what comments say
ELSEWHERE = re.compile(r"\bredirect\(\s*(?![\s'\"`]|url_for)[^\n]*|(?<!:)//[^\n]*")
MAX_DEPTH = 3  # calls into the app's own functions


def refuses(text: str) -> bool:
    """Whether a body turns somebody away, for whatever reason."""
    return bool(SAYS_NO.search(text) or re.search(r"\b(raise|throw)\b", text))
