"""The app's own tests, before and after a patch, in the sandbox."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from vibeaudit.errors import ToolError
from vibeaudit.model import Patch, Safety, Snapshot
from vibeaudit.remedy import sandbox
from vibeaudit.remedy.edits import EditConflict, combine

TIMEOUT = 300.0


def with_tests(patches: tuple[Patch, ...], snapshot: Snapshot) -> tuple[Patch, ...]:
    """The patches with `proof.tests` set: passed or failed for those that were tried, none when the app has no
    test that passes as it is, not-run (and why) without a sandbox."""
    command = test_command(snapshot)
    if not command:
        return patches
    if why := sandbox.unavailable():
        return tuple(_marked(p, "not-run", why, command) for p in patches)
    if why := _fails(command, snapshot, []):
        return tuple(_marked(p, "none", f"the app's tests fail without any patch: {why}", command) for p in patches)
    ready = [p for p in patches if p.proof.verified and not p.conflict and p.edits]
    safe = [p for p in ready if p.safety is Safety.SAFE]
    if not _fails(command, snapshot, safe):
        tried = {p.id: "" for p in safe}
    else:
        tried = {p.id: _fails(command, snapshot, [p]) for p in safe}
    tried |= {p.id: _fails(command, snapshot, [p]) for p in ready if p.safety is not Safety.SAFE}
    return tuple(
        _marked(p, "failed" if tried[p.id] else "passed", tried[p.id], command) if p.id in tried else p for p in patches
    )


def test_command(snapshot: Snapshot) -> str:
    """How this app's tests are run, or an empty string."""
    if file := snapshot.file("package.json"):
        try:
            script = str(json.loads(file.text)["scripts"]["test"])
        except (ValueError, KeyError, TypeError, RecursionError):
            script = ""
        if script and "no test specified" not in script:
            return "npm test --silent"
    has_tests = any(f.path.name.startswith("test_") and f.path.suffix == ".py" for f in snapshot.files)
    return "python3 -m pytest -q -x -p no:cacheprovider" if has_tests else ""


def _fails(command: str, snapshot: Snapshot, patches: list[Patch]) -> str:
    """The last line of a failing run, or an empty string when the tests pass."""
    with tempfile.TemporaryDirectory(prefix="vibeaudit-tests-") as room:
        try:
            copy = _copied(snapshot, combine(patches, snapshot), Path(room))
            done = sandbox.run(command, copy, timeout=TIMEOUT, tools=_tools(snapshot))
        except (EditConflict, ToolError) as error:
            return str(error)
    if done.timed_out:
        return "the tests did not end in time"
    said = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
    last = "".join(c for c in said[-1] if c.isprintable())[:200] if said else f"exit code {done.code}"
    return last if done.code else ""


def _copied(snapshot: Snapshot, changed: dict[PurePosixPath, bytes], room: Path) -> Path:
    """The app with its patches, and its installed packages as they lie beside it."""
    copy = room / "app"
    for file in snapshot.files:
        disk = copy / file.path
        disk.parent.mkdir(parents=True, exist_ok=True)
        disk.write_bytes(changed.get(file.path, file.data))
    for path, data in changed.items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(data)
    modules = snapshot.root / "node_modules"
    if modules.is_dir() and not modules.is_symlink():
        shutil.copytree(modules, copy / "node_modules", symlinks=True)
    _open_to_nobody(copy)
    return copy


def _open_to_nobody(copy: Path) -> None:
    room = copy.parent
    for path in (room, copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() or path.stat().st_mode & 0o100 else 0o666)


def _tools(snapshot: Snapshot) -> tuple[Path, ...]:
    """The app's own virtual environment, when it lies in its folder, and the interpreter that it rests on."""
    venv = next((snapshot.root / n for n in (".venv", "venv") if (snapshot.root / n / "pyvenv.cfg").is_file()), None)
    return (venv, Path(sys.base_prefix)) if venv else ()


def _marked(patch: Patch, tests: str, why: str, command: str) -> Patch:
    proof = replace(
        patch.proof, tests=tests, reason=why or patch.proof.reason, sandbox="bubblewrap", commands=(command,)
    )
    return replace(patch, proof=proof)
