"""Worker processes: in order, from anywhere, and never from the audited folder."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from vibeaudit.workers import spread

SCRIPT = """
from vibeaudit.workers import spread

if __name__ == "__main__":
    print(spread(len, ["a", "bb", "ccc"], 2))
"""
UNGUARDED = """
from vibeaudit.workers import spread

print(__name__, spread(len, ["a", "bb", "ccc"], 2))
"""


def die(_: int) -> int:
    if "SPREAD_PARENT" in os.environ and os.environ["SPREAD_PARENT"] != str(os.getpid()):
        os._exit(3)
    return os.getpid()


def test_results_come_in_the_order_of_the_tasks_also_from_a_thread() -> None:
    done: list[list[int]] = []
    thread = threading.Thread(target=lambda: done.append(spread(len, ["aaa", "", "aa"], 2)))
    thread.start()
    thread.join()
    assert done == [[3, 0, 2]]


def test_a_worker_that_dies_costs_nothing_but_time() -> None:
    os.environ["SPREAD_PARENT"] = str(os.getpid())
    try:
        assert spread(die, [1, 2], 2) == [os.getpid()] * 2
    finally:
        del os.environ["SPREAD_PARENT"]


def test_modules_of_the_working_directory_are_not_imported(tmp_path: Path) -> None:
    hostile = tmp_path / "audited"
    hostile.mkdir()
    for name in ("multiprocessing", "pickle", "yaml", "vibeaudit"):
        (hostile / f"{name}.py").write_text("open('ran', 'w')\nraise SystemExit('hostile')\n")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, script], cwd=hostile, env=where, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1, 2, 3]"
    assert not (hostile / "ran").exists()


def test_workers_do_not_run_the_program_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(UNGUARDED)
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, script], env=where, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "__main__ [1, 2, 3]"
