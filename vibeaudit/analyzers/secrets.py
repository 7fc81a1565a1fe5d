"""Secrets in the files: vendors' formats first, then names, neighbours and syntax. Values are redacted at birth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.committed_data import RULE as DATABASE
from vibeaudit.analyzers.committed_data import committed
from vibeaudit.analyzers.found import found
from vibeaudit.analyzers.secret_context import named_hits, placed, raised
from vibeaudit.analyzers.secret_formats import Format, FormatBook, compile_formats
from vibeaudit.analyzers.secret_hit import Hit, resolve
from vibeaudit.analyzers.secret_shapes import pgpass
from vibeaudit.analyzers.secret_text import Readable, read
from vibeaudit.model import Confidence, Coverage, Finding, LeftOut, Location, Outcome, Rule, Severity, Status
from vibeaudit.redact import digest
from vibeaudit.rules import load

MAX_HITS_A_FILE = 300
MAX_RELATED = 5
_REAL_ONLY = frozenset(("header", "service-url", "sql-role", "sql-seed"))  # made up as a rule in tests and manuals


@dataclass(frozen=True, slots=True)
class _Scanned:
    text: Readable
    hits: tuple[Hit, ...]


def analyze(context: Context) -> Outcome:
    """Every text file of the snapshot. Rules that were not asked for still claim their places, so that a value
    does not turn up again under a vaguer rule."""
    known: dict[str, Rule] = {r.id: r for r in (*load().of("secret"), *context.rules.of("secret"))}
    book = compile_formats(known[i] for i in sorted(known))
    scanned: list[_Scanned] = []
    left_out: list[LeftOut] = []
    for file in context.snapshot.files:
        text = read(file)
        if isinstance(text, str):
            left_out += [LeftOut(str(file.path), text)] if text != "binary" else []
            continue
        hits, complete = scan(text, book)
        scanned.append(_Scanned(text, hits))
        if not complete:
            left_out.append(LeftOut(str(file.path), f"more than {MAX_HITS_A_FILE} secrets; the rest is not listed"))
    findings = [f for f in _findings(scanned, known) if f.rule_id in context.rules]
    if DATABASE in context.rules:
        findings += committed(context.snapshot, known[DATABASE])
    status = Status.PARTIAL if left_out else Status.RAN
    reason = f"{len(left_out)} files were not read whole" if left_out else ""
    return Outcome("secrets", status, tuple(findings), reason, Coverage("files", len(scanned), tuple(left_out)))


def scan(text: Readable, book: FormatBook) -> tuple[tuple[Hit, ...], bool]:
    """The hits of one file in file order, and whether that is all."""
    hits: list[Hit] = []
    for hit in _raw_hits(text, book):
        hits.append(hit)
        if len(hits) > MAX_HITS_A_FILE * 4:
            break
    kept = [placed(text, h) for h in resolve(hits)]
    complete = len(hits) <= MAX_HITS_A_FILE * 4 and len(kept) <= MAX_HITS_A_FILE
    kept = kept[:MAX_HITS_A_FILE]
    rule_id = book.shapes.get("env-file")
    if rule_id and kept and text.file.language == "dotenv" and not (text.is_test or text.is_sample):
        kept.append(
            replace(kept[0], rule_id=rule_id, severity=None, confidence=None, facts=(("count", str(len(kept))),))
        )
    return tuple(kept), complete


def _raw_hits(text: Readable, book: FormatBook) -> Iterator[Hit]:
    whole_file: dict[str, Format] = {}
    for last, (word, formats, is_name, shapes) in book.automaton.iter(text.low):
        start = last + 1 - len(word)
        if formats:
            yield from book.at(text, start, formats)
            whole_file |= {f.rule.id: f for f in formats if f.where == "file"}
        if text.is_lockfile:
            continue
        if is_name:
            yield from named_hits(text, start, last + 1, book)
        for shape in shapes or ():
            yield from _shaped(text, shape(text, start), book)
    yield from book.throughout(text, whole_file.values())
    yield from _shaped(text, pgpass(text), book)


def _shaped(text: Readable, found_shapes: Iterator[tuple[str, Hit]], book: FormatBook) -> Iterator[Hit]:
    for shape, hit in found_shapes:
        if shape in _REAL_ONLY and (text.is_test or text.is_sample):
            continue
        if rule_id := book.shapes.get(shape):
            yield replace(hit, rule_id=rule_id)


def _findings(scanned: list[_Scanned], rules: dict[str, Rule]) -> Iterator[Finding]:
    """One finding a rule, file and value; the value's other places are related."""
    places: dict[tuple[str, str], list[Location]] = defaultdict(list)
    for each in scanned:
        for hit in each.hits:
            places[hit.rule_id, hit.value].append(each.text.file.at(hit.start, hit.end))
    for each in scanned:
        told: set[tuple[str, str]] = set()
        for hit in each.hits:
            if (key := (hit.rule_id, hit.value)) not in told:
                told.add(key)
                yield _finding(each, hit, rules[hit.rule_id], places[key])


def _finding(scanned: _Scanned, hit: Hit, rule: Rule, places: list[Location]) -> Finding:
    file = scanned.text.file
    at = file.at(hit.start, hit.end)
    if "count" in dict(hit.facts):
        others = [file.at(h.start, h.end) for h in scanned.hits if h.start != hit.start]
    else:
        others = [p for p in places if p != at]
    return found(
        rule,
        "secrets",
        file,
        at,
        facts={"name": hit.name or str(file.path), **dict(hit.facts)},
        related=tuple(others[:MAX_RELATED]),
        anchor=f"{hit.name}:{digest(hit.value)}" if "count" not in dict(hit.facts) else "env-file",
        secrets=() if hit.value in hit.name else _pieces(hit.value),  # JWT_SECRET=SECRET hides nothing
        severity=_severity(scanned.text, hit, rule),
        confidence=hit.confidence,
    )


def _severity(text: Readable, hit: Hit, rule: Rule) -> Severity:
    """What a key in a test opens is most likely nothing: said, but not urgent."""
    severity = rule.severity if "count" in dict(hit.facts) else raised(hit, rule.severity)
    made_up = (text.is_test or text.is_sample) and hit.confidence is Confidence.LOW
    return min(severity, Severity.LOW) if made_up else severity


def _pieces(value: str) -> tuple[str, ...]:
    """The value, and each long line of it: a snippet may show some of a key's lines."""
    return (value, *(line for line in value.split("\n") if len(line) >= 16 and line != value))
