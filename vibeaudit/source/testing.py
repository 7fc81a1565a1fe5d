"""Which files only tests run, by the places and names that test runners look for."""

from __future__ import annotations

import re

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|e2e|cypress|playwright|specs?|mocks?)/"
    r"|[.-](?:test|spec|e2e|cy|stories|story)\.[cm]?[jt]sx?$|(?:^|/)(?:jest|vitest|playwright|cypress)\.[\w.]+$"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|tests)\.py$"
    r"|^test[-_][\w-]+\.[cm]?[jt]s$"  # tried out by hand, beside the app
)


def is_test(path: str) -> bool:
    """Whether a path is of code that only tests run."""
    return _TEST.search(path) is not None
