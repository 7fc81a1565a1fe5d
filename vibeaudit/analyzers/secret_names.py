"""What a name says about its value: is it a password, a key, or only speaks of one?"""

from __future__ import annotations

import enum
import re
from functools import lru_cache


class Kind(enum.Enum):
    """PASSWORD is chosen by a person. SECRET is drawn by lot. SIGNING makes or checks tokens, so that even a
    weak or well-known one in the code lets strangers forge them."""

    PASSWORD = "password"
    SECRET = "secret"
    SIGNING = "signing"


KEYWORDS = (
    "passw",
    "passphrase",
    "pwd",
    "_pass",
    "-pass",
    "dbpass",
    "userpass",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "motdepasse",
)
_EXPOSED = ("NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_", "GATSBY_", "VUE_APP_")
_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TRAILING = frozenset(
    "value val prod production dev development staging stage live test default base64 b64 hex raw string "
    "str env new old current base "
    "backup primary secondary main my plain text plaintext literal const fallback "
    "db database smtp mailer redis mongo postgres mysql admin root server backend service".split()
)
_PASSWORDS = frozenset("password passwd passwort passphrase pwd pass passcode motdepasse userpass dbpass".split())
_SIGNERS = frozenset(
    "jwt session sessions cookie cookies signing sign hmac csrf auth nextauth access refresh app "
    "application flask django better".split()
)
_KEYS = frozenset(
    "api access private secret auth authentication encryption encrypt signing service admin master "
    "account shared jwt webhook crypto "
    "role server deploy license subscription functions storage4 bearer ssh rsa aes hmac fernet "
    "application consumer webhook gateway".split()
)
_TOKENS_NOT = frozenset(
    "csrf xsrf next page continuation start end eos bos pad cls sep mask unk special stop injection "
    "cancel cancellation syntax lexer parser "
    "css design theme color text per max min num total input output prompt completion cached used count "
    "type sep delimiter separator "
    "open close left right curly bracket first last current prev previous".split()
)
_TRANSFORMED = frozenset("hash hashed digest checksum encrypted sealed masked redacted fingerprint".split())
_PUBLIC = frozenset("public publishable anon pub site client search measurement mixpanel amplitude giphy crisp".split())


_NOT_PUBLIC = frozenset("secret private admin master internal superuser".split())  # whatever the prefix says


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """`openaiApiKey`, `OPENAI_API_KEY` and `openai.api-key` all give openai, api, key."""
    return tuple(w.lower() for w in _SPLIT.findall(name))


@lru_cache(maxsize=20_000)
def kind_of(name: str, vendors: frozenset[str] = frozenset()) -> Kind | None:
    """The kind of value that this name holds, by its head noun: `reset_password_url` holds an address."""
    parts = list(words(name))
    while len(parts) > 1 and (parts[-1] in _TRAILING or parts[-1].isdigit() or parts[-1] in vendors):
        parts.pop()
    if not parts:
        return None
    head, before = parts[-1], parts[:-1]
    if head == "password" and before[-1:] in (["one"], ["1"]):  # the password manager
        return None
    if _TRANSFORMED & set(parts):
        return None
    if _PUBLIC & set(before) and not _NOT_PUBLIC & {head, *before[-1:]}:
        return None
    if head in _PASSWORDS:
        return None if head in ("pass", "pwd") and not before else Kind.PASSWORD
    if head == "secret" or (head == "key" and before[-1:] == ["secret"]):
        return Kind.SIGNING if _signs(before) else Kind.SECRET
    return Kind.SECRET if _holds_secret(head, before, vendors) else None


def _signs(before: list[str]) -> bool:
    rest = [w for w in before if w not in ("secret", "token", "key", "my", "the", "default")]
    return not rest or (bool(_SIGNERS & set(rest[-2:])) and "client" not in rest)


def _holds_secret(head: str, before: list[str], vendors: frozenset[str]) -> bool:
    last = before[-1] if before else ""
    if head == "token":
        return not (_TOKENS_NOT & set(before[-1:]))
    if head in (
        "apikey",
        "secretkey",
        "accesskey",
        "privatekey",
        "authtoken",
        "accesstoken",
        "apitoken",
        "credential",
        "credentials",
    ):
        return True
    if head == "key":
        return last in _KEYS or bool(vendors & set(before))
    return head == "auth" and bool(before) and last in ("api", "basic", "token", "npm", "registry")


def is_exposed(name: str) -> bool:
    """Whether a build tool copies a variable of this name into the code that every visitor's browser loads."""
    return name.upper() == name and name.startswith(_EXPOSED)
