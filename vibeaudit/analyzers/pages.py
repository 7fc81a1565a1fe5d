"""Asks the templates what they print unescaped or in a wrong place: rules with `page:`, as data.

page: {prints: unescaped}   # misplaced: escaped, where that does not help; everything: a setting for all templates
                            # in the browser: scripts that take text as HTML; as an answer: handlers that send it
                            # a password: a field that shows what is typed, or is filled with it again
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.found import found
from vibeaudit.analyzers.pattern_scripts import HOSTS
from vibeaudit.errors import RuleError
from vibeaudit.model import Confidence, Coverage, Finding, Outcome, Rule, Severity, Status
from vibeaudit.pages import components, password_fields
from vibeaudit.pages.answers import HINT as ANSWERS
from vibeaudit.pages.answers import answers
from vibeaudit.pages.browser import BrowserJudge
from vibeaudit.pages.dialects import MAX_BYTES, read
from vibeaudit.pages.engines import engines_of, settings
from vibeaudit.pages.inline import inline_module
from vibeaudit.pages.judgement import Bench, Verdict, handlers
from vibeaudit.pages.origin_judge import Judge
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.page import Page
from vibeaudit.pages.sinks import HINT, sinks
from vibeaudit.source import SourceFile
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Module
from vibeaudit.survey.project import Project

PRINTS = ("unescaped", "misplaced", "everything", "in the browser", "as an answer", "a password")
MAX_LINE = 5000  # characters: longer ones were written by a program
_BUILT = re.compile(
    r"(^|/)(vendors?|libs?|dist|build|out|node_modules|bower_components|plugins|third_party|assets/js/(?:vendor|lib))/"
    r"|\.min\.|[-.]bundle\.|(^|/)(jquery|bootstrap|popper|chart|loader|d3|vue|react|angular|moment|select2)[\w.-]*\.js$"
)
NEAR = 4  # lines: what one record prints side by side is one hole
BESIDE = 2  # lines: one statement after the other
NEAR_BY_SETTING = 6  # where a setting for all templates is the cause


def analyze(context: Context) -> Outcome:
    """A finding for each line of a template that prints what it should not."""
    wanted = {rule.matchers["page"].get("prints", ""): rule for rule in context.rules.of("page")}
    if unknown := set(wanted) - set(PRINTS):
        raise RuleError(f"a page cannot print {', '.join(sorted(unknown))}", f"one of {', '.join(PRINTS)}")
    project = Project(context.snapshot)
    engines = engines_of(project)
    pages = [page for file in context.snapshot.files if (page := read(file, engines)) is not None]
    findings = list(_of_settings(project, wanted.get("everything")))
    if rule := wanted.get("in the browser"):
        findings += _of_scripts(context, project, rule)
    if rule := wanted.get("unescaped"):
        findings += _of_components(context, project, rule)
    if rule := wanted.get("as an answer"):
        findings += _of_answers(context, project, rule)
    if rule := wanted.get("a password"):
        findings += _of_fields(context, rule)
    if set(wanted) & {"unescaped", "misplaced"}:
        bench = Bench(project, pages, context.app.routes, engines)
        findings += [f for page in bench.pages for f in _of_page(page, bench, wanted)]
    return Outcome("pages", Status.RAN, tuple(findings), covered=Coverage("templates", len(pages)))


def _of_page(page: Page, bench: Bench, wanted: dict[str, Rule]) -> Iterator[Finding]:
    """One finding a line, the worst; and one for the fields of a record that stand close together."""
    worst: dict[int, Verdict] = {}
    for output in page.outputs:
        verdict = bench.verdict(page, output)
        line = page.file.at(output.start).line
        if verdict and (line not in worst or verdict.rank > worst[line].rank):
            worst[line] = verdict
    last: tuple[int, Verdict] | None = None
    for line, verdict in sorted(worst.items()):
        beside = last is not None and _beside(last, (line, verdict))
        last = (line, verdict)
        if (rule := wanted.get(verdict.prints)) and not beside:
            yield _finding(rule, page.file, verdict)


def _beside(first: tuple[int, Verdict], second: tuple[int, Verdict]) -> bool:
    """Whether two outputs show the same thing unescaped: fields of one record, handed over at one place."""
    (line, a), (next_line, b) = first, second
    if a.prints != b.prints or a.output.marked != b.output.marked:
        return False
    if not a.output.marked and a.prints == "unescaped":
        return next_line - line <= NEAR_BY_SETTING
    return next_line - line <= NEAR and bool(a.root) and a.root == b.root


def _of_settings(project: Project, rule: Rule | None) -> Iterator[Finding]:
    if rule is None:
        return
    for setting in settings(project):
        file = setting.module.file
        yield found(rule, "pages", file, file.locate(setting.node))


def _finding(rule: Rule, file: SourceFile, verdict: Verdict) -> Finding:
    known = verdict.origin > Origin.UNKNOWN
    return found(
        rule,
        "pages",
        file,
        file.at(verdict.output.start, verdict.output.end),
        facts={"value": verdict.output.text.encode("latin-1", "replace").decode("utf-8", "replace")[:60]},
        related=verdict.trace,
        severity=rule.severity if known else Severity(max(rule.severity - 1, Severity.LOW)),
        confidence=Confidence.HIGH if known and verdict.prints == "unescaped" else Confidence.MEDIUM,
    )


def _of_components(context: Context, project: Project, rule: Rule) -> Iterator[Finding]:
    judge = BrowserJudge(project)
    for file in context.snapshot.of(*components.LANGUAGES):
        if len(file.data) > MAX_BYTES or is_test(str(file.path)):
            continue
        outputs = list(components.raw_outputs(file))
        module = inline_module(file) if outputs else None
        for output in outputs:
            if (origin := components.origin(judge, module, output)) is not Origin.OWN:
                yield _finding(rule, file, Verdict(output, "unescaped", origin))


def _of_answers(context: Context, project: Project, rule: Rule) -> Iterator[Finding]:
    """What was stored; of what a caller sent the data flow tells."""
    routes = handlers(context.app.routes)
    judge = Judge(project, routes)
    for module in project.hinted(ANSWERS, *python.LANGUAGES, *javascript.LANGUAGES):
        if is_test(module.path) or _BUILT.search(module.path):
            continue
        for sink in answers(module, routes):
            if judge.start(module, sink.value, ()) is Origin.STORED:
                yield found(rule, "pages", module.file, module.file.locate(sink.node))


def _of_fields(context: Context, rule: Rule) -> Iterator[Finding]:
    for file in context.snapshot.of(*password_fields.LANGUAGES):
        if len(file.data) > MAX_BYTES or is_test(str(file.path)) or not file.holds(password_fields.HINT):
            continue
        for start, end in password_fields.password_fields(file):
            yield found(rule, "pages", file, file.at(start, end))


def _of_scripts(context: Context, project: Project, rule: Rule) -> Iterator[Finding]:
    judge = BrowserJudge(project)
    for module in _browser_modules(context, project):
        last = -BESIDE
        for sink in sorted(sinks(module), key=lambda s: s.node.start_byte):
            origin = judge.start(module, sink.value, ())
            at = module.file.locate(sink.node)
            if origin < Origin.LIKELY or (origin is Origin.STORED and not judge.fields):
                continue
            before, last = last, at.line
            if at.line - before < BESIDE:
                continue
            sure = Confidence.HIGH if origin >= Origin.STORED else Confidence.MEDIUM
            file = context.snapshot.file(at.path) or module.file
            yield found(rule, "pages", file, at, confidence=sure)


def _browser_modules(context: Context, project: Project) -> Iterator[Module]:
    """Scripts in files of their own, and those in pages. What was built or comes from a library is nobody's text."""
    for file in context.snapshot.files:
        if not file.holds(HINT) or is_test(str(file.path)) or _BUILT.search(str(file.path)):
            continue
        if len(file.data) > MAX_BYTES or max(map(len, file.data.split(b"\n"))) > MAX_LINE:
            continue
        if file.language in javascript.LANGUAGES:
            module = project.module(str(file.path))
        else:
            module = inline_module(file) if file.language in HOSTS else None
        if module is not None:
            yield module
