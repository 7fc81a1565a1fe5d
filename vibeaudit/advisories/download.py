"""Fetches OSV's archives, one an ecosystem, through the door."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from vibeaudit.advisories import ECOSYSTEMS
from vibeaudit.advisories.importing import import_from
from vibeaudit.egress import Door, is_loopback
from vibeaudit.errors import EgressDenied, TargetError, UsageError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

OSV = "https://osv-vulnerabilities.storage.googleapis.com"
MAX_BYTES = 2_000_000_000
SECONDS = 60.0
_OFFLINE = "without a network: vibeaudit advisories import PATH takes a bundle or OSV's all.zip"


def update(database: Path, door: Door, base: str = OSV) -> dict[str, int]:
    """Download and import every ecosystem's archive; rows by ecosystem. Raises EgressDenied or TargetError."""
    counts = {}
    for ecosystem in ECOSYSTEMS:
        with _archive(f"{base.rstrip('/')}/{ecosystem}/all.zip", door) as path:
            counts[ecosystem] = import_from(path, database)
    return counts


@contextlib.contextmanager
def _archive(url: str, door: Door) -> Iterator[Path]:
    """The archive at `url`, in a file that is gone afterwards."""
    host = urlsplit(url).hostname or ""
    if not host or (urlsplit(url).scheme != "https" and not is_loopback(host)):
        raise UsageError(f"advisories come over https only, not from {url}", "give an https address")
    with tempfile.TemporaryDirectory(prefix="vibeaudit-") as folder:
        path = Path(folder, "all.zip")
        try:
            with door.permit(host, "advisory database"), path.open("wb") as target:
                _fetch(url, target)
        except EgressDenied as error:
            raise EgressDenied(error.message, _OFFLINE) from error
        yield path


def _fetch(url: str, target: IO[bytes]) -> None:
    import http.client

    try:
        with _opener().open(url, timeout=SECONDS) as response:
            size = 0
            while block := response.read(1 << 20):
                size += len(block)
                if size > MAX_BYTES:
                    raise TargetError(f"{url} is larger than {MAX_BYTES // 1_000_000} MB")
                target.write(block)
    except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        why = " ".join(str(getattr(error, "reason", error)).split())[:150]
        raise TargetError(f"{url} cannot be downloaded: {why}", _OFFLINE) from error


def _opener() -> OpenerDirector:
    """Follows no redirection: the permit is for one host."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    return build_opener(Stay)
