"""Finds the files by which a repository steers or equips AI agents."""

from __future__ import annotations

import re
from functools import lru_cache

from vibeaudit.model import Location, Snapshot, Trace
from vibeaudit.survey.agents import PRODUCTS, ConfigFile, Product
from vibeaudit.survey.agents.product import glob


def agent_files(snapshot: Snapshot) -> tuple[Trace, ...]:
    """One trace of kind "agent-config" for each file and product that reads it, sorted."""
    anything = _any_glob()
    found = {
        Trace("agent-config", product.name, Location(file.path, 1))
        for file in snapshot.files
        if anything.fullmatch(str(file.path))
        for product, part in all_files()
        if glob(part.glob).fullmatch(str(file.path))
    }
    return tuple(sorted(found))


@lru_cache
def all_files() -> tuple[tuple[Product, ConfigFile], ...]:
    return tuple((p, f) for p in PRODUCTS for f in p.files)


@lru_cache
def _any_glob() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{glob(f.glob).pattern})" for _, f in all_files()))
