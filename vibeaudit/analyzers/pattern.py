"""Plain shapes in JavaScript and TypeScript, by ast-grep. A file is parsed only when it holds some rule's words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.found import found
from vibeaudit.analyzers.pattern_rules import DIALECTS, Shape, shapes
from vibeaudit.analyzers.pattern_scan import Hit, Scan, scan
from vibeaudit.analyzers.pattern_scripts import HOSTS, scripts
from vibeaudit.errors import RuleError
from vibeaudit.model import Confidence, Coverage, Finding, LeftOut, Location, Outcome, Rule, Status
from vibeaudit.source import SourceFile
from vibeaudit.source.file import MAX_PARSED_BYTES
from vibeaudit.source.testing import is_test

NAME = "pattern"
CHUNK_BYTES = 400_000
WORKER_FILES = 60  # below either of these, starting workers costs more than it saves
WORKER_BYTES = 2_000_000
_LANGUAGES = frozenset(name for dialects in DIALECTS.values() for name in dialects) | HOSTS


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What one file gave, or why it was not looked at."""

    path: str
    scan: Scan = Scan()
    left_out: str = ""


def analyze(context: Context) -> Outcome:
    """Run every `pattern:` rule. PARTIAL when a file was too large, did not parse, or broke a worker."""
    rules = context.rules.of("pattern")
    compiled = compile_rules(rules)
    spoken = frozenset(name for shape in compiled for name in shape.languages)
    wanted = spoken | (HOSTS if "typescript" in spoken else frozenset())
    files = [f for f in context.snapshot.files if f.language in _LANGUAGES and f.language in wanted]
    by_id = {rule.id: rule for rule in rules}
    scanned = _scan_all(files, compiled, context.config.jobs)
    by_path = {str(f.path): f for f in files}
    findings = [_finding(by_id[h.rule_id], by_path[s.path], h) for s in scanned for h in s.scan.hits]
    left_out = tuple(LeftOut(s.path, why) for s in scanned if (why := _why_left_out(s)))
    return Outcome(
        NAME,
        Status.PARTIAL if left_out else Status.RAN,
        tuple(sorted(findings, key=lambda f: (f.primary, f.rule_id))),
        f"{len(left_out)} of {len(files)} files could not be read whole" if left_out else "",
        Coverage("files", sum(not s.left_out for s in scanned), left_out),
    )


def compile_rules(rules: Iterable[Rule]) -> tuple[Shape, ...]:
    """The shapes of these rules. Raises RuleError naming the rule's file."""
    compiled: list[Shape] = []
    for rule in rules:
        try:
            compiled += shapes(rule.id, rule.matchers["pattern"])
        except ValueError as error:
            raise RuleError(f"{rule.pack}/{rule.id}.yaml: {error}", "see docs/rules-pattern.md") from error
    return tuple(compiled)


def _scan_all(files: Sequence[SourceFile], compiled: tuple[Shape, ...], jobs: int) -> list[_Scanned]:
    workers = jobs or os.cpu_count() or 1
    if workers < 2 or len(files) <= WORKER_FILES or sum(map(_size, files)) < WORKER_BYTES:
        return scan_files((tuple(files), compiled))
    from vibeaudit.workers import spread

    done = spread(scan_files, [(chunk, compiled) for chunk in _chunks(files)], workers)
    return [scanned for part in done for scanned in part]


def _size(file: SourceFile) -> int:
    try:
        return file.disk.stat().st_size if file.disk else len(file.data)
    except OSError:
        return 0


def _chunks(files: Sequence[SourceFile]) -> list[tuple[SourceFile, ...]]:
    """Neighbouring files, in order, about CHUNK_BYTES together."""
    chunks: list[list[SourceFile]] = [[]]
    held = 0
    for file in files:
        if held > CHUNK_BYTES:
            chunks.append([])
            held = 0
        chunks[-1].append(file)
        held += _size(file)
    return [tuple(chunk) for chunk in chunks]


def scan_files(task: tuple[tuple[SourceFile, ...], tuple[Shape, ...]]) -> list[_Scanned]:
    """Scan a chunk of files. A file that trips the engine costs only itself."""
    files, compiled = task
    return [_scan_file(file, compiled) for file in files]


def _scan_file(file: SourceFile, compiled: tuple[Shape, ...]) -> _Scanned:
    path = str(file.path)
    if _size(file) > MAX_PARSED_BYTES:
        return _Scanned(path, left_out=f"larger than {MAX_PARSED_BYTES:,} bytes")
    if not file.bearable:
        return _Scanned(path, left_out="what stands in it is not Python and takes more memory than there is")
    try:
        language, text = file.language, file.text
        if language in HOSTS:
            language, text = "typescript", scripts(text, language)
        return _Scanned(path, scan(text, language, path, compiled, is_test(path)))
    except (RuntimeError, RecursionError, ValueError) as error:
        return _Scanned(path, left_out=f"the parser gave up: {str(error).splitlines()[0][:200]}")


def _why_left_out(scanned: _Scanned) -> str:
    if scanned.left_out:
        return scanned.left_out
    return f"does not parse at line {scanned.scan.broken_line}" if scanned.scan.broken_line else ""


def _finding(rule: Rule, file: SourceFile, hit: Hit) -> Finding:
    lines = file.text.split("\n")
    lowered = Confidence.LOW if hit.lowered else None
    at = Location(
        file.path,
        hit.start[0] + 1,
        _column(lines, hit.start),
        hit.end[0] + 1,
        _column(lines, hit.end),
    )
    return found(rule, NAME, file, at, facts=dict(hit.facts), secrets=hit.secrets, confidence=lowered)


def _column(lines: Sequence[str], at: tuple[int, int]) -> int:
    """A column in bytes from 1, as locations have it, from one in characters from 0."""
    line, column = at
    return len(lines[line][:column].encode("utf-8", "replace")) + 1 if line < len(lines) else 1
