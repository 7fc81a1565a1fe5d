"""The one door to the network, and children without it."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

import pytest

from vibeaudit import process
from vibeaudit.egress import Door, guarded, is_loopback
from vibeaudit.errors import EgressDenied, ToolError


@pytest.fixture
def server() -> int:
    """The port of a loopback server that accepts one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with listener:
            listener.accept()[0].close()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def test_a_connection_that_nobody_asked_for_is_refused_and_written_down() -> None:
    door = Door()
    with guarded(door), pytest.raises(EgressDenied), socket.socket() as plug:
        plug.connect(("192.0.2.1", 80))
    assert [(e.host, e.allowed) for e in door.ledger] == [("192.0.2.1", False)]


def test_a_permitted_connection_is_opened_and_written_down(server: int) -> None:
    door = Door(offline=True)
    with guarded(door), door.permit("127.0.0.1", "reviewer"), socket.create_connection(("127.0.0.1", server)):
        pass
    assert [(e.host, e.purpose, e.allowed) for e in door.ledger] == [("127.0.0.1", "reviewer", True)]


def test_a_permit_for_another_machine_opens_no_loopback_port(server: int) -> None:
    door = Door()
    with guarded(door), door.permit("example.org", "clone"), pytest.raises(EgressDenied), socket.socket() as plug:
        plug.connect(("127.0.0.1", server))


def test_the_door_is_open_again_after_the_audit(server: int) -> None:
    with guarded(Door()):
        pass
    socket.create_connection(("127.0.0.1", server)).close()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.0.0.1.example.org", False), ("10.0.0.1", False)],
)
def test_it_knows_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_child_has_no_network_home_or_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    script = "import os, socket; print(sorted(os.environ), os.listdir(os.environ['HOME']))"
    done = process.run([sys.executable, "-I", "-c", script], timeout=30)
    assert b"SECRET_TOKEN" not in done.stdout
    assert b"[]" in done.stdout
    if not process.isolation():
        pytest.skip("this system gives no network namespace to an ordinary user")
    probe = "import socket; print([n for _, n in socket.if_nameindex() if n != 'lo'])"
    assert process.run([sys.executable, "-I", "-c", probe], timeout=30).stdout.strip() == b"[]"


def test_a_child_that_hangs_is_ended_with_its_children() -> None:
    done = process.run(["sh", "-c", "sleep 60 & sleep 60"], timeout=0.5)
    assert done.timed_out


def test_a_missing_program_is_a_clear_error() -> None:
    with pytest.raises(ToolError):
        process.run([str(Path("/nowhere/at-all"))], timeout=5, network=True)


def test_memory_is_limited() -> None:
    done = process.run([sys.executable, "-I", "-c", "x = bytearray(10**9)"], timeout=30, memory=400_000_000)
    assert done.code != 0
