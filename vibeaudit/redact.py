"""Secrets out of text, when a finding is made, so that no later room can leak one."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

# Every quantifier is bounded or possessive, and the alternatives start with different characters or literals:
# a megabyte on one line takes a fraction of a second.
_PEM = re.compile(
    r"(?P<head>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?P<secret>(?:[^-]|-(?!----)){0,16000}+)"
)
_URL_PASSWORD = re.compile(
    r"(?P<head>(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,24}+://[^/\s:@'\"<>`?#]{0,120}+:)"
    r"(?P<secret>[^@\s'\"<>`/]{1,300}+|[^@\s'\"<>`]{1,300}+)(?=@)"
)
_JWT = re.compile(
    r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{10,2000}+\.[A-Za-z0-9_\-]{10,8000}+(?:\.[A-Za-z0-9_\-]{0,2000}+)?"
)
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|rk|pk)[-_](?:live|test|prod|proj|ant|or|lf|svcacct|admin)[-_]|sk[-_]|gh[pousr]_|github_pat_"
    r"|gl(?:pat|dt|rt|cbt|ptt|sa|c)[-_]|xox[abeprs](?:\.xox[bp])?-|xapp-|npm_|pypi-|hf_|gsk_|AKIA|ASIA|AIza|whsec_"
    r"|sb_secret_|sbp_|SG\.|r8_|tgp_|fw_|pplx-|xai-|nvapi-|csk-|tvly-|fc-|lsv2_|pcsk_|re_|vc[piark]_|nfp_|napi_|pscale_"
    r"|ntn_|secret_|lin_api_|cf(?:ut|at|k)_|ABSK|phx_|wandb_v1_|dapi|rpa_|rnd_|key[-_]|dop_v1_|do[or]_v1_|dckr_"
    r"|sntry[su]_|shp(?:at|ca|pa|ss)_|GOCSPX-|ya29\.|hv[sb]\.|dp\.(?:pt|st|ct|sa)\.|xkeysib-|xsmtpsib-|figd_|PMAK-"
    r"|EAAAE|sq0|HRKU-|ATATT3|FlyV1 |SK(?=[0-9a-f]{32})|pat(?=\w{14}\.)"
    r")(?P<body>[A-Za-z0-9_\-.+/=]{16,4000}+)"
)
_SECRET_NAME = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token(?!iz)|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key"
    r"|account[_-]?key|signing[_-]?key|credential|auth(?:orization)?(?![a-z]))"
)
_NAMED = re.compile(
    rf"(?i)(?P<head>{_SECRET_NAME}[\w\-]{{0,40}}+[\"'`]?[\])]{{0,2}}\s{{0,10}}"
    r"(?:=>|:=|={1,3}|!={1,2}|:|,|\|\||\?\?)\s{0,10}"
    r"(?:[rbuf]{0,2})(?P<quote>[\"'`]))(?P<secret>(?!\$\{|\{\{|<)[^\"'`\n]{6,2000})(?=(?P=quote))"
)
_ENV_LINE = re.compile(
    r"(?im)(?P<head>^[ \t]{0,40}(?:-[ \t]{0,4}|export[ \t]{1,4}|ENV[ \t]{1,4}|ARG[ \t]{1,4})?[A-Z0-9_.]{0,60}"
    rf"{_SECRET_NAME}[A-Z0-9_]{{0,40}}+"
    r"[ \t]{0,4}=[ \t]{0,4})(?P<secret>[^\s\"'`$<({\[][^\s\"'`();{}]{5,2000}+)(?=\s|\Z)"
)
_SCHEME = re.compile(r"(?i)(?P<head>\b(?:bearer|basic)[ \t]{1,4})(?P<secret>[A-Za-z0-9._~+/\-]{16,4000}+={0,2})")
_PAIR = re.compile(r"(?i)(?P<head>(?:accountkey|sharedaccesskey|password|pwd)=)(?P<secret>[^;\s\"'&]{6,400})(?=;)")
_LONG = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{32,}+={0,2}")
_MASKED = "…[redacted "


def mask(secret: str) -> str:
    """A stand-in that a person can tell apart and nobody can use: at most four characters at the start."""
    shown = secret[: min(4, len(secret) // 4)]
    return f"{shown}{_MASKED}{len(secret)} chars]"


def digest(secret: str) -> str:
    """Twelve hex digits that tell two secrets apart without holding either."""
    return hashlib.sha256(b"vibeaudit\0" + secret.encode("utf-8", "replace")).hexdigest()[:12]


def redact(text: str, known: tuple[str, ...] = ()) -> str:
    """The text with every `known` secret, and everything of a secret's shape, masked. Hashes of commits, names,
    paths and placeholders stay readable."""
    for secret in sorted(set(known), key=lambda s: (-len(s), s)):
        if secret:
            text = text.replace(secret, mask(secret))
    text = _PEM.sub(_masked, text)
    text = _URL_PASSWORD.sub(_masked, text)
    text = _JWT.sub(lambda m: mask(m.group()), text)
    text = _PREFIXED.sub(lambda m: mask(m.group()) if _drawn(m["body"]) else m.group(), text)
    for shape in (_SCHEME, _NAMED, _ENV_LINE, _PAIR):
        text = shape.sub(_masked, text)
    return _LONG.sub(lambda m: mask(m.group()) if _random(m.group()) else m.group(), text)


def strip_credentials(url: str) -> str:
    """A URL without user name and password."""
    return re.sub(r"(?<=://)[^/@\s]{0,1000}@", "", url)


def _masked(match: re.Match[str]) -> str:
    """The head stays, the secret goes; what is masked already stays as it is."""
    secret = match["secret"]
    return match.group() if _MASKED.strip() in secret else match["head"] + mask(secret)


def _drawn(body: str) -> bool:
    """Whether what follows a vendor's prefix was drawn by lot, not written as words."""
    return any(c.isdigit() for c in body) or len({c.isupper() for c in body if c.isalpha()}) == 2


def _random(word: str) -> bool:
    """Whether a long word mixes digits and both cases as keys do, and names and paths do not. A path has short
    parts; an identifier changes case seldom."""
    if not (any(c.isdigit() for c in word) and any(c.isupper() for c in word) and any(c.islower() for c in word)):
        return False
    kinds = ["l" if c.islower() else "u" if c.isupper() else "d" if c.isdigit() else "o" for c in word[:400]]
    changes = sum(a != b for a, b in pairwise(kinds))
    return len(set(word)) >= 14 and changes * 3 >= len(kinds) and "redacted" not in word
