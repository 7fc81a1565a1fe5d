"""Whether a value looks like the secret that its name promises."""

from __future__ import annotations

import re

from vibeaudit.analyzers.placeholders import is_gap, is_placeholder
from vibeaudit.analyzers.secret_checks import changes, entropy, is_public_jwt
from vibeaudit.analyzers.secret_names import Kind, words
from vibeaudit.model import Confidence

_NOT_A_VALUE = re.compile(
    r"""(?ix) ^(?:https?|wss?|file|data|blob|mailto|urn|arn|projects?)[:/] | ^\.{0,2}/ | ^~/ | ^\#[0-9a-f]{3,8}$
    | ^\d{1,2}[:/.-]\d | ^v?\d+\.\d+\.\d+
    | \.(?:pem|key|crt|json|txt|js|ts|py|html|css|png|svg|yml|yaml|env|md|php|com|org|net|io|dev|app)$"""
)
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9]*(?:[_.:-][A-Z0-9]+)*$")
_DOTTED = re.compile(r"^[A-Za-z_$][\w$]*(?:[.:/][A-Za-z_$][\w$-]*)+$")
_SECRETISH = re.compile(
    r"(?i)passw|passwort|passphrase|mot[ -]?de[ -]?passe|contrase|secret$|token$|key$|required|valid|credential"
)
# What a person types where a key drawn by lot belongs: words, and a few digits behind them.
_IN_WORDS = re.compile(r"^(?=.{3,80}$)[A-Za-z]{2,40}\d{0,4}(?:[ _.@!#$%&*-]{1,2}[A-Za-z]{0,40}\d{0,4})*$")
_TO_CHANGE = re.compile(r"(?i)^change[-_ ]?(?:this|me|it)$")
# Identifiers that vendors mean to be public, whatever they are called in the code.
_PUBLIC = re.compile(
    r"""(?x) ^(?:pk_(?:live|test)_|pk-lf-|sb_publishable_|phc_|pk\.eyJ|6L[a-zA-Z0-9_-]{38}$|G-[A-Z0-9]{6,}$|GTM-|UA-\d
    |AIza|0x4AAA|ca-pub-|[\w.-]+\.apps\.googleusercontent\.com$|appl_|goog_|strp_|public_|pub_|pub-
    |ssh-(?:rsa|ed25519)[ ]|ecdsa-|age1|\d{12}$|SCW[A-Z0-9]{17}$|0x[0-9a-fA-F]{40}$|AC[0-9a-f]{32}$)"""
)
_HASHED = re.compile(
    r"""(?x) ^(?:\$2[abxy]?\$|\$argon2|\$scrypt|\$pbkdf2|pbkdf2|scrypt:|sha(?:1|256|512)[-:$]|md5[-:$]?[0-9a-f]{32}
    |\{SSHA|bcrypt|\$[156]\$|SCRAM-SHA-|sha\d{3}-)"""
)


def is_public(value: str) -> bool:
    """A key that is meant to be read by everyone who opens the app."""
    return bool(_PUBLIC.match(value)) or is_public_jwt(value)


def is_hashed(value: str) -> bool:
    """A password as a hash."""
    return bool(_HASHED.match(value)) or (len(value) in (32, 40, 64, 96, 128) and not re.search(r"[^0-9a-fA-F]", value))


def weigh(kind: Kind, name: str, value: str) -> Confidence | None:
    """How sure we are that `value` is the secret itself; None when it is not."""
    if is_placeholder(value) or is_public(value) or _is_named(name, value):
        return None
    if any(c.isspace() for c in value) or not value.isprintable() or "�" in value or _HASHED.match(value):
        return None
    if _NOT_A_VALUE.search(value) and not (len(value) >= 32 and entropy(value) > 4.2 and changes(value) > 0.3):
        return None
    if kind is Kind.PASSWORD:
        return _password(value)
    return _key(value)


def weigh_typed(name: str, value: str) -> Confidence | None:
    """A password in letters only, where nothing but the real one makes sense: the file that the app is started with."""
    if len(value) < 5 or not value.isalpha() or is_placeholder(value) or _is_named(name, value):
        return None
    return None if _SECRETISH.search(value) else Confidence.LOW


def is_weak_signer(name: str, value: str, *, in_use: bool = False) -> bool:
    """A signing secret in words, or one that a manual shows: anybody can guess it. `in_use`: it stands in the file
    that the app is started with, so that even the word SECRET is no name for something else."""
    if not 1 <= len(value) <= 80 or is_gap(value) or is_public(value):
        return False
    if in_use:
        return bool(_IN_WORDS.match(value)) and not _TO_CHANGE.match(value)
    if words(name) == words(value) or _CONSTANT.match(value):
        return False
    if _NOT_A_VALUE.search(value) or _DOTTED.match(value) or value.count(" ") > 6 or not value.isprintable():
        return False
    return (
        len(value) >= 3
        and not re.search(r"[<>(){}=;,]", value)
        and not (" " in value and re.search(r"[A-Z.!?:]", value))
    )


def _password(value: str) -> Confidence | None:
    if not 6 <= len(value) <= 128 or (_SECRETISH.search(value) and not re.search(r"\d", value)):
        return None
    letters = any(c.isalpha() for c in value)
    digits = any(c.isdigit() for c in value)
    marks = any(c in "!@#$%^&*+?~=" for c in value)
    if (
        not letters
        or not (digits or marks)
        or re.search(r"[(){}<>|;]", value)
        or (_CONSTANT.match(value) and not digits)
    ):
        return None
    if _DOTTED.match(value) or re.match(r"^(?:min|max|between|size|length|string|confirmed|required)\b", value):
        return None
    return Confidence.MEDIUM if len(value) >= 8 else Confidence.LOW


def _key(value: str) -> Confidence | None:
    if not 12 <= len(value) <= 600 or re.search(r"[(){}<>|;\"'`,\\]", value):
        return None
    digits = sum(c.isdigit() for c in value)
    longest = max((len(p) for p in re.split(r"[-_.:/]", value)), default=0)
    if _CONSTANT.match(value) and longest < 16:
        return None
    if _DOTTED.match(value) and (longest < 16 or not digits):
        return None
    if digits == 0:
        mixed = changes(value) >= 0.3 and len(value) >= 20 and longest >= 16
        return Confidence.LOW if mixed else None
    if digits == len(value) or longest < 8 or entropy(value) < 2.9 or changes(value) < 0.2:
        return None
    return Confidence.HIGH if len(value) >= 24 and entropy(value) > 3.5 else Confidence.MEDIUM


def _is_named(name: str, value: str) -> bool:
    """The value repeats the name: the key of a store or a header, not what is kept there."""
    said, meant = "".join(words(value)), "".join(words(name))
    return bool(said) and (
        said in meant or (meant in said and len(said) - len(meant) <= 8 and not re.search(r"\d{2}", value))
    )
