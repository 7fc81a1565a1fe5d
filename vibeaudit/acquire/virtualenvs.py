"""Folders of Python virtualenvs, and what in them is the virtualenv's: a person may have made one where the app's
code already lies, and that code is the app's own."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MARK = "pyvenv.cfg"
_OWN_FILES = frozenset((_MARK, ".gitignore", ".lock", "cachedir.tag", "pip-selfcheck.json"))
_INSTALLED = re.compile(r"(?:python|pypy)\d|site-packages$|dist-packages$", re.IGNORECASE)
_PROGRAM = re.compile(r"activate|python", re.IGNORECASE)
_SHARED = re.compile(r"man$|doc$|python-wheels$|jupyter$", re.IGNORECASE)


def is_virtualenv(folder: Path) -> bool:
    """Whether a folder is a virtualenv and nothing else."""
    if not Path(folder, _MARK).is_file():
        return False
    inside = (Path(folder, name) for name in os.listdir(folder))
    return all(_is_part(p) if p.is_dir() else p.name.lower() in _OWN_FILES for p in inside)


def belongs_to_virtualenv(folder: Path) -> bool:
    """Whether a folder is a part of a virtualenv that shares its place with other code."""
    if Path(folder.parent, _MARK).is_file():
        return _is_part(folder)
    in_libraries = folder.parent.name.lower() in ("lib", "lib64") and Path(folder.parent.parent, _MARK).is_file()
    return in_libraries and bool(_INSTALLED.match(folder.name))


def _is_part(folder: Path) -> bool:
    names = os.listdir(folder)
    match folder.name.lower():
        case "lib" | "lib64":
            return all(_INSTALLED.match(n) for n in names)
        case "bin" | "scripts":
            return any(_PROGRAM.match(n) for n in names)
        case "share":
            return all(_SHARED.match(n) for n in names)
        case name:
            return name == "include"
