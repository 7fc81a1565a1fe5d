"""A git URL becomes a Snapshot: a bare clone with nothing of ours or theirs switched on, then the tree laid out."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vibeaudit import process
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.acquire.history import git
from vibeaudit.acquire.target import Target
from vibeaudit.acquire.tree import lay_out
from vibeaudit.config import Config
from vibeaudit.egress import Door
from vibeaudit.errors import TargetError, ToolError
from vibeaudit.model import Snapshot
from vibeaudit.redact import strip_credentials

_PASSED = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "all_proxy", "no_proxy",
           "SSH_AUTH_SOCK", "GIT_SSL_CAINFO")  # fmt: skip


def clone(target: Target, config: Config, door: Door, room: Path) -> Snapshot:
    """Fetch one commit (or all history when the audit needs it) and lay its files out below `room`.
    Raises TargetError with git's own last word when the clone fails."""
    ours, files = room / "clone.git", room / "files"
    if target.host:
        with door.permit(target.host, "clone"):
            fetch(target, config, ours)
    else:
        fetch(target, config, ours)
    try:
        commit = git(ours, "rev-parse", "--verify", "HEAD^{commit}").decode().strip()
    except ToolError as error:
        raise TargetError(f"{target.shown} is empty: it has no commit", "push something first") from error
    files.mkdir()
    left_out = lay_out(ours, commit, files, config)
    name = target.shown.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].removesuffix(".git")
    snapshot = snapshot_of(files, config, origin=target.shown, name=name, commit=commit)
    return replace(
        snapshot, left_out=tuple(sorted({*snapshot.left_out, *left_out}, key=lambda o: o.what)), git_dir=ours
    )


def fetch(target: Target, config: Config, into: Path) -> None:
    """A bare clone of the target into a new folder. Raises TargetError with git's last word."""
    url, headers = without_credentials(target)
    depth = [] if config.history or config.diff else ["--depth=1"]
    ref = [f"--branch={target.ref}"] if target.ref else []
    done = process.run(
        ["git", "clone", "--bare", "--quiet", "--template=", *depth, *ref, "--no-tags", "--single-branch", "--", url,
         str(into)],
        timeout=config.limits.clone_seconds,
        env=environment(headers),
        network=True,
        file_bytes=config.limits.repository_bytes,
    )  # fmt: skip
    if done.timed_out:
        raise TargetError(f"the clone of {target.shown} took too long", "clone it yourself and audit the folder")
    if done.code != 0:
        said = [w for w in done.stderr.decode("utf-8", "replace").splitlines() if w.strip()] or ["no word why"]
        last = strip_credentials("".join(c for c in said[-1] if c.isprintable()))[:200]
        raise TargetError(f"cannot clone {target.shown}: {last}", "check the address, and your access to it")


def environment(headers: dict[str, str]) -> dict[str, str]:
    """Only named transports, no hook, helper or prompt; credentials by environment, never in the process list."""
    settings = {
        "protocol.allow": "never",
        **{f"protocol.{p}.allow": "always" for p in ("https", "http", "ssh", "file")},
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "submodule.recurse": "false",
        "http.followRedirects": "initial",
        "uploadpack.allowFilter": "true",
        "safe.bareRepository": "all",
        "safe.directory": "*",
        **headers,
    }
    env = {name: os.environ[name] for name in _PASSED if name in os.environ}
    for number, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        **env,
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_ASKPASS": "true",
    }


def without_credentials(target: Target) -> tuple[str, dict[str, str]]:
    """The bare URL, and the header that stands for what was in it or in GITHUB_TOKEN."""
    parts = urlsplit(target.place) if "://" in target.place else None
    if parts is None or parts.scheme not in {"https", "http"}:
        return target.place, {}
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    if not user and token and parts.hostname == "github.com" and parts.scheme == "https":
        user, password = "x-access-token", token
    url = strip_credentials(target.place)
    if not user:
        return url, {}
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return url, {
        f"http.{parts.scheme}://{parts.netloc.rpartition('@')[2]}/.extraHeader": f"Authorization: Basic {pair}"
    }
