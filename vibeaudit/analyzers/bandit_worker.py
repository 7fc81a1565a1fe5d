"""Runs as a program of its own: bandit over 0.py, 1.py... of the current folder, as JSON on stdout.

It gets {"tests": [...], "files": count} on stdin, and knows nothing of the rest of vibeaudit.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any


def main() -> None:
    """Answers with the issues, the files that could not be parsed, and how many files it was given."""
    from bandit.core import config, manager

    asked = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(3000)
    runner = manager.BanditManager(
        config.BanditConfig(), "file", quiet=True, profile={"include": asked["tests"]}, ignore_nosec=True
    )
    runner.files_list = [f"{n}.py" for n in range(asked["files"])]
    runner.run_tests()
    issues = sorted((_issue(i) for i in runner.results), key=lambda i: (i["file"], i["line"], i["test"], i["column"]))
    skipped = sorted((_number(name), _why(why)) for name, why in runner.skipped)
    json.dump({"issues": issues, "skipped": skipped, "seen": asked["files"]}, sys.stdout)


def _issue(issue: Any) -> dict[str, Any]:
    lines = issue.linerange or [issue.lineno]
    return {
        "file": _number(issue.fname),
        "test": issue.test_id,
        "severity": issue.severity,
        "confidence": issue.confidence,
        "line": issue.lineno,
        "first": min(lines),
        "last": max(lines),
        "column": issue.col_offset,
        "end_column": issue.end_col_offset,
    }


def _number(name: str) -> int:
    return int(name.removeprefix("./").removesuffix(".py"))


def _why(why: str) -> str:
    return "not valid Python for the running interpreter" if "syntax" in why else why


if __name__ == "__main__":
    main()
