"""Spreads work over worker processes, for what holds the interpreter's lock (parsing, bandit)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
_LAUNCH = threading.Lock()


def spread(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> list[Result]:
    """The results in the order of the tasks. `work` is a function of a module. Safe from threads: workers are
    started afresh, not forked. Where none can be started, or one dies, the work is done here instead."""
    if workers < 2 or len(tasks) < 2:
        return [work(task) for task in tasks]
    # A fresh interpreter would import from the working directory, which may be the audited folder.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=_Context()) as pool:
            return list(pool.map(work, tasks))
    except (BrokenProcessPool, OSError):
        return [work(task) for task in tasks]


class _Process(SpawnProcess):
    """A worker that does not run the parent's program first. Spawning would: and a console script without a guard, as
    some installers write it, would do the whole audit again in every worker."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  the library's own name
        with _LAUNCH, _without_program():
            return SpawnProcess._Popen(process_obj)


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def _without_program() -> Iterator[None]:
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
