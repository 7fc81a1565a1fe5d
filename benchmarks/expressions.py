"""Which of our regular expressions a hostile file keeps busy: CPU time at two sizes, for texts made from each pattern.

Run it from the root of the repository: `python benchmarks/expressions.py [part of a path ...]`.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.expressions import Expression, everything
from tests.hostile import texts

SIZE = 2_000
TIMES = 4
QUICK = 0.004  # seconds of CPU in which a text of SIZE is read by what reads it once
WORST = 8  # times longer for a text that is TIMES longer; once through gives 4, each place against each gives 16
GUARD = 1.0


def main(parts: list[str]) -> None:
    """Print what grows worse than it should, with what feeds it."""
    signal.signal(signal.SIGVTALRM, _stop)
    asked = [e for e in everything() if not parts or any(p in e.where for p in parts)]
    slow = 0
    for expression in asked:
        for growth, fed in _growths(expression):
            slow += 1
            print(f"{growth:6.0f} x  {expression.where} ({expression.way}) {fed[:150]}", flush=True)
            break
    print(f"{slow} of {len(asked)} grow more than {WORST} times with {TIMES} times the text")


def _growths(expression: Expression) -> Iterator[tuple[float, str]]:
    for fed, text in texts(expression.pattern, SIZE):
        taken = _seconds(expression, text)
        if taken > QUICK and (taken := min(taken, _seconds(expression, text))) > QUICK:
            longer = next((t for f, t in texts(expression.pattern, SIZE * TIMES) if f == fed), text)
            growth = (_seconds(expression, longer) if taken < GUARD else GUARD * 100) / taken
            if growth > WORST:
                yield growth, fed


def _seconds(expression: Expression, text: str) -> float:
    pattern = expression.pattern
    given = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
    started = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, GUARD)
    try:
        if expression.way == "all":
            for _ in pattern.finditer(given):
                pass
        else:
            getattr(pattern, expression.way)(given)
    except TimeoutError:
        return GUARD * 100
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - started


def _stop(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    main(sys.argv[1:])
