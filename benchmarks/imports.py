"""Wall time of the commands that only print, best of ten."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

RUNS = 10


def main() -> None:
    """Print one line a command."""
    program = str(Path(sys.executable).parent / "vibeaudit")
    for words in (["--help"], ["rules"]):
        print(f"vibeaudit {' '.join(words):<7} {min(_seconds([program, *words]) for _ in range(RUNS)):.3f} s")


def _seconds(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
