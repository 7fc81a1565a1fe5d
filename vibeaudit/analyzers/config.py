"""Asks the configuration rules of every file that a known product reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.configuration import servers
from vibeaudit.analyzers.configuration.nodes import Document, Unreadable
from vibeaudit.analyzers.configuration.products import PRODUCTS, READERS, files_of, files_of_any
from vibeaudit.analyzers.configuration.queries import Query, Sighting, compiled, concerns, in_document, in_text
from vibeaudit.analyzers.found import found
from vibeaudit.model import Confidence, Coverage, Finding, LeftOut, Outcome, Rule, Severity, Status
from vibeaudit.source import SourceFile
from vibeaudit.survey.agents.product import ConfigFile

MAX_BYTES = 1_000_000
MAX_FINDINGS_PER_RULE_AND_FILE = 50


def analyze(context: Context) -> Outcome:
    """Findings of all `config:` rules. PARTIAL when a file could not be read as its product would."""
    library = _Library(context.snapshot.files, context.snapshot.by_path)
    findings = [
        finding
        for rule in context.rules.of("config")
        for finding in _findings(rule, compiled(rule.matchers["config"]), library)
    ]
    left_out = tuple(LeftOut(path, why) for path, why in sorted(library.left_out.items()))
    return Outcome(
        "config",
        Status.PARTIAL if left_out else Status.RAN,
        tuple(sorted(findings, key=lambda f: (f.primary, f.rule_id))),
        f"{len(left_out)} configuration files could not be read" if left_out else "",
        Coverage("files", len(library.looked_at), left_out),
    )


class _Library:
    """The audited configuration files, each read once and in the shape that its product gives it."""

    def __init__(self, files: Iterable[SourceFile], by_path: Mapping[str, SourceFile]) -> None:
        self._project = by_path
        self.left_out: dict[str, str] = {}
        self.looked_at: set[str] = set()
        self._files = tuple(files)
        self._known = files_of_any(self._files)
        self._read: dict[tuple[str, str], list[Document]] = {}
        self._shaped: dict[tuple[str, str], list[Document]] = {}
        self._belongs: dict[str, list[SourceFile]] = {}

    def documents(self, query: Query) -> Iterator[Document]:
        """The parsed documents that a query concerns."""
        for product in query.products:
            if product == "mcp":
                yield from self._servers()
                continue
            parts = query.parts or tuple(sorted({f.part for f in PRODUCTS[product].files}))
            for part in parts:
                yield from self._of(product, part)
        for file in self._named(query.files):
            yield from self._parsed(file, file.language)

    def texts(self, query: Query) -> list[SourceFile]:
        """The files that a text query concerns, each once."""
        picked = {str(f.path): f for f in self._named(query.files)}
        for product in query.products:
            for entry in PRODUCTS[product].files:
                if not query.parts or entry.part in query.parts:
                    picked.update({str(f.path): f for f in self._files_of(entry)})
        self.looked_at.update(picked)
        return [picked[p] for p in sorted(picked) if len(picked[p].data) <= MAX_BYTES]

    def _of(self, product: str, part: str) -> list[Document]:
        if (product, part) not in self._shaped:
            entries = [f for f in PRODUCTS[product].files if f.part == part]
            read = [d for entry in entries for file in self._files_of(entry) for d in self._parsed(file, entry.format)]
            once = list({id(d): d for d in read}.values())
            shape = PRODUCTS[product].effective
            self._shaped[product, part] = shape(once) if shape else once
        return self._shaped[product, part]

    def _servers(self) -> list[Document]:
        if ("mcp", "") not in self._shaped:
            seen: dict[tuple[int, str], Document] = {}
            for product in PRODUCTS.values():
                for entry in (f for f in product.files if f.servers):
                    for file in self._files_of(entry):
                        for document in self._parsed(file, entry.format):
                            seen[id(document), entry.servers] = servers.listed(document, entry.servers)
            self._shaped["mcp", ""] = list(seen.values())
        return self._shaped["mcp", ""]

    def _files_of(self, entry: ConfigFile) -> list[SourceFile]:
        if entry.glob not in self._belongs:
            self._belongs[entry.glob] = files_of(self._known, (entry.glob,))
        return self._belongs[entry.glob]

    def _named(self, globs: tuple[str, ...]) -> list[SourceFile]:
        if not globs:
            return []
        key = "\n".join(globs)
        if key not in self._belongs:
            self._belongs[key] = files_of(self._files, globs)
        return self._belongs[key]

    def _parsed(self, file: SourceFile, form: str) -> list[Document]:
        path = str(file.path)
        if (path, form) not in self._read:
            self.looked_at.add(path)
            self._read[path, form] = self._parse(file, form)
        return self._read[path, form]

    def _parse(self, file: SourceFile, form: str) -> list[Document]:
        reader = READERS.get(form)
        if reader is None:
            return []
        try:
            if len(file.data) > MAX_BYTES:
                raise Unreadable("larger than a configuration file is read")
            documents = reader(file)
        except (Unreadable, RecursionError, ValueError) as error:
            self.left_out[str(file.path)] = str(error)[:200] or type(error).__name__
            return []
        for flaw in (d.flaw for d in documents if d.flaw):
            self.left_out[str(file.path)] = f"{flaw}; what could be read was checked"
        return [replace(d, project=self._project) for d in documents]


def _findings(rule: Rule, queries: tuple[Query, ...], library: _Library) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    counts: dict[str, int] = {}
    for query in queries:
        for file, sighting in _sightings(query, library):
            at = file.at(sighting.start, sighting.end)
            path = str(file.path)
            counts[path] = counts.get(path, 0) + 1
            if (path, at.line) in seen or counts[path] > MAX_FINDINGS_PER_RULE_AND_FILE:
                continue
            seen.add((path, at.line))
            yield found(
                rule,
                "config",
                file,
                at,
                facts=dict(sighting.facts),
                secrets=(sighting.secret,) if sighting.secret else (),
                severity=Severity[query.severity.upper()] if query.severity else None,
                confidence=Confidence[query.confidence.upper()] if query.confidence else None,
            )


def _sightings(query: Query, library: _Library) -> Iterator[tuple[SourceFile, Sighting]]:
    if query.text or query.text_named:
        for file in (f for f in library.texts(query) if concerns(query, f)):
            for sighting in in_text(query, file):
                yield file, sighting
    else:
        for document in (d for d in library.documents(query) if concerns(query, d.file)):
            for sighting in in_document(query, document):
                yield document.file, sighting
