"""A baseline: the fingerprints that were known before, from an earlier findings.json."""

from __future__ import annotations

import json
from pathlib import Path

from vibeaudit.errors import ConfigError


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints in a findings.json (or in a list of fingerprints). Raises ConfigError."""
    try:
        data = json.loads(path.read_text("utf-8"))
        entries = data["findings"] if isinstance(data, dict) else data
        return frozenset(e if isinstance(e, str) else str(e["fingerprint"]) for e in entries)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"the baseline {path} cannot be read: {error}", "give an earlier findings.json") from error
