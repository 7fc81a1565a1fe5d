"""The one wrapper for child processes: no shell, a time limit, a scrubbed environment, no network."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vibeaudit.errors import ToolError

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Completed:
    """What a child left: exit code (negative for a signal), output, whether its time ran out."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False


def run(
    command: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    network: bool = False,
    memory: int | None = None,
    file_bytes: int | None = None,
    executable: str | None = None,
) -> Completed:
    """Run a program to its end. `memory` limits the address space and `file_bytes`
    each written file, in bytes; `env` is added to the
    few variables that are kept. Without `network` it runs in a namespace that has no interface, where the
    system allows it. Raises ToolError when the program is missing."""
    cut = () if network or executable else isolation()
    with tempfile.TemporaryDirectory(prefix="vibeaudit-home-") as home:
        try:
            child = subprocess.Popen(
                [*cut, *command],
                executable=executable,
                cwd=cwd or home,
                env=scrubbed(home, env),
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=(lambda: _limit(memory, file_bytes)) if memory or file_bytes else None,
            )
        except OSError as error:
            raise ToolError(f"cannot run {command[0]}: {error.strerror}", "is it installed?") from error
        return _wait(child, timeout, stdin)


def _wait(child: subprocess.Popen[bytes], timeout: float, stdin: bytes | None) -> Completed:
    try:
        out, err = child.communicate(stdin, timeout=timeout)
        return Completed(child.returncode, out, err)
    except subprocess.TimeoutExpired:
        _kill(child)
        out, err = child.communicate()
        return Completed(child.returncode, out, err, timed_out=True)
    except BaseException:
        _kill(child)
        child.communicate()
        raise


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def scrubbed(home: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that a child gets: a few harmless variables, an empty home, and `extra`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": home, "LC_ALL": kept.get("LC_ALL", "C.UTF-8"), **(extra or {})}


@lru_cache
def isolation() -> tuple[str, ...]:
    """The words that put a child into a namespace without network, or nothing where the system forbids it."""
    unshare = shutil.which("unshare")
    for words in ((unshare, "--net", "--map-root-user"), (unshare, "--net")) if unshare else ():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            probe = [str(w) for w in (*words, "--", "true")]
            if subprocess.run(probe, capture_output=True, timeout=5, check=False).returncode == 0:
                return (*map(str, words), "--")
    return ()


def _limit(memory: int | None, file_bytes: int | None) -> None:
    for kind, cap in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file_bytes)):
        if cap:
            resource.setrlimit(kind, (cap, cap))
