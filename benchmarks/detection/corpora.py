"""What is known to be there: our own labels, and the expected results that a benchmark publishes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from detection.score import Label


def labelled(data: dict[str, Any]) -> list[Label]:
    """The holes of one labels file."""
    return [
        Label(
            hole["file"],
            int(hole["line"]),
            int(hole.get("end_line") or hole["line"]),
            frozenset(hole["cwe"]),
            hole["class"],
            hole.get("title", ""),
        )
        for hole in data["holes"]
    ]


def benchmark_python(root: Path) -> list[Label]:
    """OWASP's BenchmarkPython says which test files hold a hole and of which class; any line of the file will do."""
    (table,) = sorted(root.glob("expectedresults-*.csv"))[-1:]
    rows = csv.reader(line for line in table.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return [
        Label(f"testcode/{name.strip()}.py", 1, 100_000, frozenset({int(cwe)}), kind.strip())
        for name, kind, real, cwe, *_ in rows
        if real.strip().lower() == "true"
    ]
