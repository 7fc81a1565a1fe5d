"""Every analyzer, side by side. Each takes a Context and ends in an Outcome; a crash costs its findings only."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vibeaudit.cache import NONE, Cache
from vibeaudit.config import Config
from vibeaudit.model import AppModel, Flows, Maps, Outcome, Snapshot, Status
from vibeaudit.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Context:
    """What an analyzer may read."""

    snapshot: Snapshot
    rules: RuleBook
    config: Config
    app: AppModel = AppModel()
    flows: Flows = Flows()
    maps: Maps = Maps()
    cache: Cache = NONE


@dataclass(frozen=True, slots=True)
class Analyzer:
    """`module` lies in this package and has `analyze(context) -> Outcome`. It runs the rules of `engine`.
    `needs_model`: it waits for the app model and the flows."""

    name: str
    engine: str
    module: str
    needs_model: bool = False
    by_file: bool = False  # what it finds in a file rests on that file alone
    timed: bool = False  # a program of others that may run out of time: half an answer is not kept
    outside: bool = False  # it asks more than the app's own files

    def run(self, context: Context) -> Outcome:
        """The outcome; FAILED with the reason when the analyzer crashed."""
        started = time.monotonic()
        if not context.rules.of(self.engine) and not (self.engine == "semgrep" and context.config.rules):
            return Outcome(self.name, Status.SKIPPED, reason="no rule of this engine was asked for")
        try:
            analyze = importlib.import_module(f"vibeaudit.analyzers.{self.module}").analyze
            make: Callable[[], Outcome] = lambda: analyze(context)  # noqa: E731
            outcome = make() if self.outside else context.cache.recall(self.name, Outcome, make, self._lasting)
        except Exception as error:
            logging.getLogger("vibeaudit").debug("%s crashed", self.name, exc_info=True)
            reason = f"{type(error).__name__}: {error}"[:300]
            outcome = Outcome(self.name, Status.FAILED, reason=reason)
        return replace(outcome, seconds=round(time.monotonic() - started, 3))

    def _lasting(self, outcome: Outcome) -> bool:
        return outcome.status is Status.RAN or (outcome.status is Status.PARTIAL and not self.timed)


ALL = (
    Analyzer("semgrep", "semgrep", "semgrep", by_file=True, timed=True),
    Analyzer("bandit", "bandit", "bandit", by_file=True, timed=True),
    Analyzer("pattern", "pattern", "pattern", by_file=True),
    Analyzer("secrets", "secret", "secrets", by_file=True),
    Analyzer("config", "config", "config"),
    Analyzer("dependencies", "advisory", "dependencies", needs_model=True, outside=True),
    Analyzer("appmodel", "check", "appmodel", needs_model=True),
    Analyzer("flow", "flow", "flow", needs_model=True),
    Analyzer("pages", "page", "pages", needs_model=True),
)


def run_all(analyzers: tuple[Analyzer, ...], context: Context) -> tuple[Outcome, ...]:
    """The outcomes in the order given, whatever the order in which they ended."""
    with started(analyzers, context) as finish:
        return finish(context)


@contextmanager
def started(analyzers: tuple[Analyzer, ...], context: Context) -> Iterator[Callable[[Context], tuple[Outcome, ...]]]:
    """Starts the analyzers that need only the snapshot. Called with the whole context, what this gives runs the
    others too, and waits for all: the outcomes in the order given."""
    with ThreadPoolExecutor(max_workers=max(1, len(analyzers))) as pool:
        early = {a.name: pool.submit(a.run, context) for a in analyzers if not a.needs_model}

        def finish(whole: Context) -> tuple[Outcome, ...]:
            late = {a.name: pool.submit(a.run, whole) for a in analyzers if a.needs_model}
            return tuple((early.get(a.name) or late[a.name]).result() for a in analyzers)

        yield finish
