"""The semgrep analyzer: what it finds, what it says it did not look at, and what cannot fool it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context, semgrep
from vibeaudit.analyzers.semgrep_files import chooser
from vibeaudit.analyzers.semgrep_rules import consultant_rules, matchers, rules_file, worthwhile
from vibeaudit.analyzers.semgrep_targets import lay_out
from vibeaudit.analyzers.semgrep_words import needed
from vibeaudit.config import Config, Limits
from vibeaudit.model import Finding, Outcome, Severity, Snapshot, Status
from vibeaudit.process import Completed
from vibeaudit.rules import RuleBook, load
from vibeaudit.source import SourceFile

RULE = "caller-text-run-as-python"
BAD = "from flask import request\n\n\ndef view():\n    text = request.args['q']\n    return eval(text)\n"
# The tests have a taint matcher of their own, beside what the rule is otherwise found by.
_SINKS = [{"patterns": [{"pattern": "eval($CODE, ...)"}, {"focus-metavariable": "$CODE"}]}]
_PARAMETER = {
    "patterns": [
        {"pattern-inside": "def $FUNCTION(..., $PARAMETER: $TYPE, ...):\n    ...\n"},
        {"focus-metavariable": "$PARAMETER"},
    ]
}
_TAINT = {"languages": ["python"], "mode": "taint", "pattern-sinks": _SINKS}
MATCHERS = [
    {**_TAINT, "pattern-sources": [{"use": "request"}]},
    {**_TAINT, "severity": "high", "confidence": "medium", "pattern-sources": [_PARAMETER]},
]


def rules(ids: tuple[str, ...] = (RULE,)) -> RuleBook:
    book = load().only(ids)
    return RuleBook({i: replace(r, matchers={"semgrep": MATCHERS}) if i == RULE else r for i, r in book.by_id.items()})


def audit(snapshot: Snapshot, config: Config | None = None, ids: tuple[str, ...] = (RULE,)) -> Outcome:
    return semgrep.analyze(Context(snapshot, rules(ids), config or Config()))


def snapshot(root: Path, files: dict[str, str | bytes]) -> Snapshot:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return snapshot_of(root, Config())


def places(outcome: Outcome) -> list[tuple[str, int]]:
    return [(str(f.primary.path), f.primary.line) for f in outcome.findings]


def test_a_trace_leads_from_the_source_to_the_sink(tmp_path: Path) -> None:
    outcome = audit(snapshot(tmp_path, {"app.py": BAD}))
    (finding,) = outcome.findings
    assert outcome.status is Status.RAN
    assert (finding.primary.line, finding.primary.column, finding.primary.end_column) == (6, 17, 21)
    assert [(step.line, step.note) for step in finding.related] == [(5, "request.args"), (5, "text"), (6, "text")]
    assert finding.sources == {"semgrep"}
    assert finding.severity is Severity.CRITICAL


def test_nothing_of_the_repository_switches_a_rule_off(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "app.py": BAD.replace("eval(text)", "eval(text)  # nosemgrep"),
        "build/inner.py": BAD,
        ".semgrepignore": "*\n",
        ".gitignore": "*\n",
        ".semgrep.yml": "rules: []\n",
        ".semgrep/settings.yml": "metrics: on\n",
    }
    assert places(audit(snapshot(tmp_path, files))) == [("app.py", 6), ("build/inner.py", 6)]


def test_odd_names_come_back_as_they_are(tmp_path: Path) -> None:
    names = ["-rf.py", "a b.py", "été.py", "line\nbreak.py", "quote'\".py", "$(id).py", "deep/--config.py"]
    outcome = audit(snapshot(tmp_path, dict.fromkeys(names, BAD)))
    assert sorted(p for p, _ in places(outcome)) == sorted(names)
    assert outcome.status is Status.RAN


def test_a_file_in_memory_is_read_too() -> None:
    file = SourceFile(PurePosixPath("patched.py"), data=BAD.encode())
    held = Snapshot(Path("/nowhere"), "x", "x", None, (file,), by_path={"patched.py": file})
    assert places(audit(held)) == [("patched.py", 6)]


def test_an_empty_repository_is_no_failure(tmp_path: Path) -> None:
    outcome = audit(snapshot(tmp_path, {}))
    assert (outcome.status, outcome.findings, outcome.covered.looked_at) == (Status.RAN, (), 0)


def test_a_huge_file_is_left_out_and_said_so(tmp_path: Path) -> None:
    outcome = audit(snapshot(tmp_path, {"app.py": BAD, "huge.py": b"x = 1\n" * 200_000}))
    assert places(outcome) == [("app.py", 6)]
    assert [(o.what, "larger" in o.why) for o in outcome.covered.left_out] == [("huge.py", True)]


def test_broken_code_makes_it_partial(tmp_path: Path) -> None:
    outcome = audit(snapshot(tmp_path, {"app.py": BAD, "broken.py": "from flask import request\neval(x\n  def (((\n"}))
    assert outcome.status is Status.PARTIAL
    assert places(outcome) == [("app.py", 6)]
    assert "1 file was not fully read" in outcome.reason
    assert outcome.covered.left_out[0].what == "broken.py"


def test_crlf_a_bom_and_bad_bytes_keep_their_lines(tmp_path: Path) -> None:
    crlf = b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode()
    latin = b"# caf\xe9\n" + BAD.encode()
    assert places(audit(snapshot(tmp_path, {"a.py": crlf, "b.py": latin}))) == [("a.py", 6), ("b.py", 7)]


def test_two_runs_and_another_folder_give_the_same(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"p{n}/app.py": BAD for n in range(5)}
    first = audit(snapshot(tmp_path / "one", files))
    assert audit(snapshot(tmp_path / "one", files)).findings == first.findings
    assert audit(snapshot(tmp_path / "elsewhere" / "two", files)).findings == first.findings


def test_a_silent_engine_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = json.dumps({"results": [], "errors": [], "paths": {"scanned": []}}).encode()
    monkeypatch.setattr(semgrep, "run", lambda *_, **__: Completed(0, silent, b""))
    outcome = audit(snapshot(tmp_path, {"app.py": BAD}))
    assert outcome.status is Status.FAILED
    assert "canary" in outcome.reason


@pytest.mark.parametrize("answer", [b"", b"Killed", b'{"results": 3}', b"{"])
def test_a_garbled_answer_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr(semgrep, "run", lambda *_, **__: Completed(-9, answer, b"out of memory"))
    assert audit(snapshot(tmp_path, {"app.py": BAD})).status is Status.FAILED


def test_running_out_of_time_is_a_failure(tmp_path: Path) -> None:
    config = Config(limits=Limits(semgrep_seconds=0.001))
    outcome = audit(snapshot(tmp_path, {"app.py": BAD}), config)
    assert (outcome.status, "0.001 seconds" in outcome.reason) == (Status.FAILED, True)


CONSULTANT = """
rules:
  - id: acme.no-print
    message: "print($X) is not allowed {here}"
    severity: ERROR
    languages: [python]
    pattern: print($X)
    metadata: {cwe: ["CWE-532: Insertion of Sensitive Information"], confidence: HIGH}
  - id: acme.go
    message: no panic
    severity: WARNING
    languages: [go]
    pattern: panic(...)
"""


def with_rules(path: Path, text: str) -> Config:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Config(rules=(path,))


def found(outcome: Outcome) -> dict[str, Finding]:
    return {f.rule_id: f for f in outcome.findings}


def test_a_consultants_rules_run_beside_ours(tmp_path: Path) -> None:
    config = with_rules(tmp_path / "own" / "acme.yml", CONSULTANT)
    files: dict[str, str | bytes] = {
        "app.py": BAD + "\nprint(view)\n",
        "main.go": 'package main\nfunc main() {\n\tpanic("x")\n}\n',
    }
    outcome = audit(snapshot(tmp_path / "app", files), config)
    mine = found(outcome)
    assert set(mine) == {RULE, "acme.no-print", "acme.go"}
    assert mine["acme.no-print"].message == "print(view) is not allowed {here}"
    assert mine["acme.no-print"].severity is Severity.HIGH
    assert mine["acme.no-print"].cwe == (532,)
    assert mine["acme.go"].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rules: [{id: broken, message: m, severity: ERROR, languages: [python], pattern: 'eval($X'}]", "rule broken"),
        ("rules: [{id: no-language, message: m, severity: ERROR, pattern: x}]", "lacks 'languages'"),
        ("rules: [{id: odd, message: m, severity: ERROR, languages: [pythn], pattern: x}]", "invalid language"),
        ("rules: {a: 1}", "no list"),
        ("nothing: here", "no `rules`"),
        ("rules: [", "acme.yml"),
    ],
)
def test_a_bad_rule_of_theirs_costs_only_itself(tmp_path: Path, text: str, reason: str) -> None:
    config = with_rules(tmp_path / "own" / "acme.yml", text)
    outcome = audit(snapshot(tmp_path / "app", {"app.py": BAD}), config)
    assert outcome.status is Status.PARTIAL
    assert reason in outcome.reason
    assert places(outcome) == [("app.py", 6)]


def test_a_missing_rules_path_is_told(tmp_path: Path) -> None:
    outcome = audit(snapshot(tmp_path / "app", {"app.py": BAD}), Config(rules=(tmp_path / "gone.yml",)))
    assert (outcome.status, "no such file" in outcome.reason) == (Status.PARTIAL, True)


def test_a_folder_of_rules_is_read_in_order(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml"):
        with_rules(tmp_path / "own" / name, CONSULTANT.replace("acme", name[0]))
    made, refused = consultant_rules((tmp_path / "own",))
    assert [m.rule.id for m in made] == ["a.no-print", "a.go", "b.no-print", "b.go"]
    assert refused == ()


def test_every_matcher_of_ours_is_accepted_by_the_engine(tmp_path: Path) -> None:
    book = load()
    outcome = semgrep.analyze(Context(snapshot(tmp_path, {"app.py": "x = 1\n"}), book, Config()))
    assert (outcome.status, outcome.reason) == (Status.RAN, "")


def test_keys_of_ours_do_not_reach_semgrep() -> None:
    book: RuleBook = load()
    for entry in rules_file(matchers(book))["rules"]:
        assert not {"masks", "confidence", "needs"} & set(entry)
        assert '"use"' not in json.dumps(entry)


def test_a_matchers_severity_stands_for_the_rules(tmp_path: Path) -> None:
    helper = "def f(formula: str):\n    return eval(formula)\n"
    (finding,) = audit(snapshot(tmp_path, {"a.py": helper})).findings
    assert (finding.severity, load()[RULE].severity) == (Severity.HIGH, Severity.CRITICAL)


def test_a_key_in_code_is_masked(tmp_path: Path) -> None:
    key = "plain-but-secret"
    code = f'from flask import Flask\napp = Flask(__name__)\napp.secret_key = "{key}"\n'
    (finding,) = audit(snapshot(tmp_path, {"a.py": code}), ids=("signing-key-in-code",)).findings
    assert key not in repr(replace(finding))


def test_rules_about_models_rest_in_an_app_without_one(tmp_path: Path) -> None:
    book = matchers(load().only(("stored-text-in-system-prompt",)))
    assert worthwhile(book, snapshot(tmp_path / "a", {"a.py": "exec(code)\n"}).files) == ()
    assert worthwhile(book, snapshot(tmp_path / "b", {"b.py": "import openai\n"}).files) == book


def test_a_matcher_sees_the_files_that_hold_all_its_words_and_no_others(tmp_path: Path) -> None:
    one = matchers(rules())[0]
    files = snapshot(tmp_path, {"a.py": "x = 1\ny = 2\n", "b.py": "x = 1\n", "tests/c.py": "x = 1\ny = 2\n"})
    plain = replace(one, native={"languages": ["python"], "pattern": "$X = 1"}, in_files=("x", "y"))
    choose = chooser((plain,))
    assert [bool(choose.shown(f, "python")) for f in files.files] == [True, False, True]
    assert {choose.shown(f, "generic") for f in files.files} == {None}


def test_words_narrow_the_files_and_excluded_paths_stay_excluded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {
        "a.py": BAD,
        "holds/b.py": BAD,
        "deep/settings.py": BAD,
        "c.py": BAD + "# eval it\n",
    }
    narrow = tuple(
        replace(m, in_files=("eval it",), native={**m.native, "paths": {"exclude": ["settings.py"]}})
        for m in matchers(rules())
    )
    monkeypatch.setattr(semgrep, "matchers", lambda _: narrow)
    outcome = audit(snapshot(tmp_path, {**files, "deep/settings.py": BAD + "# eval it\n"}))
    assert (outcome.status, places(outcome), outcome.covered.looked_at) == (Status.RAN, [("c.py", 6)], 4)


def test_no_matcher_of_ours_lists_the_paths_it_wants() -> None:
    """`include:` is how a matcher's words reach semgrep."""
    assert not [m.key for m in matchers(load()) if "include" in m.native.get("paths", {})]


def test_words_that_a_matcher_needs() -> None:
    either = {"pattern-either": [{"pattern": "yaml.load($X)"}, {"pattern": 'pickle.loads("$WORD", ...)'}]}
    regex = {"metavariable-regex": {"metavariable": "$X", "regex": "(?i)^(api_key|secret)$"}}
    native = {"languages": ["python"], "patterns": [either, regex, {"pattern-not": "other(...)"}]}
    assert needed(native) == {frozenset((b"yaml", b"pickle")), frozenset((b"api_key", b"secret"))}
    taint = {"mode": "taint", "pattern-sources": [{"pattern": "f($X)"}], "pattern-sinks": [{"pattern": "eval(...)"}]}
    assert needed(taint) == {frozenset((b"eval",))}
    assert needed({"pattern-either": [{"pattern": "$X == $Y"}, {"pattern": "eval(...)"}]}) == frozenset()
    assert needed({"pattern-regex": "secret"}) == frozenset()


def test_python_that_no_matcher_concerns_is_not_shown_and_what_is_broken_is(tmp_path: Path) -> None:
    shown = snapshot(tmp_path / "app", {"plain.py": "total = 1\n", "broken.py": "def (:\n", "bad.py": BAD})
    plan = lay_out(shown, matchers(rules()), tmp_path)
    assert {str(f.path) for f in plan.files.values()} == {"broken.py", "bad.py"}
    assert plan.seen == 3
