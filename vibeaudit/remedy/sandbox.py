"""Where the audited app's own code may run: bubblewrap, no network, no home, read-only outside its copy.

There is no other way: without bubblewrap (or where the system forbids user namespaces) nothing is run.
"""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path

from vibeaudit import process
from vibeaudit.errors import ToolError

NOBODY = 65534
_SYSTEM = ("/usr", "/etc/alternatives", "/etc/ssl", "/etc/ld.so.cache")
_LINKS = (("usr/bin", "/bin"), ("usr/sbin", "/sbin"), ("usr/lib", "/lib"), ("usr/lib64", "/lib64"))


@lru_cache
def unavailable() -> str:
    """Why the sandbox cannot be used here, or an empty string."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    done = process.run([*_words(Path("/tmp"), ()), "true"], timeout=10, network=True)
    return "" if done.code == 0 else "the system forbids user namespaces"


def run(command: str, copy: Path, *, timeout: float, tools: tuple[Path, ...] = ()) -> process.Completed:
    """Run a shell command in `copy`, which it may write. `tools` are folders that it may read. Raises ToolError
    when there is no sandbox."""
    if why := unavailable():
        raise ToolError(f"the app's tests were not run: {why}", "install bubblewrap")
    return process.run(
        [*_words(copy, tools), "sh", "-c", f"ulimit -u 400 -f 400000; {command}"],
        timeout=timeout,
        network=True,  # bubblewrap itself cuts the network
        memory=None,
    )


def _words(copy: Path, tools: tuple[Path, ...]) -> list[str]:
    words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-all", "--cap-drop", "ALL", "--clearenv"]
    for place in _SYSTEM:
        words += ["--ro-bind-try", place, place]
    for target, link in _LINKS:
        words += ["--symlink", target, link]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for tool in tools:
        words += ["--ro-bind-try", str(tool), str(tool)]
    words += ["--bind", str(copy), "/app", "--chdir", "/app", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    path = os.pathsep.join((*(str(t / "bin") for t in tools), "/usr/local/bin", "/usr/bin", "/bin"))
    for name, value in (("PATH", path), ("HOME", "/tmp"), ("CI", "true"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1")):
        words += ["--setenv", name, value]
    return [*words, "--"]
