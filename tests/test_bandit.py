"""The bandit analyzer: adopted tests only, our words, and files that break it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.analyzers import Context, bandit
from vibeaudit.config import Config
from vibeaudit.model import Outcome, Rule, Severity, Status
from vibeaudit.process import Completed, run
from vibeaudit.rules import RuleBook, load
from vibeaudit.source import SourceFile

RULE = "yaml-loaded-with-objects"
BAD = "import yaml\n\n\ndef read(stream):\n    return yaml.load(stream)\n"


def audit(root: Path, files: dict[str, str | bytes], rule: Rule | None = None) -> Outcome:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    book = RuleBook({rule.id: rule}) if rule else load().only([RULE])
    return bandit.analyze(Context(snapshot_of(root, Config()), book, Config(jobs=2)))


def adopting(given: object) -> Rule:
    return replace(load()[RULE], matchers={"bandit": given})


def places(outcome: Outcome) -> list[tuple[str, int]]:
    return [(str(f.primary.path), f.primary.line) for f in outcome.findings]


def test_only_adopted_tests_speak_in_our_words(tmp_path: Path) -> None:
    outcome = audit(tmp_path, {"a.py": BAD + "import pickle\npassword = 'hunter22'\nassert password\n"})
    (finding,) = outcome.findings
    rule = load()[RULE]
    assert (finding.rule_id, finding.message, finding.severity) == (RULE, rule.title.en, rule.severity)
    assert (finding.primary.line, finding.primary.column) == (5, 12)
    assert outcome.status is Status.RAN


def test_nosec_comments_are_ignored(tmp_path: Path) -> None:
    assert places(audit(tmp_path, {"a.py": BAD.replace("(stream)\n", "(stream)  # nosec\n")})) == [("a.py", 5)]


def test_a_file_that_is_no_python_is_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": BAD, "b.py": "print 'old'\n", "c.py": b"# caf\xe9\n", "d.py": ""}
    outcome = audit(tmp_path, files)
    assert outcome.status is Status.PARTIAL
    assert places(outcome) == [("a.py", 5)]
    assert [o.what for o in outcome.covered.left_out] == ["b.py", "c.py"]
    assert outcome.covered.looked_at == 2


def test_deep_nesting_costs_only_its_own_file(tmp_path: Path) -> None:
    deep = "x = " + "(" * 5000 + ")" * 5000 + "\n"
    chain = "x = a" + ".b" * 20_000 + "\n"
    outcome = audit(tmp_path, {"a.py": BAD, "deep.py": deep, "chain.py": chain, "z/b.py": BAD})
    assert places(outcome) == [("a.py", 5), ("z/b.py", 5)]
    assert {o.what for o in outcome.covered.left_out} == {"deep.py", "chain.py"}


def test_a_worker_that_dies_is_asked_again_about_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = run

    def dying(command: list[str], *, cwd: Path, **rest: object) -> Completed:
        if any(b"BOMB" in p.read_bytes() for p in cwd.glob("*.py")):
            return Completed(-11, b"", b"")
        return real(command, cwd=cwd, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bandit, "run", dying)
    outcome = audit(tmp_path, {"a.py": BAD, "b.py": "BOMB = yaml\n", "c.py": BAD})
    assert places(outcome) == [("a.py", 5), ("c.py", 5)]
    assert [(o.what, o.why) for o in outcome.covered.left_out] == [("b.py", "bandit broke off")]


def test_odd_names_come_back_as_they_are(tmp_path: Path) -> None:
    names = ["-r.py", "a b.py", "é\n.py"]
    assert sorted(p for p, _ in places(audit(tmp_path, dict.fromkeys(names, BAD)))) == sorted(names)


def test_many_files_in_chunks_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandit, "CHUNK_BYTES", 3 * len(BAD))
    files: dict[str, str | bytes] = {f"m{n}.py": BAD for n in range(8)}
    assert places(audit(tmp_path, files)) == [(f"m{n}.py", 5) for n in range(8)]


def test_no_python_is_no_failure(tmp_path: Path) -> None:
    assert audit(tmp_path, {"a.js": "eval(x)"}).status is Status.RAN


def test_a_rule_may_ask_for_bandits_own_certainty(tmp_path: Path) -> None:
    code = "import subprocess\nsubprocess.run('ls', shell=True)\nsubprocess.run(x, shell=True)\n"
    every = audit(tmp_path / "a", {"a.py": code}, adopting(["B602"]))
    severe = audit(tmp_path / "b", {"a.py": code}, adopting({"tests": ["B602"], "severity": "high"}))
    assert [p[1] for p in places(every)] == [2, 3]
    assert [p[1] for p in places(severe)] == [3]
    assert every.findings[0].severity is Severity.HIGH


@pytest.mark.parametrize("given", ["B602", {"test": ["B602"]}, {"tests": "B602"}])
def test_a_matcher_that_is_no_list_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="list of test ids"):
        list(bandit.adoptions(adopting(given)))


def test_every_adopted_test_exists() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bandit.core import extension_loader

    known = {*extension_loader.MANAGER.plugins_by_id, *extension_loader.MANAGER.blacklist_by_id}
    for rule in load().of("bandit"):
        assert {a.test for a in bandit.adoptions(rule)} <= known


def test_a_file_without_the_words_of_a_test_is_not_shown_and_what_is_broken_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def answer(files: list[SourceFile], tests: list[str]) -> tuple[list[object], list[object]]:
        shown.extend(str(f.path) for f in files)
        return [], []

    monkeypatch.setattr(bandit, "_answer", answer)
    audit(tmp_path, {"a.py": "x = 1\n", "b.py": "tempfile.mktemp()\n", "c.py": "def (:\n"}, adopting(["B306"]))
    assert shown == ["b.py", "c.py"]
