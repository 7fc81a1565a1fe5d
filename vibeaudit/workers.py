"""Spreads work over worker processes, for what holds the interpreter's lock (parsing, bandit)."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def spread(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> list[Result]:
    """The results in the order of the tasks. `work` is a function of a module. Safe from threads: workers are
    started afresh, not forked. Where none can be started, or one dies, the work is done here instead."""
    if workers < 2 or len(tasks) < 2:
        return [work(task) for task in tasks]
    # A fresh interpreter would import from the working directory, which may be the audited folder.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context) as pool:
            return list(pool.map(work, tasks))
    except (BrokenProcessPool, OSError):
        return [work(task) for task in tasks]
