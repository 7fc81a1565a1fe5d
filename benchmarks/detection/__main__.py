"""How much is found of what readers of the code found, and how much is said wrongly.

python -m detection CORPORA [NAME ...]     from benchmarks/; CORPORA has a checkout owner+name for each file in labels/

Options: --labels DIR (default: labels/ beside this file), --semgrep RULES (a folder of semgrep rules to run beside us),
--only SCANNER, --misses and --wrong (list them).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detection.corpora import benchmark_python, labelled
from detection.scanners import scanners
from detection.score import Found, Label, Score, score


def main() -> None:
    options = _options()
    totals: dict[str, Score] = defaultdict(Score)
    kinds: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    print(f"{'app':34} {'scanner':10} {'holes':>5} {'found':>5} {'recall':>6} {'prec.':>6} {'F1':>5} {'F2':>5} twice")
    for name, root, labels in _apps(options):
        for scanner, run in scanners(options.semgrep).items():
            if options.only and scanner != options.only:
                continue
            result = score(labels, run(root))
            _line(name, scanner, result)
            totals[scanner].add(result)
            for kind in sorted({label.kind for label in labels}):
                kinds[kind][scanner].add(_of_kind(result, kind))
            if scanner == "vibeaudit":
                _lists(result, options.misses, options.wrong)
    for scanner, total in totals.items():
        _line("all", scanner, total)
    print("\nrecall by class")
    for kind, by_scanner in sorted(kinds.items()):
        said = "  ".join(f"{s} {len(k.hits)}/{len(k.hits) + len(k.missed)}" for s, k in by_scanner.items())
        print(f"{kind:34} {said}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m detection", description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--labels", type=Path, default=Path(__file__).parent / "labels")
    parser.add_argument("--semgrep", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    return parser.parse_args()


def _apps(options: argparse.Namespace) -> Iterable[tuple[str, Path, list[Label]]]:
    for file in sorted(options.labels.glob("*.json")):
        data: dict[str, Any] = json.loads(file.read_text("utf-8"))
        root = options.corpora / data["repository"].replace("/", "+")
        if options.names and file.stem not in options.names:
            continue
        if not root.is_dir():
            print(f"{file.stem:34} left out: {root.name} is not in {options.corpora}")
            continue
        yield file.stem, root, labelled(data)
    root = options.corpora / "OWASP-Benchmark+BenchmarkPython"
    if root.is_dir() and "benchmark-python" in options.names:
        yield "benchmark-python", root, benchmark_python(root)


def _of_kind(result: Score, kind: str) -> Score:
    return Score([h for h in result.hits if h[0].kind == kind], [m for m in result.missed if m.kind == kind])


def _line(name: str, scanner: str, s: Score) -> None:
    holes = len(s.hits) + len(s.missed)
    print(
        f"{name:34} {scanner:10} {holes:5} {len(s.hits) + len(s.wrong) + len(s.twice):5} {s.recall:6.2f}"
        f" {s.precision:6.2f} {s.f(1):5.2f} {s.f(2):5.2f} {len(s.twice)}"
    )


def _lists(result: Score, misses: bool, wrong: bool) -> None:
    for label in result.missed if misses else ():
        print(f"  missed  {label.file}:{label.line} {label.kind} {sorted(label.cwe)} {label.title}")
    for found in sorted((*result.wrong, *result.twice), key=_place) if wrong else ():
        said = "twice" if found in result.twice else "wrong"
        print(f"  {said}   {found.file}:{found.line} {found.rule} {sorted(found.cwe)}")


def _place(found: Found) -> tuple[str, int, str]:
    return found.file, found.line, found.rule


if __name__ == "__main__":
    main()
