"""What manifests and lockfiles declare, one module a format. They are read, never run.

A reader takes a SourceFile and gives a Reading. It may raise anything: the caller turns that into a LeftOut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vibeaudit.model import LeftOut

MAX_PACKAGES = 100_000  # a reading stops there and says so


class Unreadable(ValueError):
    """The file is not what its name promises. The message says why."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A dependency as a person wrote it. `spec` is the range, or a URL."""

    ecosystem: str
    name: str
    spec: str
    line: int
    dev: bool = False


@dataclass(frozen=True, slots=True)
class Locked:
    """A dependency as a lockfile holds it. `version` is empty when it comes from a URL, which `spec` then is.
    `needs` names what it depends on."""

    ecosystem: str
    name: str
    version: str
    line: int
    dev: bool = False
    spec: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file says.

    `resolved` tells which locked version a declared dependency means, by keys in this order of trust:
    "member folder|name", "name@spec", "name". `members` are the folders (below the file's own) that the lockfile
    also governs."""

    declared: tuple[Declared, ...] = ()
    locked: tuple[Locked, ...] = ()
    resolved: Mapping[str, str] = field(default_factory=dict)
    graph: bool = False  # the lockfile does not say what is for development, but `needs` tells
    members: frozenset[str] = frozenset()
    includes: tuple[str, ...] = ()  # other files that this one pulls in, relative to it
    left_out: tuple[LeftOut, ...] = ()


def from_url(spec: str) -> bool:
    """Whether a dependency is fetched from somewhere else than a package index."""
    low = spec.strip().lower()
    return "://" in low or low.startswith(
        ("git+", "git@", "github:", "gitlab:", "bitbucket:", "gist:", "hg+", "svn+", "bzr+")
    )


def own_code(spec: str) -> bool:
    """Whether a dependency is the app's own code: a workspace, a folder, a file."""
    return spec.startswith(("workspace:", "file:", "link:", "portal:", "./", "../", "/", "catalog-own:"))
