"""What the person asked for, and what a project's .vibeaudit.toml or [tool.vibeaudit] says.

The project's file is the audited party's: it can only suppress with a reason, exclude paths and lower
severities, and the report shows each of these.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibeaudit.errors import ConfigError
from vibeaudit.model import Severity


@dataclass(frozen=True, slots=True)
class Ignore:
    """A decision not to act on a rule's findings, below some paths, for a reason."""

    rule: str
    reason: str
    paths: tuple[str, ...] = ("**",)


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what an audited repository may make us read. Bytes, counts, characters, seconds."""

    repository_bytes: int = 2_000_000_000
    file_bytes: int = 5_000_000
    files: int = 100_000
    path_length: int = 1024
    path_depth: int = 64
    clone_seconds: float = 600.0
    semgrep_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one audit."""

    llm: str = "auto"
    llm_max_findings: int = 40
    offline: bool = False
    lang: str = "en"
    fail_on: Severity | None = None
    strict: bool = False
    fix: bool = False
    run_tests: bool = False
    diff: str | None = None
    baseline: Path | None = None
    history: bool = False
    rules: tuple[Path, ...] = ()  # a consultant's own semgrep rules
    advisories: Path | None = None  # another database than the user's own
    jobs: int = 0  # worker processes; 0 = as many as cores
    exclude: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    disabled: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    limits: Limits = Limits()
    cache: bool = False  # whether results of earlier audits of the same code are taken


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """What the audited project's own file says."""

    ignores: tuple[Ignore, ...] = ()
    exclude: tuple[str, ...] = ()
    where: str = ""


def read_project(files: Mapping[str, str]) -> ProjectConfig:
    """From the text of `.vibeaudit.toml` or `pyproject.toml` (the first wins). Raises ConfigError."""
    if ".vibeaudit.toml" in files:
        return _project(_toml(files[".vibeaudit.toml"], ".vibeaudit.toml"), ".vibeaudit.toml")
    if "vibeaudit" in files.get("pyproject.toml", ""):
        table = _toml(files["pyproject.toml"], "pyproject.toml").get("tool", {})
        if isinstance(table, dict) and isinstance(table.get("vibeaudit"), dict):
            return _project(table["vibeaudit"], "pyproject.toml")
    return ProjectConfig()


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}", "mend the file, or delete it") from error


def _project(data: dict[str, Any], where: str) -> ProjectConfig:
    if unknown := set(data) - {"ignore", "exclude"}:
        raise ConfigError(f"{where}: unknown keys {', '.join(sorted(unknown))}", "known: ignore, exclude")
    try:
        ignores = tuple(_ignore(entry) for entry in data.get("ignore", []))
        exclude = tuple(str(glob) for glob in data.get("exclude", []))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{where}: an entry lacks {error}", "each ignore needs rule and reason") from error
    return ProjectConfig(ignores, exclude, where)


def _ignore(entry: dict[str, Any]) -> Ignore:
    paths = entry.get("paths", ["**"])
    return Ignore(str(entry["rule"]), str(entry["reason"]), tuple(str(p) for p in paths))
