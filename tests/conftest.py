"""What all tests share: an advisory database of their own, so that the machine's does not matter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibeaudit import cache
from vibeaudit.advisories import VARIABLE
from vibeaudit.advisories.importing import import_from

ADVISORIES = Path(__file__).parent / "data" / "advisories"


@pytest.fixture(scope="session", autouse=True)
def advisory_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The database imported from tests/data/advisories, which every audit of these tests asks."""
    path = tmp_path_factory.mktemp("advisories") / "advisories.sqlite3"
    import_from(ADVISORIES, path)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(path)
    yield path
    if before is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = before


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_machine() -> Iterator[None]:
    """Every audit of these tests works everything out, and leaves nothing behind."""
    before = os.environ.get(cache.VARIABLE)
    os.environ[cache.VARIABLE] = ""
    yield
    if before is None:
        del os.environ[cache.VARIABLE]
    else:
        os.environ[cache.VARIABLE] = before
