"""Which forge a repository lies on, and where its API answers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from vibeaudit.errors import UsageError

_REPO = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Forge:
    """`repo` is owner/name; `api` the base address of GitHub's REST API."""

    repo: str
    api: str
    host: str


def github(origin: str) -> Forge:
    """The GitHub (or GitHub Enterprise) repository that a remote's address names. GITHUB_API_URL overrides
    where the API answers. Raises UsageError for an address that names none."""
    scp = re.fullmatch(r"[\w.-]+@(?P<host>[\w.-]+):(?P<path>.+)", origin)
    parts = urlsplit(origin) if not scp else None
    host = scp["host"] if scp else (parts.hostname or "" if parts else "")
    path = (scp["path"] if scp else parts.path if parts else "").strip("/").removesuffix(".git")
    api = os.environ.get("GITHUB_API_URL", "")
    if not api:
        api = "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"
    if not host or not _REPO.fullmatch(path):
        raise UsageError(
            f"{origin or 'the report'} does not name a repository on GitHub",
            "give --repo owner/name, and --remote URL when it is not on github.com",
        )
    return Forge(path, api, urlsplit(api).hostname or host)


def token() -> str:
    """The token from the environment. Never stored, never shown. Raises UsageError when there is none."""
    found = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    if not found:
        raise UsageError("there is no token for GitHub", "set GITHUB_TOKEN (contents and pull requests: write)")
    return found
