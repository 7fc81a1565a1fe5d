"""What can be told about a secret without asking its vendor: checksums, claims, encodings, randomness."""

from __future__ import annotations

import base64
import binascii
import enum
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise

from vibeaudit.analyzers.placeholders import is_placeholder

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DEMO_ISSUERS = frozenset(("supabase-demo",))

_A_DAY = 86_400  # seconds


class Verdict(enum.IntEnum):
    """REJECT: not a secret. DOUBT: it may be a made-up one. PASS: nothing against it. CONFIRM: it proves itself."""

    REJECT = 0
    DOUBT = 1
    PASS = 2
    CONFIRM = 3


def judge(value: str, checks: tuple[str, ...]) -> Verdict:
    """The checks' joint verdict: one rejection rejects, one doubt outweighs a confirmation."""
    verdicts = [CHECKS[name](value) for name in checks]
    worst = min(verdicts, default=Verdict.PASS)
    return worst if worst < Verdict.PASS else max(verdicts, default=Verdict.PASS)


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


def changes(value: str) -> float:
    """How often the kind of character changes (lower, upper, digit, other), from 0 to 1. Keys have 0.4 to 0.7,
    words and identifiers below 0.2."""
    kinds = ["l" if c.islower() else "u" if c.isupper() else "d" if c.isdigit() else "o" for c in value]
    return sum(a != b for a, b in pairwise(kinds)) / max(1, len(value) - 1)


def jwt_claims(token: str) -> dict[str, object] | None:
    """The payload of a JSON web token, or None when it is not one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, payload = (json.loads(_base64url(p)) for p in parts[:2])
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(header, dict) and "alg" in header and isinstance(payload, dict) else None


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _not_placeholder(value: str) -> Verdict:
    return Verdict.REJECT if is_placeholder(value) else Verdict.PASS


def _random(value: str) -> Verdict:
    """The part behind the vendor's prefix has to look drawn by lot."""
    body = re.sub(r"^(?:[A-Za-z0-9]{1,12}[-_.:])+(?=.{12})", "", value)
    if len(body) < 12:
        return Verdict.PASS
    if entropy(body) < min(2.6, 0.75 * math.log2(len(body))) or changes(body) < 0.12:
        return Verdict.REJECT
    return Verdict.PASS


def _mixed(value: str) -> Verdict:
    """Letters and digits both: a long identifier in words has no digits in its middle."""
    body = value.rsplit("_", 1)[-1] if len(value.rsplit("_", 1)[-1]) >= 12 else value
    has = any(c.isdigit() for c in body) and any(c.isalpha() for c in body)
    return Verdict.PASS if has or changes(body) > 0.3 else Verdict.REJECT


def _crc32_tail(value: str) -> Verdict:
    """Six base62 digits at the end that are the CRC32 of the thirty before them. Made-up tokens fail it."""
    body = value.rsplit("_", 1)[-1]
    if len(body) != 36:
        return Verdict.PASS
    number, tail = zlib.crc32(body[:30].encode()), ""
    while number:
        number, digit = divmod(number, 62)
        tail = _BASE62[digit] + tail
    return Verdict.CONFIRM if tail.rjust(6, "0") == body[30:] else Verdict.DOUBT


def _aws_key_id(value: str) -> Verdict:
    """Since 2018 the id holds the twelve-digit account number in base32; older ids start with I or J."""
    body = value[4:]
    if body[0] in "IJ":
        return Verdict.PASS
    try:
        packed = int.from_bytes(base64.b32decode(body)[:6], "big")
    except (ValueError, binascii.Error):
        return Verdict.REJECT
    account = (packed & 0x7FFFFFFFFF80) >> 7
    return Verdict.CONFIRM if 0 < account <= 999_999_999_999 else Verdict.REJECT


def _openai_mark(value: str) -> Verdict:
    return Verdict.CONFIRM if "T3BlbkFJ" in value else Verdict.DOUBT


def _service_role(value: str) -> Verdict:
    claims = jwt_claims(value) or {}
    if claims.get("role") != "service_role" or claims.get("iss") in _DEMO_ISSUERS:
        return Verdict.REJECT
    return Verdict.CONFIRM if claims.get("ref") or claims.get("iss") == "supabase" else Verdict.PASS


def _session_token(value: str) -> Verdict:
    """A signed token that speaks for somebody: not an anonymous key, not a manual's sample, not a bare header."""
    claims = jwt_claims(value)
    if not claims or is_public_jwt(value) or claims.get("role") == "service_role":
        return Verdict.REJECT
    if claims.get("name") in ("John Doe", "Jane Doe") or str(claims.get("sub", "")).startswith("123456"):
        return Verdict.REJECT
    begun, ends = claims.get("iat"), claims.get("exp")
    if isinstance(begun, int) and isinstance(ends, int) and ends - begun <= _A_DAY:
        return Verdict.REJECT  # dead before anybody reads it
    return Verdict.PASS if len(value.rsplit(".", 1)[1]) >= 40 else Verdict.REJECT


def is_public_jwt(value: str) -> bool:
    """Keys that are made to be read by every visitor, and the demo keys of the local stack."""
    claims = jwt_claims(value)
    if claims is None:
        return False
    return claims.get("iss") in _DEMO_ISSUERS or (claims.get("role") == "anon")


def _discord_id(value: str) -> Verdict:
    try:
        user = _base64url(value.split(".", 1)[0]).decode("ascii")
    except ValueError:
        return Verdict.REJECT
    return Verdict.CONFIRM if user.isdigit() and 17 <= len(user) <= 19 else Verdict.REJECT


def _pem(value: str) -> Verdict:
    """The body decodes to DER or to OpenSSH's own container. Text with gaps in it does not."""
    body = value.replace("\\r", "").replace("\\n", "\n")
    parts = re.match(r"-----BEGIN [^-]*-----(.*?)(?:-----END|\Z)", body, re.DOTALL)
    inner = re.sub(r"(?m)^[ \t\"'+]*[A-Za-z-]+: .*$", "", parts[1] if parts else "")
    packed = re.sub(r"[^A-Za-z0-9+/]", "", inner.rsplit("\n=", 1)[0])
    if len(packed) < 60 or "..." in inner or is_placeholder(packed[:80]):
        return Verdict.REJECT
    try:
        decoded = base64.b64decode(packed[: len(packed) // 4 * 4])
    except (ValueError, binascii.Error):
        return Verdict.REJECT
    known = decoded.startswith((b"0", b"openssh-key-v1"))
    return Verdict.CONFIRM if known else Verdict.DOUBT


def _uuid(value: str) -> Verdict:
    return Verdict.REJECT if len(set(value)) < 8 else Verdict.PASS


CHECKS: Mapping[str, Callable[[str], Verdict]] = {
    "not-placeholder": _not_placeholder,
    "random": _random,
    "mixed": _mixed,
    "crc32-tail": _crc32_tail,
    "aws-key-id": _aws_key_id,
    "openai-mark": _openai_mark,
    "jwt-service-role": _service_role,
    "jwt-session": _session_token,
    "discord-id": _discord_id,
    "pem": _pem,
    "uuid": _uuid,
}
