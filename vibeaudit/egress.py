"""The one door to the network, and its ledger.

A connection needs a permit from here; everything else is refused inside our own process by an audit hook
on `socket.connect`, and child processes get no network interface where the system allows that
(see `process.py`). The ledger names who was reached and what was refused.
"""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import threading
from collections.abc import Iterator
from typing import Any

from vibeaudit.errors import EgressDenied
from vibeaudit.model import EgressEntry


class Door:
    """Refuses every host that was not permitted. `offline` refuses all but loopback."""

    def __init__(self, offline: bool = False) -> None:
        self.offline = offline
        self._entries: list[EgressEntry] = []
        self._open: list[str] = []
        self._lock = threading.Lock()

    @property
    def ledger(self) -> tuple[EgressEntry, ...]:
        return tuple(dict.fromkeys(self._entries))

    @contextlib.contextmanager
    def permit(self, host: str, purpose: str) -> Iterator[None]:
        """Allow connections to `host` inside the block, and write it down. Raises EgressDenied offline."""
        if self.offline and not is_loopback(host):
            self._write(host, purpose, allowed=False)
            raise EgressDenied(
                f"a connection to {host} is needed ({purpose}), and --offline forbids it",
                "run without --offline, or give a local folder",
            )
        self._write(host, purpose, allowed=True)
        with self._lock:
            self._open.append(host)
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(host)

    def check(self, host: str) -> None:
        """Raise EgressDenied, and write it down, when nobody permitted this connection now."""
        with self._lock:
            allowed = bool(self._open) and (not is_loopback(host) or any(map(is_loopback, self._open)))
        if not allowed:
            self._write(host, "not asked for", allowed=False)
            raise EgressDenied(f"refused a connection to {host} that nobody asked for")

    def _write(self, host: str, purpose: str, *, allowed: bool) -> None:
        with self._lock:
            self._entries.append(EgressEntry(host, purpose, allowed))


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    name = host.strip("[]").lower()
    if name in {"localhost", "localhost.localdomain"} or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


_guarding: list[Door] = []
_hooked: list[bool] = []


@contextlib.contextmanager
def guarded(door: Door) -> Iterator[None]:
    """Inside the block, this process connects only through `door`."""
    if not _hooked:  # an audit hook stays for the life of the process
        sys.addaudithook(_watch)
        _hooked.append(True)
    _guarding.append(door)
    try:
        yield
    finally:
        _guarding.remove(door)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _guarding:
        return
    address = args[1]
    if isinstance(address, tuple) and address:  # not a Unix socket
        _guarding[-1].check(str(address[0]))
