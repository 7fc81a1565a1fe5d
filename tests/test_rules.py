"""Every rule, from its fixture: flags the marked lines and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixture_project import Mark, cases, lay_out
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import Finding, Rule, Status
from vibeaudit.pipeline import examine
from vibeaudit.rules import load
from vibeaudit.wording import fill

RULES = list(load())


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_it_flags_the_marked_lines_and_no_others(rule: Rule, tmp_path: Path) -> None:
    roots = cases(rule.id)
    assert roots, f"fixtures/{rule.id}/ is missing"
    bad: set[Mark] = set()
    safe: set[Mark] = set()
    for number, root in enumerate(roots):
        project = lay_out(root, tmp_path / f"{number}")
        findings = _audit(project.root, rule)
        seen = {Mark(f.rule_id, str(f.primary.path), f.primary.line) for f in findings}
        assert seen == {m for m in project.bad if m.rule_id == rule.id}
        for finding in findings:
            _assert_it_reads_well(finding, rule)
        bad |= project.bad
        safe |= project.safe
    assert any(m.rule_id == rule.id for m in bad), "no bad line is marked"
    assert any(m.rule_id == rule.id for m in safe), "no safe twin is marked"


def _audit(root: Path, rule: Rule) -> list[Finding]:
    examined = examine(snapshot_of(root, Config()), load().only([rule.id]), Config(llm="off"))
    assert not [o for o in examined.outcomes if o.status is Status.FAILED], examined.outcomes
    return [f for f in examined.findings if f.rule_id == rule.id]


def _assert_it_reads_well(finding: Finding, rule: Rule) -> None:
    for text in (rule.title, rule.risk, rule.remedy):
        for lang in ("en", "fr"):
            assert "…" not in fill(text, finding.facts, lang), f"a gap of {rule.id} is not filled: {finding.facts}"


def test_every_fixture_folder_belongs_to_a_rule() -> None:
    folders = {p.name for p in (Path(__file__).parent.parent / "fixtures").iterdir() if p.is_dir()}
    assert folders - {"apps"} <= {r.id for r in RULES}
