"""Secrets out of text, when a finding is made, so that no later room can leak one."""

from __future__ import annotations

import hashlib
import re

_URL_PASSWORD = re.compile(r"(?P<head>[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@'\"]*:)(?P<secret>[^@\s'\"]+)(?=@)")
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"
    r"|\b(?:sk|pk|rk|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abeprs]|npm|pypi|hf|gsk|AKIA|ASIA|AIza|whsec|sb_secret|SG)"
    r"[-_.A-Za-z0-9]{16,}",
    re.DOTALL,
)
_NAMED = re.compile(
    r"(?i)(?P<head>\b[\w-]*(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]*"
    r"[\"']?\s*(?:=>|:=|[:=])\s*[\"'`])(?P<secret>[^\"'`\n]{6,})(?=[\"'`])"
)
_HIGH_ENTROPY = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")


def mask(secret: str) -> str:
    """A stand-in that a person can tell apart and nobody can use: at most four characters at the start."""
    shown = secret[: min(4, len(secret) // 4)]
    return f"{shown}…[redacted {len(secret)} chars]"


def digest(secret: str) -> str:
    """Twelve hex digits that tell two secrets apart without holding either."""
    return hashlib.sha256(b"vibeaudit\0" + secret.encode("utf-8", "replace")).hexdigest()[:12]


def redact(text: str, known: tuple[str, ...] = ()) -> str:
    """The text with every `known` secret, and everything of a secret's shape, masked."""
    for secret in sorted(known, key=len, reverse=True):
        if secret:
            text = text.replace(secret, mask(secret))
    text = _SHAPES.sub(lambda m: mask(m.group()), text)
    text = _URL_PASSWORD.sub(lambda m: m["head"] + mask(m["secret"]), text)
    text = _NAMED.sub(lambda m: m["head"] + (m["secret"] if "[redacted" in m["secret"] else mask(m["secret"])), text)
    return _HIGH_ENTROPY.sub(lambda m: mask(m.group()) if _random(m.group()) else m.group(), text)


def strip_credentials(url: str) -> str:
    """A URL without user name and password."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", url)


def _random(word: str) -> bool:
    """Whether a long word mixes digits and both cases as keys do, and names and paths do not."""
    kinds = (any(c.isdigit() for c in word), any(c.isupper() for c in word), any(c.islower() for c in word))
    return all(kinds) and len(set(word)) >= 14 and "/" not in word.strip("/")
