"""What the person's word for a target means."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vibeaudit.errors import TargetError
from vibeaudit.redact import strip_credentials

_OWNER_NAME = re.compile(r"(?P<repo>[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100})(?:#(?P<ref>[^\s#]+))?")
_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>[^\s]+)")
_SCHEMES = frozenset(("https", "http", "ssh", "file"))
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz")
_HINT = "give a folder, a git URL (https, ssh, file), owner/name, or a .zip or .tar.gz"


class Kind(enum.Enum):
    FOLDER = "folder"
    ARCHIVE = "archive"
    GIT = "git"


@dataclass(frozen=True, slots=True)
class Target:
    """`place` may hold credentials and is never shown; `shown` never does. `host` is empty without network."""

    kind: Kind
    place: str
    shown: str
    host: str = ""
    ref: str = ""


def read_target(words: str) -> Target:
    """The target that was meant. Raises TargetError with a hint."""
    if not words.strip() or "\0" in words or words.startswith("-"):
        raise TargetError("no usable target was given", _HINT)
    if (local := _local(words)) is not None:
        return local
    return _remote(words)


def _local(words: str) -> Target | None:
    path = Path(words).expanduser()
    try:
        if path.is_dir():
            return Target(Kind.FOLDER, str(path.resolve()), words)
        if path.is_file() and path.name.lower().endswith(_ARCHIVES):
            return Target(Kind.ARCHIVE, str(path.resolve()), path.name)
        if path.is_file():
            raise TargetError(f"{_brief(words)} is a file, and not an archive that we can open", _HINT)
    except OSError as error:
        raise TargetError(f"{_brief(words)} cannot be read: {error.strerror}", _HINT) from error
    return None


def _remote(words: str) -> Target:
    if re.match(r"[\w+-]+::", words):
        raise TargetError(f"git's helper transports are refused: {_brief(words)}", _HINT)
    if found := _OWNER_NAME.fullmatch(words):
        url = f"https://github.com/{found['repo'].removesuffix('.git')}"
        return Target(Kind.GIT, url, url, "github.com", found["ref"] or "")
    url, _, ref = words.partition("#")
    if found := _SCP.fullmatch(url):
        return Target(Kind.GIT, url, url, found["host"], ref)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise TargetError(f"{_brief(words)} is not a URL: {error}", _HINT) from error
    if parts.scheme in _SCHEMES and (host or parts.scheme == "file"):
        if host.startswith("-"):
            raise TargetError(f"the host {_brief(host)} is refused", _HINT)
        return Target(Kind.GIT, url, strip_credentials(url), host, ref)
    raise TargetError(f"there is no {_brief(words)} here, and it is not a URL", _HINT)


def _brief(words: str) -> str:
    """Safe to show: no credentials, no control characters, not long."""
    clean = "".join(c if c.isprintable() else "?" for c in strip_credentials(words))
    return repr(clean if len(clean) < 120 else clean[:117] + "...")
