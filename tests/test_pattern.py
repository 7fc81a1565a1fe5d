"""The pattern analyzer: what its rules may say, what it looks at, and what it admits not to have seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context, pattern
from vibeaudit.analyzers.pattern import analyze, compile_rules
from vibeaudit.analyzers.pattern_rules import shapes
from vibeaudit.analyzers.pattern_scan import scan
from vibeaudit.analyzers.pattern_scripts import scripts
from vibeaudit.config import Config
from vibeaudit.errors import RuleError
from vibeaudit.model import Outcome, Rule, Status
from vibeaudit.rules import RuleBook, load, load_rule
from vibeaudit.source.testing import is_test

RULE = """
id: {id}
title: {{en: Text is run, fr: Du texte est exécuté}}
risk: {{en: "It runs {{code}}", fr: "Il exécute {{code}}"}}
remedy: {{en: Do not, fr: Ne pas le faire}}
severity: high
confidence: high
effort: {{minutes: 5, who: developer}}
cwe: [95]
taxonomy: [A05:2025]
references: []
pattern: {matcher}
"""


def rule(tmp_path: Path, matcher: str) -> Rule:
    path = tmp_path / "test" / "text-run.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(RULE.format(id="text-run", matcher=matcher), "utf-8")
    return load_rule(path)


def run(root: Path, *rules: Rule, jobs: int = 1) -> Outcome:
    return analyze(Context(snapshot_of(root, Config()), RuleBook({r.id: r for r in rules}), Config(jobs=jobs)))


def lines(text: str, **matcher: Any) -> list[int]:
    return [h.start[0] + 1 for h in scan(text, "typescript", "a.ts", shapes("r", matcher), False).hits]


EVAL = '{any: ["eval($CODE)"], not: {CODE: literal}}'


@pytest.mark.parametrize("shipped", load().of("pattern"), ids=lambda r: r.id)
def test_every_shape_compiles_in_every_language_that_it_names(shipped: Rule) -> None:
    from ast_grep_py import SgRoot

    for shape in compile_rules([shipped]):
        for language in sorted(shape.languages):
            SgRoot("x", language).root().find_all(**shape.rule)


@pytest.mark.parametrize(
    ("matcher", "complaint"),
    [
        ("{}", "either any: or rule:"),
        ("{any: ['eval($X)'], where: {X: litteral}}", "unknown judgement 'litteral'"),
        ("{any: ['eval($X)'], where: {X: {text: a}}}", "unknown condition text"),
        ("{any: ['eval($X)'], where: {X: {regex: '('}}}", "unterminated subpattern"),
        ("{any: ['eval($X)'], langs: [javascript]}", "unknown keys langs"),
        ("{any: ['eval($X)'], languages: [cobol]}", "unknown language 'cobol'"),
        ("{any: ['$A === $B']}", "needs mentions"),
        ("{rule: {kind: pair}}", "needs mentions"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(tmp_path: Path, matcher: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=r"test/text-run\.yaml") as refused:
        rule(tmp_path, matcher)
    assert complaint in str(refused.value)


def test_facts_are_what_the_variables_caught_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("eval(run + '" + "sk_live_" + "a1B2" * 8 + "')\n", "utf-8")
    (finding,) = run(tmp_path, rule(tmp_path, EVAL)).findings
    assert dict(finding.facts)["code"].startswith("run +")
    assert "a1B2a1B2" not in str(finding)


def test_places_are_bytes_and_survive_marks_of_order_crlf_and_accents(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes("﻿const é = 1;\r\nconst ü = 'é', y = eval(x);\r\n".encode())
    (finding,) = run(tmp_path, rule(tmp_path, EVAL)).findings
    line = "const ü = 'é', y = eval(x);".encode()
    assert (finding.primary.line, finding.primary.column) == (2, line.index(b"eval") + 1)
    assert finding.primary.end_column == line.index(b";") + 1


def test_scripts_in_pages_and_components_are_read_at_their_own_lines(tmp_path: Path) -> None:
    (tmp_path / "a.vue").write_text("<template>eval(x)</template>\n<script setup lang='ts'>\neval(x)\n</script>\n")
    (tmp_path / "b.html").write_text("<p>\n<script>eval(x)</script>\n<script type='application/json'>eval(x)</script>")
    (tmp_path / "c.astro").write_text("---\nconst a = eval(x)\n---\n<p>eval(x)</p>\n")
    found = [(str(f.primary.path), f.primary.line) for f in run(tmp_path, rule(tmp_path, EVAL)).findings]
    assert found == [("a.vue", 3), ("b.html", 2), ("c.astro", 2)]


def test_a_page_without_scripts_gives_nothing_to_parse() -> None:
    assert scripts("<p>hello</p><script src='x.js'></script>", "html") == ""


def test_what_could_not_be_read_whole_is_named_and_makes_the_outcome_partial(tmp_path: Path) -> None:
    (tmp_path / "big.js").write_text("x();\n" * 500_000)
    (tmp_path / "broken.ts").write_text("eval(x)\nfunction ( { ) ] => class\n class } { => ) (\n" * 3)
    (tmp_path / "good.js").write_text("eval(x)\n")
    outcome = run(tmp_path, rule(tmp_path, EVAL))
    assert outcome.status is Status.PARTIAL
    assert {p.what for p in outcome.covered.left_out} == {"big.js", "broken.ts"}
    assert [str(f.primary.path) for f in outcome.findings if f.primary.path.name == "good.js"] == ["good.js"]


def test_types_in_a_js_file_are_understood(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("const f = (x: string): string => eval(x) as string;\n")
    outcome = run(tmp_path, rule(tmp_path, EVAL))
    assert (outcome.status, len(outcome.findings)) == (Status.RAN, 1)


def test_workers_find_what_one_process_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(70):
        (tmp_path / f"{number:02}.js").write_text(f"// {number}\neval(x{number});\n")
    asked = rule(tmp_path, EVAL)
    alone = run(tmp_path, asked)
    monkeypatch.setattr(pattern, "WORKER_BYTES", 0)
    monkeypatch.setattr(pattern, "CHUNK_BYTES", 500)
    assert run(tmp_path, asked, jobs=2) == alone
    assert len(alone.findings) == 70


def test_hostile_nesting_does_not_bring_it_down(tmp_path: Path) -> None:
    (tmp_path / "deep.js").write_text("eval(" + "(" * 30_000 + "x" + ")" * 30_000 + ")")
    (tmp_path / "sum.js").write_text("eval(" + "a+" * 30_000 + "a)")
    assert run(tmp_path, rule(tmp_path, EVAL)).status in (Status.RAN, Status.PARTIAL)


@pytest.mark.parametrize("path", ["tests/a.js", "src/__tests__/a.ts", "a.test.tsx", "b.spec.js", "e2e/login.ts"])
def test_test_code_is_recognised(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["src/latest/a.js", "contest.ts", "src/attest.tsx", "protests/a.js"])
def test_other_code_is_not_taken_for_test_code(path: str) -> None:
    assert not is_test(path)


def test_constants_are_followed_and_reassigned_names_are_not() -> None:
    text = "const A = 'a';\nconst B = A + '/b';\neval(B);\nlet c = 'x';\nc += input;\neval(c);\n"
    assert lines(text, any="eval($X)", **{"not": {"X": "literal"}}) == [6]


def test_a_parameter_hides_an_outer_constant() -> None:
    text = "const code = '1';\nfunction f(code) {\n  eval(code);\n}\neval(code);\n"
    assert lines(text, any="eval($X)", **{"not": {"X": "literal"}}) == [3]


@pytest.mark.parametrize(
    ("value", "is_request"),
    [
        ("req.query.url", True),
        ("`${req.body.a}`", True),
        ("(req.body as Body).url", True),
        ("String(req.params.id)", True),
        ("body.url", True),
        ("part", True),
        ("Number(req.query.id)", False),
        ("MAP[req.query.id]", False),
        ("schema.parse(req.body).url", False),
        ("req.user.id", False),
        ("'req.query.url'", False),
    ],
)
def test_request_data_is_followed_but_casts_tables_and_schemas_end_it(value: str, is_request: bool) -> None:
    text = f"async function f(req) {{\n const body = await req.json();\n const {{ part }} = body;\n use({value});\n}}\n"
    assert bool(lines(text, any="use($X)", where={"X": "request"})) is is_request


@pytest.mark.parametrize(
    ("value", "led"),
    [
        ("req.query.url", True),
        ("`https://${req.query.host}/x`", True),
        ("'https://' + req.query.host", True),
        ("`https://api.acme.io/${req.query.id}`", False),
        ("new URL('/login', req.query.url)", False),
        ("new URL(req.query.url)", True),
    ],
)
def test_who_chooses_the_host_is_told_from_who_chooses_the_path(value: str, led: bool) -> None:
    assert bool(lines(f"use({value});", any="use($X)", where={"X": "request-led"})) is led


def test_without_does_not_trust_an_object_with_a_spread() -> None:
    text = "make({ a: 1 });\nmake({ ...rest });\nmake({ limits: 1 });\nmake(options);\n"
    assert lines(text, any="make($O)", where={"O": {"without": ["limits"]}}) == [1]


def test_one_place_is_flagged_once_though_two_shapes_fit() -> None:
    assert lines("eval(x);", any=["eval($X)", "eval($Y)"]) == [1]
