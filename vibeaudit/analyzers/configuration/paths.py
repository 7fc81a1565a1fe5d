"""The way to a value: `mcpServers.<server>.args[]`, `jobs.*.steps[].run`, `**.image`, `"key.with.dots"`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from vibeaudit.analyzers.configuration.nodes import MAX_NODES, Node

_SEGMENT = re.compile(
    r"(?:\"(?P<quoted>[^\"]*)\"|<(?P<captured>[a-z_]+)>|(?P<any>\*\*?)|(?P<names>[^.\[\]<>*\"]+))?(?P<items>(?:\[\])*)(?:\.|$)"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step down. `names`: keys, any of which will do; empty for any key. `capture` keeps the key's name.
    `deep`: any number of steps, none included. `items`: on into a sequence's items."""

    names: tuple[str, ...] = ()
    capture: str = ""
    deep: bool = False
    items: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A value that a path leads to. `above` holds what encloses it, the outermost first; `keys` the way of keys."""

    node: Node
    above: tuple[Node, ...] = ()
    keys: tuple[str, ...] = ()
    captured: tuple[tuple[str, str], ...] = ()

    @property
    def holder(self) -> Node:
        """The nearest mapping around the value; the value itself at the top."""
        return next((n for n in reversed(self.above) if n.kind == "mapping"), self.node)

    @property
    def key(self) -> str:
        return self.keys[-1] if self.keys else ""

    def up(self, levels: int) -> Match:
        """The mapping that many mappings further out than `holder`."""
        around = [i for i, n in enumerate(self.above) if n.kind == "mapping"]
        if not around:
            return self
        at = around[max(0, len(around) - 1 - levels)]
        return Match(self.above[at], self.above[:at], self.keys, self.captured)


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a written path. Raises ValueError for one that cannot be read."""
    found: list[Step] = []
    position = 0
    while position < len(path):
        m = _SEGMENT.match(path, position)
        if m is None or m.end() == position:
            raise ValueError(f"cannot read the path {path!r}")
        if not m["items"] and all(m[g] is None for g in ("quoted", "captured", "any", "names")):
            raise ValueError(f"an empty step in the path {path!r}")
        position = m.end()
        if m["quoted"] is not None:
            found.append(Step((m["quoted"],)))
        elif m["captured"]:
            found.append(Step(capture=m["captured"]))
        elif m["any"]:
            found.append(Step(deep=m["any"] == "**"))
        elif m["names"]:
            found.append(Step(tuple(m["names"].split("|"))))
        found.extend(Step(items=True) for _ in range(len(m["items"]) // 2))
    return tuple(found)


def walk(start: Match, path: str) -> Iterator[Match]:
    """Every value at the path below `start`, in the order of the file. Stops after MAX_NODES visits."""
    budget = [MAX_NODES]
    yield from _walk(start, steps(path), budget)


def _walk(at: Match, way: tuple[Step, ...], budget: list[int]) -> Iterator[Match]:
    budget[0] -= 1
    if budget[0] < 0:
        return
    if not way:
        yield at
        return
    step, rest = way[0], way[1:]
    above = (*at.above, at.node)
    if step.deep:
        yield from _walk(at, rest, budget)
        for name, child in at.node.children:
            yield from _walk(Match(child, above, (*at.keys, name) if name else at.keys, at.captured), way, budget)
    elif step.items:
        for child in at.node.items:
            yield from _walk(Match(child, above, at.keys, at.captured), rest, budget)
    else:
        for name, child in at.node.entries:
            if not step.names or name in step.names:
                captured = (*at.captured, (step.capture, name)) if step.capture else at.captured
                yield from _walk(Match(child, above, (*at.keys, name), captured), rest, budget)
